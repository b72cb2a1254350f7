"""`consumer list|pause|resume|start`: who reads whose events, and how to hold, free or move one of them."""

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jinguo.cli.errors import USAGE, Failure
from jinguo.cli.options import Folder, Output
from jinguo.cli.output import Format, put, put_json, put_table, say
from jinguo.folder import DataFolder

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from jinguo.consumers import Desk, Line, Move

consumer = typer.Typer(help="Readers of other services' events: where they stand, pause, go on.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A consumer, as `jinguo consumer list` names it.")]
_HEADINGS = ("consumer", "reads", "read", "of", "parked", "waiting", "state")


def desk(folder: DataFolder) -> "AbstractContextManager[Desk]":
    """The consumers of the folder."""
    from jinguo.consumers import desk as make  # noqa: PLC0415 - the services' libraries are slow to load

    return make(folder)


@consumer.command("list", epilog="Example: jinguo consumer list")
def list_consumers(folder: Folder, output: Output = Format.text) -> None:
    """List the consumers: how far each has read, what is parked, who paused it and why."""
    with desk(folder) as found:
        lines = asyncio.run(found.lines())
    if output is Format.json:
        put_json({"items": [_as_json(line) for line in lines]})
        return
    rows = [[line.name, line.source, *_figures(line), _state(line)] for line in lines]
    put_table(_HEADINGS, rows, figures_from=len(_HEADINGS))
    for line in lines:
        if line.state and line.state.parked:
            say(f"→ jinguo parked list {line.name}")
        if line.state and line.state.paused:
            say(f"→ jinguo consumer resume {line.name}")


@consumer.command("pause", epilog='Example: jinguo consumer pause reporting.registry --reason "division list is wrong"')
def pause(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Kept and shown to others; no names of persons.")],
    folder: Folder,
) -> None:
    """Stop one consumer, also over restarts, until it is resumed; nothing is lost meanwhile."""
    with desk(folder) as found:
        fresh = asyncio.run(found.pause(name, reason))
    put(f"{name} is paused." if fresh else f"{name} was paused already; the new reason is kept too.")
    say(f"It goes on where it stopped: jinguo consumer resume {name}")


@consumer.command("resume", epilog="Example: jinguo consumer resume reporting.registry")
def resume(name: Name, folder: Folder) -> None:
    """Let a paused consumer go on where it stopped."""
    with desk(folder) as found:
        asyncio.run(found.resume(name))
    put(f"{name} goes on.")
    if folder.running() is None:
        say(f"It reads when jinguo runs: jinguo up --data {folder.path}")


@consumer.command("start", epilog="Example: jinguo consumer start reporting.registry --at 1200")
def start(
    name: Name,
    at: Annotated[int, typer.Option("--at", min=1, help="Number of the first event it is to read.")],
    folder: Folder,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let a consumer read from another number on: skips events for good, or takes them a second time."""
    with desk(folder) as found:
        plan = asyncio.run(found.plan(name, at))
        say(_what(plan))
        if not yes:
            _ask()
        asyncio.run(found.start(name, at))
    put(f"{name} reads from event {at} on.")
    say(f"Next: jinguo consumer list; if it is paused: jinguo consumer resume {name}")


def _ask() -> None:
    if not sys.stdin.isatty():
        message = "Nobody is there to be asked: add --yes when this is what you want."
        raise Failure("consumer.confirm", message, exit_status=USAGE)
    typer.confirm("Do it?", abort=True, err=True)


def _what(plan: "Move") -> str:
    """What moving it means, before anybody says yes."""
    said = [f"{plan.name} has taken everything up to event {plan.number} of {plan.head}."]
    if plan.skipped:
        said.append(f"{plan.skipped} events would never be taken.")
    if plan.again:
        said.append(f"{plan.again} events would be taken a second time; only some readers bear that.")
    return " ".join(said if said[1:] else [*said, "It would go on where it stands."])


def _figures(line: "Line") -> list[int]:
    state = line.state
    return [state.number if state else 0, line.head, state.parked if state else 0, state.waiting if state else 0]


def _state(line: "Line") -> str:
    state = line.state
    if state is None:
        return "not begun"
    if state.paused:
        since = f" since {state.since:%Y-%m-%d %H:%M} UTC" if state.since else ""
        return f"paused{since} by {state.actor}: {state.reason}"
    return "reads"


def _as_json(line: "Line") -> dict[str, Any]:
    state = asdict(line.state) if line.state else {}
    for moment in ("at", "since"):
        state[moment] = state[moment].isoformat() if state.get(moment) else None
    return {"consumer": line.name, "source": line.source, "head": line.head, "begun": line.state is not None, **state}
