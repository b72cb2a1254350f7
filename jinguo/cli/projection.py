"""`projection …`: read models rebuilt beside the ones that serve, compared, swapped in, rolled back, dropped."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jinguo.cli.errors import FAILED
from jinguo.cli.options import Folder, Output
from jinguo.cli.output import Format, put, put_json, put_table, say
from jinguo.folder import DataFolder

if TYPE_CHECKING:
    from libs.events.rebuild import Rebuild
    from libs.events.rebuild_cut import Comparison
    from libs.events.rebuild_pages import Progress
    from libs.events.table_differences import Difference

projection = typer.Typer(help="Read models, rebuilt beside the ones that serve.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Read model as `jinguo projection list` names it.", metavar="NAME")]
_FIELDS = ("table", "rows", "rebuilt_rows", "digest", "rebuilt_digest")
_EVERY = 1.0  # seconds between lines of progress that is not shown on a terminal


@projection.command("list", epilog="Example: jinguo projection list")
def list_read_models(folder: Folder, output: Output = Format.text) -> None:
    """Every read model, which version of it serves, and what lies beside it."""
    from jinguo.projections import read_models  # noqa: PLC0415 - PostgreSQL's driver is slow to load

    found = [each.as_json() for each in read_models(folder)]
    if output is Format.json:
        put_json({"items": found})
        return
    rows = [[each["name"], each["serving"], *_beside(each["beside"])] for each in found]
    put_table(("read model", "serves", "beside", "state", "events", "compared"), rows)


def _beside(version: dict[str, Any] | None) -> Sequence[object]:
    if version is None:
        return ("", "", "", "")
    compared = {True: "equal", False: "differs", None: ""}[version["equal"]]
    events = f"{version['passed']:,} of {version['total']:,}" if version["total"] else ""
    return version["version"], version["state"], events, compared


@projection.command("rebuild", epilog="Example: jinguo projection rebuild reporting.match")
def rebuild(name: Name, folder: Folder, output: Output = Format.text) -> None:
    """Build a new version beside the serving one and compare them; stopped or killed, the same command goes on."""
    comparison = _work(name, folder, lambda work: work.build())
    _show(name, comparison, output)
    if comparison.equal and output is Format.text:
        say(f"It serves after: jinguo projection swap {name}")


@projection.command("compare", epilog="Example: jinguo projection compare reporting.match")
def compare(name: Name, folder: Folder, output: Output = Format.text) -> None:
    """Bring the version beside up to date and compare it with the serving one; exits 1 when they differ."""
    _show(name, _work(name, folder, lambda work: work.compare()), output)


@projection.command("swap", epilog="Example: jinguo projection swap reporting.match")
def swap(
    name: Name,
    folder: Folder,
    accept: Annotated[
        bool, typer.Option("--accept-differences", help="They are expected, as after a change of code.")
    ] = False,
) -> None:
    """Let the rebuilt version serve, in a moment in which nobody notices; the old one is kept to go back to."""
    from libs.events.rebuild import Differs  # noqa: PLC0415

    try:
        comparison = _work(name, folder, lambda work: work.swap(accept_differences=accept))
    except Differs as error:
        _show_rows(error.rows)
        raise
    _show_rows(comparison.differences)
    say(f"The rebuilt version of {name} serves. Back: jinguo projection rollback {name}; for good: … drop {name}")


@projection.command("rollback", epilog="Example: jinguo projection rollback reporting.match")
def rollback(name: Name, folder: Folder) -> None:
    """Bring the version that served before up to date and let it serve again."""
    _work(name, folder, lambda work: work.rollback())
    say(f"The version of {name} that served before serves again.")


@projection.command("drop", epilog="Example: jinguo projection drop reporting.match")
def drop(name: Name, folder: Folder) -> None:
    """Remove the version that does not serve."""
    number = _work(name, folder, lambda work: work.drop())
    say(f"Version {number} of {name} is removed.")


def _work(name: str, folder: DataFolder, do: "Callable[[Rebuild], Any]") -> Any:
    from jinguo.projections import work  # noqa: PLC0415 - PostgreSQL's driver is slow to load

    told = _Told(name)
    try:
        return work(folder, name, told, do)
    finally:
        told.end()


def _show(name: str, comparison: "Comparison", output: Format) -> None:
    """Prints both versions; ends the command with FAILED when they differ."""
    rows = [
        [table, serves.rows, comparison.rebuilt[table].rows, serves.digest, comparison.rebuilt[table].digest]
        for table, serves in comparison.serving.items()
    ]
    if output is Format.json:
        tables = [dict(zip(_FIELDS, row, strict=True)) for row in rows]
        found = [[each.table, each.key, each.kind, list(each.columns)] for each in comparison.differences]
        put_json({"name": name, "equal": comparison.equal, "tables": tables, "differences": found})
    else:
        put_table(("table", "rows", "rebuilt"), [row[:3] for row in rows])
        _show_rows(comparison.differences)
        say("Both versions are the same." if comparison.equal else "The versions differ.")
    if not comparison.equal:
        raise typer.Exit(FAILED)


def _show_rows(rows: "Sequence[Difference]") -> None:
    """The first differing rows by key; values are not shown, because they may be personal."""
    for each in rows:
        put(f"{each.table} {each.key}: {each.kind}{' in ' + ', '.join(each.columns) if each.columns else ''}")


class _Told:
    """Progress with rate and the time that is left: one moving line on a terminal, else a JSON line a second."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._terminal = sys.stderr.isatty()
        self._last = 0.0
        self._shown = False

    def __call__(self, progress: "Progress") -> None:
        now = time.monotonic()
        if now - self._last < (0.1 if self._terminal else _EVERY) and progress.passed < progress.total:
            return
        self._last, self._shown = now, True
        if self._terminal:
            left = "" if progress.left is None else f", {progress.left:,.0f} s left"
            line = f"{self._name}: {progress.passed:,} of {progress.total:,} events, {progress.rate:,.0f}/s{left}"
            print(f"\r{line:<79}", end="", file=sys.stderr, flush=True)
            return
        line_ = {"progress": self._name, "done": progress.passed, "total": progress.total}
        rate = {"rate": round(progress.rate), "left": None if progress.left is None else round(progress.left, 1)}
        say(json.dumps(line_ | rate, ensure_ascii=False))

    def end(self) -> None:
        """Leave the last line where it is."""
        if self._terminal and self._shown:
            say("")
