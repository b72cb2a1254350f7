"""`jinguo verify`: the databases of this machine checked from end to end; exit status 1 when something is wrong."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from jinguo.cli.errors import FAILED, USAGE, Failure
from jinguo.cli.options import Folder, Output
from jinguo.cli.output import Format, put, put_json, say
from jinguo.databases import running_server
from services import SERVICES


def verify(
    folder: Folder,
    service: Annotated[
        list[str] | None, typer.Option("--service", help=f"Only this one; may be repeated. {', '.join(SERVICES)}.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also open every sealed value and build every read model once more.")
    ] = False,
    output: Output = Format.text,
) -> None:
    """Check logs, chains, offsets, kept facts and sealed values; nothing kept is changed, jinguo may run or not."""
    from jinguo.verify import Checked  # noqa: PLC0415 - the services' code is slow to load
    from jinguo.verify import verify as checks  # noqa: PLC0415

    only = service or []
    if unknown := sorted(set(only) - set(SERVICES)):
        raise Failure("verify.no_service", f"There is no service {', '.join(unknown)}.", exit_status=USAGE)

    async def run(dsn: Any) -> list[Checked]:
        done = []
        async for checked in checks(dsn, only, folder.secret("master.key") if full else None):
            done.append(checked)
            if output is Format.text:
                show(checked)
        return done

    with running_server(folder) as server:
        done = asyncio.run(run(server.dsn))
    if output is Format.json:
        put_json([as_json(checked) for checked in done])
    finish(done)


def show(checked: Any) -> None:
    """A line for a check, and its first faults."""
    check = checked.check
    state = "ok" if check.good else f"{check.faulty:,} FAULTS"
    put(f"{checked.service:<10} {check.name:<28} {check.counted:>12,} {check.unit:<10} {state:<12} {check.what}")
    for fault in check.faults:
        put(f"           {fault}")
    if check.faulty > len(check.faults):
        put(f"           … and {check.faulty - len(check.faults):,} more")


def finish(done: Sequence[Any]) -> None:
    """Say how many checks found faults; exit status 1 when one did."""
    wrong = [checked for checked in done if not checked.check.good]
    say(f"{len(done)} checks, {len(wrong)} with faults." if wrong else f"{len(done)} checks; nothing is wrong.")
    if wrong:
        raise typer.Exit(FAILED)


def as_json(checked: Any) -> dict[str, Any]:
    """The same for scripts."""
    check = checked.check
    return {
        "service": checked.service,
        "check": check.name,
        "what": check.what,
        "counted": check.counted,
        "unit": check.unit,
        "faulty": check.faulty,
        "faults": check.faults,
    }
