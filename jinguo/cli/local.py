"""`up`, `backup`, `restore`, `token`, `version`: what works on the data folder of this machine."""

from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated

import typer

from jinguo.cli.errors import USAGE, Failure
from jinguo.cli.options import Folder
from jinguo.cli.output import put, say
from jinguo.folder import DataFolder


def up(
    folder: Folder,
    port: Annotated[
        int, typer.Option("--port", help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)
    ] = 8000,
    demo: Annotated[bool, typer.Option("--demo", help="Load demo data and demo accounts at the first start.")] = False,
) -> None:
    """Start everything in this terminal; Ctrl-C stops it and nothing is lost."""
    from jinguo.up import Options, run  # noqa: PLC0415 - the server's libraries are slow to load

    run(Options(folder, port, demo), say=say)


def backup(
    folder: Folder,
    to: Annotated[Path | None, typer.Option("--to", help="File to write; default: the folder's backups.")] = None,
) -> None:
    """Write a backup; works while jinguo runs and when it is stopped."""
    from jinguo.backup import backup_now  # noqa: PLC0415

    made = backup_now(folder, to)
    put(str(made.file))
    say(f"Keys, to be kept apart and not longer than erasure allows: {made.keys_file}")


def restore(
    file: Annotated[
        Path, typer.Argument(help="The backup, as `jinguo backup` printed it; its keys file lies beside it.")
    ],
    data: Annotated[Path | None, typer.Option("--data", help="A new or empty folder to restore into.")] = None,
    keys: Annotated[Path | None, typer.Option("--keys", help="The keys file, when it lies elsewhere.")] = None,
) -> None:
    """Restore a backup into a new data folder."""
    from jinguo.restore import restore_into  # noqa: PLC0415

    if data is None:
        raise Failure("restore.data", "Name the new folder: jinguo restore FILE --data DIR", exit_status=USAGE)
    restore_into(DataFolder(data), file, keys, say=say)
    say(f"Restored. Start it: jinguo up --data {data}")


def token(folder: Folder) -> None:
    """Print the bearer token of the running local server, for curl and scripts."""
    if folder.running() is None:
        message = f"No jinguo runs on the folder {folder.path}; start it: jinguo up --data {folder.path}"
        raise Failure("server.not_running", message)
    put(folder.token_file.read_text().strip())


def version() -> None:
    """Print the version."""
    put(version_of("jinguo"))


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("up", epilog="Example: jinguo up --data data --port 8000 --demo")(up)
    app.command("backup", epilog="Example: jinguo backup --to /media/usb/jinguo.backup")(backup)
    app.command("restore", epilog="Example: jinguo restore /media/usb/jinguo.backup --data new-data")(restore)
    app.command(
        "token",
        epilog='Example: curl -H "Authorization: Bearer $(jinguo token)" http://127.0.0.1:8000/reporting/v1/status',
    )(token)
    app.command("version", epilog="Example: jinguo version")(version)
