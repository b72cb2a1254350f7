"""The handlers that turn the XML of one worksheet into rows of cells."""

from collections.abc import Iterator
from xml.parsers import expat

from libs.rosters.cells import EMPTY, Cell, RawRow, date_cell, number_cell, text_cell
from libs.rosters.limits import Limits, too_many
from libs.rosters.xlsx_strings import Texts
from libs.rosters.xlsx_styles import Styles

_MOST_MISSING_ROWS = 1_000
_MOST_PIECES = 1_000  # expat hands text over in pieces of up to 8 KiB
_DIGITS = "0123456789"
_REPEATED = 10_000
"""Shared texts whose cells are kept: a word of a list comes soon and often, a name or an id once."""


class SheetParser:
    """Collects the rows that expat has seen so far; `take` hands them over."""

    def __init__(self, file: str, shared: Texts, styles: Styles, limits: Limits) -> None:
        self._file, self._shared, self._styles, self._limits = file, shared, styles, limits
        self._places: dict[str, int] = {}
        self._shared_cells: dict[str, Cell] = {}
        self._done: list[RawRow] = []
        self._number = 0
        self._filled = 0
        self._cells: list[Cell] = []
        self._place = -1
        self._kind, self._style = "n", ""
        self._formula = False
        self._texts: list[str] = []
        self._collecting = self._in_hint = False

    def attach(self, parser: expat.XMLParserType) -> None:
        """Become the parser's handlers."""
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def take(self) -> Iterator[RawRow]:
        """The finished rows, each once."""
        done, self._done = self._done, []
        return iter(done)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "v":
            self._collecting = True
        elif name == "c":
            reference = attributes.get("r")
            self._place = self._place + 1 if reference is None else self._column(reference.rstrip(_DIGITS))
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._formula = self._collecting = False
            if self._texts:
                self._texts.clear()
        elif ":" in name:
            self._start(name.rpartition(":")[2], attributes)
        else:
            self._start_rare(name, attributes)

    def _start_rare(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._open_row(attributes.get("r"))
        elif name == "f":
            self._formula = True
        elif name == "t":
            self._collecting = not self._in_hint
        elif name == "rPh":
            self._in_hint = True

    def _text(self, data: str) -> None:
        if self._collecting:
            self._texts.append(data)
            if len(self._texts) > _MOST_PIECES:
                raise too_many(self._file, f"第{self._number}行一格的字数", self._limits.cell_characters)

    def _end(self, name: str) -> None:
        if name in ("v", "t"):
            self._collecting = False
        elif name == "c":
            if self._texts or self._formula:
                self._put(self._cell())
        elif name == "row":
            self._close_row()
        elif name == "rPh":
            self._in_hint = False
        elif ":" in name:
            self._end(name.rpartition(":")[2])

    def _open_row(self, stated: str | None) -> None:
        number = int(stated) if stated and stated.isdecimal() else self._number + 1
        missing = range(self._number + 1, min(number, self._number + 1 + _MOST_MISSING_ROWS))
        self._done.extend(RawRow(row, ()) for row in missing)
        self._number, self._cells, self._place = number, [], -1

    def _close_row(self) -> None:
        if self._cells:
            self._filled += 1
            if self._filled > self._limits.rows:
                raise too_many(self._file, "行数", self._limits.rows)
        self._done.append(RawRow(self._number, self._cells))

    def _column(self, letters: str) -> int:
        place = self._places.get(letters)
        if place is None:
            place = 0
            for letter in letters[:4]:
                place = place * 26 + ord(letter) - 64
            place = self._places[letters] = place - 1
        return place

    def _put(self, cell: Cell) -> None:
        place = self._place
        if not 0 <= place < self._limits.columns:
            raise too_many(self._file, "列数", self._limits.columns)
        if len(cell.text) > self._limits.cell_characters:
            raise too_many(self._file, f"第{self._number}行第{place + 1}列的字数", self._limits.cell_characters)
        cells = self._cells
        while len(cells) < place:
            cells.append(EMPTY)
        if len(cells) == place:
            cells.append(cell)

    def _cell(self) -> Cell:
        raw = self._texts[0] if len(self._texts) == 1 else "".join(self._texts)
        kind = self._kind
        if kind == "s":
            return self._shared_cell(raw)
        if kind == "n":
            return self._number_or_date(raw)
        if kind == "b":
            return Cell("bool", "TRUE" if raw == "1" else "FALSE", raw == "1", self._formula)
        if kind == "e":
            return Cell("error", raw, None, self._formula)
        return text_cell(raw, formula=self._formula)

    def _shared_cell(self, raw: str) -> Cell:
        cell = self._shared_cells.get(raw)
        if cell is None:
            try:
                cell = text_cell(self._shared[int(raw)])
            except (ValueError, IndexError):
                cell = EMPTY
            if len(self._shared_cells) < _REPEATED:
                self._shared_cells[raw] = cell
        return cell._replace(formula=True) if self._formula else cell

    def _number_or_date(self, raw: str) -> Cell:
        try:
            value = float(raw)
        except ValueError:
            return text_cell(raw, formula=self._formula)
        if not -1e300 < value < 1e300:  # also NaN
            return Cell("error", raw, None, self._formula)
        day = self._styles.day(self._style, value)
        return number_cell(value, formula=self._formula) if day is None else date_cell(day, formula=self._formula)
