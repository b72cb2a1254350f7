"""`jinguo timers list`: what this machine's services have asked to be woken for, and what went wrong when they were."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jinguo.cli.events import in_database
from jinguo.cli.options import Folder, Output
from jinguo.cli.output import Format, put, put_json, put_table
from libs.values.valid_date import SHANGHAI
from services import SERVICES

if TYPE_CHECKING:
    from libs.events.timers import Timer
    from libs.events.types import Connection

timers = typer.Typer(no_args_is_help=True, help="Timers of this machine's services: offers that lapse, calls to make.")
_HEADINGS = ("service", "process", "due", "next try", "failed", "error", "payload")


@timers.command("list", epilog="Example: jinguo timers list --last 50")
def list_timers(
    folder: Folder,
    last: Annotated[int, typer.Option("--last", "-n", help="Of each service.", min=1, max=10_000)] = 100,
    output: Output = Format.text,
) -> None:
    """Print the timers that wait, the next one first."""
    from libs.events import listing  # noqa: PLC0415 - the kernel is slow to load

    async def look(connection: "Connection") -> "list[Timer]":
        return await listing.timers(connection, last)

    found = [(service, timer) for service in SERVICES for timer in in_database(folder, service, look)]
    found.sort(key=lambda pair: pair[1].next_at)
    if output is Format.json:
        put_json({"items": [_json(service, timer) for service, timer in found]})
    elif not found:
        put("No timer waits.")
    else:
        put_table(_HEADINGS, [_row(service, timer) for service, timer in found], figures_from=len(_HEADINGS))


def _row(service: str, timer: "Timer") -> list[object]:
    times = [f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for at in (timer.due_at, timer.next_at)]
    payload = " ".join(f"{name}={value}" for name, value in timer.payload.items())
    return [service, timer.process, *times, timer.attempts or None, timer.error, payload]


def _json(service: str, timer: "Timer") -> dict[str, Any]:
    return {
        "service": service,
        "id": str(timer.id),
        "process": timer.process,
        "due_at": timer.due_at.isoformat(),
        "next_at": timer.next_at.isoformat(),
        "attempts": timer.attempts,
        "error": timer.error,
        "payload": dict(timer.payload),
        "correlation_id": str(timer.meta.correlation_id),
    }
