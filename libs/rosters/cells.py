"""A cell as the file holds it: its kind is kept, because an id stored as a number has already lost digits."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from libs.values.texts import trimmed

Kind = Literal["empty", "text", "number", "date", "bool", "error"]


class Cell(NamedTuple):
    """`text` is what a person would read (numbers with at most 15 digits, dates as 2017-03-05).

    `value` is a float, date or bool of its kind, else None. `formula`: a formula stands here and `text` is only the
    result stored beside it; nothing is ever evaluated. `merged`: the value comes from the cell merged above.
    """

    kind: Kind
    text: str = ""
    value: float | date | bool | None = None
    formula: bool = False
    merged: bool = False

    @property
    def blank(self) -> bool:
        """Nothing but blanks."""
        return self.kind == "empty" or not trimmed(self.text)


class Merge(NamedTuple):
    """A merged area, rows as in the spreadsheet (from 1), columns from 0; all ends inclusive."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


class RawRow(NamedTuple):
    """One row before anybody knows the header; `number` as the spreadsheet shows it."""

    number: int
    cells: Sequence[Cell]


EMPTY = Cell("empty")


def text_cell(text: str, *, formula: bool = False) -> Cell:
    """Text as it stands; an empty one is an empty cell."""
    return Cell("text", text, None, formula) if text or formula else EMPTY


def number_cell(value: float, *, formula: bool = False) -> Cell:
    """A number as Excel shows it: 15 digits, never an exponent."""
    return Cell("number", shown(value), value, formula)


def date_cell(value: date, *, formula: bool = False) -> Cell:
    """A day; the time of day is not kept."""
    return Cell("date", value.isoformat(), value, formula)


def shown(value: float) -> str:
    """`8.0` → `8`, `2951.9899999999998` → `2951.99`, `5.22634197204224e+17` → `522634197204224000`."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return format(Decimal(f"{value:.15g}"), "f")
