"""Options that many commands have: each is written once, and `takes` gives a command what a set of them stands for.

with_api = takes(connect)       # connect(*, url: Url = None, folder: Folder, …) -> Api

@clients.command("list")
@with_api
def list_clients(api: Api, output: Output = Format.text) -> None: ...       # has --format, --url, --data, …
"""

from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import Annotated, Any, Concatenate, TypeVar

import typer

from jinguo.cli.output import Format
from jinguo.folder import VARIABLE, DataFolder, default_folder

T = TypeVar("T")


def _folder(path: str | Path) -> DataFolder:
    return DataFolder(Path(path))


Folder = Annotated[
    DataFolder,
    typer.Option(
        "--data",
        envvar=VARIABLE,
        parser=_folder,
        metavar="<path>",
        default_factory=default_folder,
        show_default=False,
        help="Data folder; default: ./data.",
    ),
]
Output = Annotated[Format, typer.Option("--format", help="text for people, json for scripts.")]


def takes(
    make: Callable[..., T],
) -> Callable[[Callable[Concatenate[T, ...], None]], Callable[..., None]]:
    """For commands whose first argument is what `make` gives: they have its options after their own."""
    shared = signature(make, eval_str=True).parameters

    def decorate(command: Callable[Concatenate[T, ...], None]) -> Callable[..., None]:
        _, *own = signature(command, eval_str=True).parameters.values()

        @wraps(command)
        def run(**given: Any) -> None:
            made = make(**{name: given.pop(name) for name in shared})
            command(made, **given)

        run.__signature__ = Signature([*own, *shared.values()])  # type: ignore[attr-defined]  # what typer reads
        return run

    return decorate
