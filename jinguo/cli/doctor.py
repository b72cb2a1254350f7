"""`doctor`: every check in a line, a fix under each that is not well; the exit status is the worst."""

from typing import Annotated

import typer

from jinguo.cli.options import Folder
from jinguo.cli.output import put, put_json

_MARKS = {"OK": "OK  ", "WARN": "WARN", "FAIL": "FAIL"}


def doctor(
    folder: Folder,
    port: Annotated[int, typer.Option("--port", help="Port to look at while jinguo is stopped.")] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Say what is running, what lags, what is wrong, how to mend it; exits 0 all well, 1 warnings, 2 failures."""
    from jinguo.doctor.all import examine  # noqa: PLC0415 - PostgreSQL's driver is slow to load

    checks = examine(folder, port)
    state = max(check.state for check in checks)
    shown = [check.as_json() for check in checks]
    if as_json:
        put_json({"state": state.name, "checks": shown})
    else:
        for check in shown:
            put(f"{_MARKS[check['state']]} {check['name']}: {check['message']}")
            if check["fix"]:
                put(f"     → {check['fix']}")
    raise typer.Exit(int(state))


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("doctor", epilog="Example: jinguo doctor --json")(doctor)
