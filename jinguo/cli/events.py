"""`jinguo events stream ID` and `jinguo events tail SERVICE`: the logs of this machine, without anybody's data."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from jinguo.cli.errors import USAGE, Failure
from jinguo.cli.options import Folder, Output
from jinguo.cli.output import Format, put, put_json, put_table, say
from jinguo.databases import running_server
from jinguo.folder import DataFolder
from libs.values.valid_date import SHANGHAI
from services import SERVICES

if TYPE_CHECKING:
    from libs.events.listing import Line
    from libs.events.types import Connection

T = TypeVar("T")

events = typer.Typer(no_args_is_help=True, help="Look into the logs of this machine's services; nothing is changed.")

_HEADINGS = ("version", "type", "recorded", "valid", "actor", "unit")


@events.command(
    "stream", epilog="Example: jinguo events stream 0197d2c8-6a50-7cc2-a14a-1a1f5c8f2b01 --as-of 2016-12-31"
)
def show_stream(
    stream_id: Annotated[UUID, typer.Argument(help="Id of a woman, course, enrolment …: whatever has a history.")],
    folder: Folder,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="A version (7), a day, or an instant (2016-12-31T18:00+08:00): as recorded then."),
    ] = None,
    true_by: Annotated[
        datetime | None,
        typer.Option("--true-by", formats=["%Y-%m-%d"], help="Only what was true by that day, whenever it was learnt."),
    ] = None,
    output: Output = Format.text,
) -> None:
    """Print the events of one stream: version, type, times, who did it; never what they say of a person."""
    from libs.events import listing  # noqa: PLC0415 - the kernel is slow to load

    until_version, at = parse_as_of(as_of)

    async def look(connection: "Connection") -> "list[Line]":
        return await listing.stream(connection, stream_id, until_version=until_version, at=at)

    for service in SERVICES:
        lines = in_database(folder, service, look)
        if lines:
            day: date | None = true_by.date() if true_by else None
            _show(service, listing.true_by(lines, day) if day else lines, output)
            return
    raise Failure("events.no_stream", f"No service has a stream {stream_id} as of then.")


@events.command("tail", epilog="Example: jinguo events tail training --published --last 50")
def tail(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
    folder: Folder,
    last: Annotated[int, typer.Option("--last", "-n", help="How many.", min=1, max=10_000)] = 20,
    published: Annotated[bool, typer.Option("--published", help="What the service told the others.")] = False,
    output: Output = Format.text,
) -> None:
    """Print the end of a service's log, the newest last."""
    from libs.events import listing  # noqa: PLC0415 - the kernel is slow to load

    if service not in SERVICES:
        raise Failure("events.no_service", f"There is no service {service}: {', '.join(SERVICES)}.", exit_status=USAGE)

    async def look(connection: "Connection") -> "list[Line]":
        return await (listing.last_published if published else listing.last_events)(connection, last)

    _show(service, in_database(folder, service, look), output, numbered=True)


def parse_as_of(text: str | None) -> tuple[int, datetime | None]:
    """A version, or the end of a day or minute in Asia/Shanghai, or an instant with its offset."""
    if text is None:
        return 2_147_483_647, None
    if text.isascii() and text.isdigit():
        return min(int(text), 2_147_483_647), None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(
            "events.as_of",
            f"--as-of {text}: name a version (7), a day (2016-12-31) or an instant (2016-12-31T18:00+08:00).",
            exit_status=USAGE,
        ) from None
    if "T" not in text and " " not in text:
        instant = instant.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return 2_147_483_647, instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI)


def in_database(folder: DataFolder, database: str, do: "Callable[[Connection], Awaitable[T]]") -> T:
    """What `do` gives over a connection to a database of the folder; its server is started if it does not run."""
    import asyncpg  # noqa: PLC0415 - not for the commands that ask a running jinguo

    from libs.events.pool import connect  # noqa: PLC0415

    async def ask(dsn: str) -> T:
        connection = await connect(dsn)
        try:
            return await do(connection)
        finally:
            await connection.close()

    with running_server(folder) as server:
        try:
            return asyncio.run(ask(server.dsn(database)))
        except (asyncpg.UndefinedTableError, asyncpg.InvalidCatalogNameError):
            old = f"The database {database} is older than this command; start it once: jinguo up --data {folder.path}"
            raise Failure("data.old", old) from None


def _show(service: str, lines: "list[Line]", output: Format, *, numbered: bool = False) -> None:
    if output is Format.json:
        put_json({"service": service, "items": [_json(line) for line in lines]})
    elif not lines:
        put("Nothing yet.")
    elif numbered:
        put_table(("number", "stream", *_HEADINGS), [_row(line, numbered=True) for line in lines], figures_from=99)
    else:
        put_table(_HEADINGS, [_row(line) for line in lines], figures_from=99)
        say(f"{len(lines)} events of {service}.")


def _row(line: "Line", *, numbered: bool = False) -> list[object]:
    row: list[object] = [line.version, line.type, f"{line.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"]
    row += [line.valid, line.actor, line.unit]
    return [line.number, line.stream, *row] if numbered else row


def _json(line: "Line") -> dict[str, Any]:
    return {
        "number": line.number,
        "stream": str(line.stream),
        "version": line.version,
        "type": line.type,
        "recorded_at": line.at.isoformat(),
        "valid": line.valid,
        "actor": line.actor,
        "unit": line.unit,
    }
