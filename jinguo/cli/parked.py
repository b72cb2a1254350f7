"""`parked list|retry|discard`: events that a consumer could not take, and what a person decides about them."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from jinguo.cli.consumers import Name, desk
from jinguo.cli.errors import FAILED, USAGE, Failure
from jinguo.cli.options import Folder, Output
from jinguo.cli.output import Format, put, put_json, put_table, say

if TYPE_CHECKING:
    from jinguo.consumers import Desk
    from libs.events.parked import ParkedEvent, Retried

parked = typer.Typer(help="Events that a consumer could not take: look, retry, discard.", no_args_is_help=True)

_HEADINGS = ("consumer", "number", "type", "key", "tries", "since (UTC)", "why")


@parked.command("list", epilog="Example: jinguo parked list reporting.registry")
def list_parked(
    folder: Folder,
    name: Annotated[str | None, typer.Argument(help="One consumer; default: all.", show_default=False)] = None,
    discarded: Annotated[
        bool, typer.Option("--discarded", help="Also those that were discarded, by whom, why.")
    ] = False,
    output: Output = Format.text,
) -> None:
    """List what is parked, in order; an event without an error of its own waits behind an earlier one of its key."""
    with desk(folder) as found:
        rows = asyncio.run(found.parked_events(name, discarded=discarded))
    if output is Format.json:
        put_json({"items": [_as_json(row) for row in rows]})
        return
    put_table(_HEADINGS, [_line(row, rows) for row in rows], figures_from=len(_HEADINGS))
    waiting = sorted({row.consumer for row in rows if row.discarded_at is None})
    if not waiting:
        say("Nothing is parked.")
    for each in waiting:
        say(f"→ when the fault is mended: jinguo parked retry {each} --all")
        say(f"→ or, for ever: jinguo parked discard {each} --number N --reason …")


@parked.command("retry", epilog="Example: jinguo parked retry reporting.registry --all")
def retry(
    name: Name,
    folder: Folder,
    number: Annotated[int | None, typer.Option("--number", help="One event, the first of its key.")] = None,
    key: Annotated[UUID | None, typer.Option("--key", help="All events of one key.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All keys, each for itself.")] = False,
) -> None:
    """Apply parked events in their order; a key whose parked events are all gone flows again."""
    if sum((number is not None, key is not None, every)) != 1:
        raise Failure("parked.which", "Name one of --number N, --key K, --all.", exit_status=USAGE)
    with desk(folder) as found:
        done = asyncio.run(_retry(found, name, number, key))
    for each in done:
        _say(name, each)
    if not done:
        say(f"Nothing is parked for {name}.")
    if any(each.failed for each in done):
        raise typer.Exit(FAILED)


@parked.command(
    "discard", epilog='Example: jinguo parked discard reporting.registry --number 17 --reason "entered twice"'
)
def discard(
    name: Name,
    number: Annotated[int, typer.Option("--number", help="Number of the event, from `jinguo parked list`.")],
    reason: Annotated[str, typer.Option("--reason", help="Kept for ever; no names of persons.")],
    folder: Folder,
) -> None:
    """Decide that an event is never applied; who, when and why are kept for ever."""
    with desk(folder) as found:
        left = asyncio.run(_discard(found, name, number, reason))
    put(f"Event {number} of {name} is discarded.")
    if left:
        say(f"{left} later events of its key wait: jinguo parked retry {name} --all")


async def _retry(found: "Desk", name: str, number: int | None, key: UUID | None) -> "list[Retried]":
    from libs.events import parked as events  # noqa: PLC0415 - the database's driver is slow to load

    async with found.consumer(name) as (pool, consumer):
        if number is not None:
            return [await events.retry_number(pool, consumer, number, found.by)]
        keys = [key] if key else await events.keys_of(pool, name)
        return [await events.retry_key(pool, consumer, each, found.by) for each in keys]


async def _discard(found: "Desk", name: str, number: int, reason: str) -> int:
    from libs.events import parked as events  # noqa: PLC0415 - the database's driver is slow to load

    async with found.consumer(name) as (pool, _):
        gone = await events.discard(pool, name, number, reason, found.by)
        return sum(row.key == gone.key for row in await events.listed(pool, name))


def _say(name: str, each: "Retried") -> None:
    if each.failed is not None:
        put(f"key {each.key}: event {each.failed} still fails: {each.error}")
        say(f"Its {each.left} events stay parked; mend it and retry, or discard event {each.failed}.")
        return
    put(f"key {each.key}: applied {', '.join(map(str, each.applied))}")
    if each.left:
        say(f"{each.left} later events of the key wait: jinguo parked retry {name} --key {each.key}")


def _line(row: "ParkedEvent", rows: "Sequence[ParkedEvent]") -> list[object]:
    since = f"{row.first_at:%Y-%m-%d %H:%M}"
    return [row.consumer, row.number, row.event["type"], row.key, row.attempts, since, _why(row, rows)]


def _why(row: "ParkedEvent", rows: "Sequence[ParkedEvent]") -> str:
    if row.discarded_at is not None:
        return f"discarded {row.discarded_at:%Y-%m-%d} by {row.discarded_by}: {row.discarded_reason}"
    if row.error:
        return row.error
    before = [each.number for each in rows if (each.consumer, each.key) == (row.consumer, row.key) and each.error]
    return f"waits behind {before[0]}" if before and before[0] < row.number else "can be retried"


def _as_json(row: "ParkedEvent") -> dict[str, Any]:
    return {
        "consumer": row.consumer,
        "number": row.number,
        "partition": row.partition,
        "type": row.event["type"],
        "key": str(row.key),
        "event": row.event,
        "error": row.error,
        "attempts": row.attempts,
        "first_at": row.first_at.isoformat(),
        "last_at": row.last_at.isoformat(),
        "discarded_at": row.discarded_at.isoformat() if row.discarded_at else None,
        "discarded_by": row.discarded_by,
        "discarded_reason": row.discarded_reason,
    }
