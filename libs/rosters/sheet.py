"""A roster's sheet: the header found by its words, then rows that know their columns, kinds and row numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from libs.rosters.cells import EMPTY, Cell, Merge, RawRow
from libs.rosters.columns import ColumnSet, HeaderCell, HeaderMatch, match_header
from libs.rosters.limits import Limits
from libs.rosters.mapping import looks_like_headings
from libs.values.texts import folded, trimmed

RowKind = Literal["data", "blank", "totals", "signature", "note"]

_TOTALS = re.compile(r"(本页|本村|全[县乡镇村])?(合计|总计|小计|共计|累计)")
_SIGNATURE = re.compile(
    r"(填表|填报|制表|制单|审核|复核|审批|经办|负责人|单位负责人|班主任|录入|初筛医生|检查医生|出纳|会计|理事长"
    r"|领导签|签字|签名|签章|盖章|单位[(（]?盖章|年月日)"
)
_NOTE = re.compile(r"(备注|注|说明|附注)[:：]")
_MOST_BLANK_ROWS = 1_000


class Grid(Protocol):
    """One sheet of a file, read from top to bottom; may be read again from the start."""

    @property
    def name(self) -> str: ...
    @property
    def hidden(self) -> bool: ...
    @property
    def merges(self) -> Sequence[Merge]: ...
    @property
    def ragged_matters(self) -> bool:
        """Whether the number of fields of a row means anything (csv)."""
        ...

    def rows(self) -> Iterator[RawRow]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One row under the header. `row["姓名"]` is its cell, an empty one where the sheet lacks the column.

    Not `typed`: in this kind of file (csv) every cell is text, so that a number is one is no finding.
    """

    number: int
    kind: RowKind
    raw: Sequence[Cell] = field(repr=False)
    places: Mapping[str, int] = field(repr=False)
    ragged: bool = False
    typed: bool = True

    def __getitem__(self, name: str) -> Cell:
        place = self.places.get(name)
        return EMPTY if place is None or place >= len(self.raw) else self.raw[place]

    def has(self, name: str) -> bool:
        """Whether the sheet has the column."""
        return name in self.places

    def at(self, column: HeaderCell) -> Cell:
        """The cell under one header cell, also of a column we have no name for."""
        return self.raw[column.index] if column.index < len(self.raw) else EMPTY

    @property
    def cells(self) -> dict[str, Cell]:
        """Cells by column name; unknown columns by their header text."""
        return {name: self[name] for name in self.places}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with a header. `title` and `note` are the lines above it, `form` the set of columns that fits."""

    file: str
    name: str
    form: str
    header_row: int
    columns: tuple[HeaderCell, ...]
    preface: tuple[tuple[int, str], ...] = field(repr=False)
    header_rows: tuple[RawRow, ...] = field(repr=False)
    grid: Grid = field(repr=False)

    @property
    def title(self) -> str:
        """The first line above the header; empty when there is none."""
        return self.preface[0][1] if self.preface else ""

    @property
    def note(self) -> str:
        """All further lines above the header, e.g. `培训时间：2017年5月8日—5月17日`."""
        return "\n".join(text for _, text in self.preface[1:])

    def has(self, name: str) -> bool:
        """Whether the sheet has the column."""
        return any(column.name == name for column in self.columns)

    def rows(self) -> Iterator[Row]:
        """Every row below the header, also blank (inside the table), totals and signature rows, in order."""
        places = {column.name or column.text: column.index for column in reversed(self.columns)}
        width = self.columns[-1].index + 1
        blanks: list[Row] = []
        for raw in filled_down(self.grid.rows(), self.grid.merges):
            if raw.number <= self.header_row:
                continue
            kind: RowKind = "note" if self._repeats_header(raw.cells) else row_kind(raw.cells)
            ragged = self.grid.ragged_matters and kind == "data" and _ragged(raw.cells, width)
            row = Row(raw.number, kind, raw.cells, places, ragged, typed=not self.grid.ragged_matters)
            if kind == "blank":
                if len(blanks) < _MOST_BLANK_ROWS:
                    blanks.append(row)
                continue
            yield from blanks
            blanks.clear()
            yield row

    def _repeats_header(self, cells: Sequence[Cell]) -> bool:
        """Whether the header stands here once more, as on every printed page."""
        first = self.columns[:2]
        return all(column.index < len(cells) and cells[column.index].text == column.text for column in first)


@dataclass(frozen=True, slots=True)
class Nearest:
    """Where no row is the header: the row that came nearest by its known columns, and how it looks like one at all."""

    match: HeaderMatch
    texts: Sequence[str] = field(repr=False)
    looks: int

    def nearer_than(self, other: "Nearest | None") -> bool:
        """A known column counts as much as three words that could be headings; of two alike the first."""
        return other is None or self._rank > other._rank

    @property
    def _rank(self) -> int:
        return 3 * self.match.found + self.looks


def find_header(
    grid: Grid, file: str, forms: Sequence[ColumnSet], mapping: Mapping[str, str] | None, limits: Limits
) -> tuple[Sheet | None, HeaderMatch | None, Nearest | None]:
    """The sheet with its header and how that fits, or the row that came nearest."""
    names = [(form, form.names(mapping)) for form in forms]
    top: list[RawRow] = []
    nearest: Nearest | None = None
    best: tuple[int, HeaderMatch] | None = None
    for raw in filled_down(grid.rows(), grid.merges):
        if raw.number > limits.header_rows:
            break
        top.append(raw)
        texts = [trimmed(cell.text) for cell in raw.cells]
        looks = looks_like_headings(texts)
        for form, known in names:
            match = match_header(texts, form, known)
            this = Nearest(match, texts, looks)
            nearest = this if this.nearer_than(nearest) else nearest
            if not match.missing and match.found and _better(match, raw, best):
                best = (raw.number, match)
    if best is None:
        return None, None, nearest
    number, match = best
    above = tuple((raw.number, text) for raw in top if raw.number < number and (text := _line(raw)))
    header_rows = tuple(raw for raw in top if raw.number <= number)
    return Sheet(file, grid.name, match.columns.form, number, match.cells, above, header_rows, grid), match, None


def filled_down(rows: Iterator[RawRow], merges: Sequence[Merge]) -> Iterator[RawRow]:
    """A value merged over several rows is given to each of them, marked `merged`."""
    tall = sorted(merge for merge in merges if merge.last_row > merge.first_row)
    if not tall:
        yield from rows
        return
    waiting, open_now = 0, list[tuple[Merge, Cell]]()
    for raw in rows:
        open_now = [(merge, cell) for merge, cell in open_now if raw.number <= merge.last_row]
        cells = raw.cells
        for merge, cell in open_now:
            cells = _with(cells, merge.first_column, cell)
        while waiting < len(tall) and tall[waiting].first_row <= raw.number:
            merge = tall[waiting]
            waiting += 1
            if merge.first_row == raw.number and merge.first_column < len(cells):
                open_now.append((merge, cells[merge.first_column]._replace(merged=True)))
        yield RawRow(raw.number, cells)


def row_kind(cells: Sequence[Cell]) -> RowKind:
    """What a row is, by its first words: data unless it is blank or says that it is something else."""
    filled = [cell for cell in cells if cell.kind != "empty" and not cell.merged and trimmed(cell.text)]
    if not filled:
        return "blank"
    first = filled[0]
    if first.kind != "text":
        return "data"
    words = folded(first.text)
    if _TOTALS.match(words):
        return "totals"
    if len(filled) <= 4 and _SIGNATURE.match(words):
        return "signature"
    return "note" if len(filled) <= 2 and _NOTE.match(words) else "data"


def _better(match: HeaderMatch, raw: RawRow, best: tuple[int, HeaderMatch] | None) -> bool:
    """More known columns; or as many in the lower half of a header of two rows merged downwards."""
    if best is None or match.found > best[1].found:
        return True
    lower_half = raw.number == best[0] + 1 and any(cell.merged for cell in raw.cells)
    return match.found == best[1].found and lower_half


def _with(cells: Sequence[Cell], place: int, cell: Cell) -> Sequence[Cell]:
    longer = [*cells, *[EMPTY] * (place + 1 - len(cells))]
    if longer[place].kind == "empty":
        longer[place] = cell
    return longer


def _ragged(cells: Sequence[Cell], width: int) -> bool:
    return len(cells) < width or any(not cell.blank for cell in cells[width:])


def _line(raw: RawRow) -> str:
    return " ".join(text for cell in raw.cells if not cell.merged and (text := trimmed(cell.text)))
