"""Columns are found by their names, never by their place: offices reorder, add and leave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.values.texts import folded


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a form; `name` is the header text we answer with, `aliases` what offices write instead."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class ColumnSet:
    """One form, e.g. the 2016–2018 edition of the register."""

    form: str
    columns: tuple[Column, ...]

    def names(self, mapping: Mapping[str, str] | None = None) -> dict[str, str]:
        """Folded header text → column name; an office's own `mapping` (its header → our name) goes first.

        What it says of columns of other forms is left out, so that they are not counted here.
        """
        known = {folded(word): column.name for column in self.columns for word in (column.name, *column.aliases)}
        own = {column.name for column in self.columns}
        return known | {folded(theirs): ours for theirs, ours in (mapping or {}).items() if ours in own}

    @property
    def required(self) -> tuple[str, ...]:
        """The names without which a row is not the header."""
        return tuple(column.name for column in self.columns if column.required)


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """One column of the sheet: its place (from 0), the text over it and the name we know it by, if we do."""

    index: int
    text: str
    name: str | None


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """How well a row fits a form."""

    columns: ColumnSet
    cells: tuple[HeaderCell, ...]
    missing: tuple[str, ...]
    doubled: tuple[str, ...]

    @property
    def found(self) -> int:
        """Number of known columns."""
        return sum(cell.name is not None for cell in self.cells)


def match_header(texts: Sequence[str], columns: ColumnSet, names: Mapping[str, str]) -> HeaderMatch:
    """Compare one row with one form; of a column that stands twice the first counts and the name is `doubled`."""
    taken: set[str] = set()
    doubled: list[str] = []
    cells: list[HeaderCell] = []
    for index, text in enumerate(texts):
        name = names.get(folded(text))
        if name in taken:
            doubled.append(name)
            name = None
        elif name is not None:
            taken.add(name)
        if text:
            cells.append(HeaderCell(index, text, name))
    missing = tuple(name for name in columns.required if name not in taken)
    return HeaderMatch(columns, tuple(cells), missing, tuple(doubled))
