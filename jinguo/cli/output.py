"""Where words, figures and progress go: results to stdout, everything else to stderr."""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from libs.values.texts import inert

Item = TypeVar("Item", bound=Mapping[str, Any])

_PIPED_WIDTH = 240
_ID_WIDTH = 36
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Format(StrEnum):
    """Of the results of most commands."""

    text = "text"
    json = "json"


class TableFormat(StrEnum):
    """Of figures."""

    table = "table"
    json = "json"
    csv = "csv"


class ListFormat(StrEnum):
    """Of lists that a person may edit and feed back."""

    text = "text"
    json = "json"
    csv = "csv"


def chinese() -> bool:
    """True when the user's terminal is a Chinese one."""
    return os.environ.get("LANG", "").startswith("zh")


def say(line: str) -> None:
    """A sentence for the person at the terminal; never part of the result."""
    print(line, file=sys.stderr, flush=True)


def put(line: str) -> None:
    """A line of the result."""
    print(line)


def put_json(value: object) -> None:
    """The result as JSON, readable, Chinese as it is."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def put_csv(headings: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """The result as CSV; text that a spreadsheet would run as a formula is made inert."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([inert(row.get(name)) for name in headings] for row in rows)
    sys.stdout.write(out.getvalue())


def put_table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, figures_from: int = 1, total: bool = False
) -> None:
    """The result as a table; columns from `figures_from` on are figures; the last row may be the total."""
    from rich import box  # noqa: PLC0415 - only tables need it
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for number, heading in enumerate(headings):
        figure = number >= figures_from
        table.add_column(
            heading, justify="right" if figure else "left", no_wrap=True, min_width=_id_width(rows, number)
        )
    for number, row in enumerate(rows):
        last = total and number == len(rows) - 1
        if last:
            table.add_section()
        table.add_row(*(_cell(value) for value in row), style="bold" if last else None)
    Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False, markup=False).print(table)


def put_rows(fields: Sequence[str], items: Sequence[Mapping[str, Any]]) -> None:
    """Records as a table of these fields, all of them words; lists stand with blanks between."""
    rows = [
        [" ".join(map(str, each)) if isinstance(each := item.get(field), list) else each for field in fields]
        for item in items
    ]
    put_table(fields, rows, figures_from=len(fields))


def put_items(items: Sequence[Mapping[str, Any]], fields: Sequence[str], output: Format) -> None:
    """The result is a list: everything as JSON, or these fields as a table."""
    if output is Format.json:
        put_json({"items": items})
    else:
        put_rows(fields, items)


def put_item(item: Item, lines: Callable[[Item], Iterable[str]], output: Format) -> None:
    """The result is one thing: as JSON, or what a person reads of it line by line."""
    if output is Format.json:
        put_json(item)
        return
    for line in lines(item):
        put(line)


def _id_width(rows: Sequence[Sequence[object]], number: int) -> int | None:
    """An id is never cut, because it is there to be copied."""
    return _ID_WIDTH if rows and _ID.fullmatch(_cell(rows[0][number])) else None


def _cell(value: object) -> str:
    return "" if value is None else str(value)


class Progress(Protocol):
    """Told how far a piece of work is."""

    def __call__(self, done: int, total: int | None) -> None:
        """`total` is None while nobody knows it."""


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A bar on a terminal; elsewhere one JSON line per change, on stderr."""
    if not sys.stderr.isatty():
        yield _JsonLines(what)
        return
    from rich.console import Console  # noqa: PLC0415 - only terminals need it
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _JsonLines:
    """Progress for a log file."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._last: tuple[int, int | None] | None = None

    def __call__(self, done: int, total: int | None) -> None:
        if (done, total) != self._last:
            self._last = (done, total)
            say(json.dumps({"progress": self._what, "done": done, "total": total}, ensure_ascii=False))
