"""`jinguo events status` and `jinguo publish replay`: where every reader stands, and records said once more."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jinguo.cli.errors import USAGE, Failure
from jinguo.cli.events import events, in_database
from jinguo.cli.options import Folder, Output
from jinguo.cli.output import Format, put, put_json, put_table, say
from services import SERVICES

if TYPE_CHECKING:
    from libs.events.replay import Replayed
    from libs.events.types import Connection

publish = typer.Typer(no_args_is_help=True, help="What the services of this machine tell each other.")

CONSUMERS = """
SELECT consumer, log_id, max(number) AS number, bool_or(paused) AS paused, sum(parked) AS parked
FROM offsets GROUP BY consumer, log_id ORDER BY consumer
"""
_HEADINGS = ("service", "reader", "at", "head", "lag", "note")


@events.command("status", epilog="Example: jinguo events status")
def status(folder: Folder, output: Output = Format.text) -> None:
    """Print the head of each log, what is published, and how far each reader is; nothing is changed."""
    found = {service: in_database(folder, service, _look) for service in SERVICES}
    heads = {str(each["log_id"]): each["published"] for each in found.values()}
    rows = [row for service, each in found.items() for row in _rows(service, each, heads)]
    if output is Format.json:
        put_json([dict(zip(_HEADINGS, row, strict=True)) for row in rows])
    else:
        put_table(_HEADINGS, rows, figures_from=2)


@publish.command("replay", epilog="Example: jinguo publish replay registry --from 120 --to 140")
def publish_replay(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
    first: Annotated[int, typer.Option("--from", min=1, help="First number.")],
    last: Annotated[int, typer.Option("--to", min=1, help="Last number.")],
    folder: Folder,
    kind: Annotated[
        str | None, typer.Option("--type", help="Only records of this type, as registry.woman-changed.v1.")
    ] = None,
) -> None:
    """Publish records once more, under new numbers, for readers that could not use them; nothing is counted twice."""
    if service not in SERVICES:
        raise Failure("events.no_service", f"There is no service {service}: {', '.join(SERVICES)}.", exit_status=USAGE)

    from libs.events.replay import replay  # noqa: PLC0415 - the kernel is slow to load

    async def do(connection: "Connection") -> "Replayed":
        async with connection.transaction():
            return await replay(connection, first, last, kind)

    done = in_database(folder, service, do)
    if not done.records:
        say("No such records; nothing was published.")
        return
    put(f"{done.first}-{done.last}")
    say(f"{done.records} records of {service} are published once more.")


async def _look(connection: "Connection") -> dict[str, Any]:
    from libs.events.status_query import COUNTED, CURSOR, LOG, lag_of  # noqa: PLC0415 - the kernel is slow to load
    from libs.events.windows import NOTHING  # noqa: PLC0415

    head = await connection.fetchrow(LOG)
    assert head is not None
    cursors = [(row["name"], lag_of(row, head)) for row in await connection.fetch(CURSOR, NOTHING, COUNTED)]
    return {**dict(head), "cursors": cursors, "consumers": await connection.fetch(CONSUMERS)}


def _rows(service: str, found: dict[str, Any], heads: dict[str, int]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for name, lag in found["cursors"]:
        head = found["published" if name == "forwarder" else "events"]
        note = f"published to {found['published']}" if name == "publisher" else ""
        rows.append((service, name, head - lag, head, lag, note))
    for consumer in found["consumers"]:
        head = heads.get(str(consumer["log_id"]))
        lag = None if head is None else head - consumer["number"]
        notes = ["paused"] * bool(consumer["paused"]) + [f"{consumer['parked']} parked"] * bool(consumer["parked"])
        rows.append((service, consumer["consumer"], consumer["number"], head, lag, ", ".join(notes)))
    return rows
