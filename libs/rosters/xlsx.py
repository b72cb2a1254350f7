"""Rows of an xlsx as a stream: one pass of expat over each sheet, so memory is bounded by a row, not by the sheet.

A library that returns the sheet as a table loses which cells are formulas, and allocates `A1:XFD1048576` when told so.
"""

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from libs.rosters.cells import Merge, RawRow
from libs.rosters.limits import Limits, too_many
from libs.rosters.package import damaged, dtd, part_chunks, read_part
from libs.rosters.xlsx_sheet import SheetParser
from libs.rosters.xlsx_strings import SharedStrings, Texts
from libs.rosters.xlsx_styles import Styles, read_styles

_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_MERGE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class XlsxGrid:
    """One worksheet of a checked package."""

    package: zipfile.ZipFile = field(repr=False)
    file: str
    name: str
    part: str
    hidden: bool
    shared: Texts = field(repr=False)
    styles: Styles = field(repr=False)
    limits: Limits = field(repr=False)
    merges: tuple[Merge, ...] = field(repr=False)
    ragged_matters: bool = False

    def rows(self) -> Iterator[RawRow]:
        """Rows with cells in the file's order; rows that the file leaves out come as empty ones."""
        sheet = SheetParser(self.file, self.shared, self.styles, self.limits)
        parser = xml_parser(self.file)
        sheet.attach(parser)
        for chunk in part_chunks(self.package, self.part, self.file):
            _feed(parser, chunk, self.file)
            yield from sheet.take()
        _feed(parser, b"", self.file, final=True)
        yield from sheet.take()


def open_xlsx(package: zipfile.ZipFile, file: str, limits: Limits) -> list[XlsxGrid]:
    """All worksheets in the workbook's order."""
    sheets, epoch_1904 = _workbook(package, file)
    shared = _shared_strings(package, file, limits)
    styles = read_styles(read_part(package, "xl/styles.xml", file), lambda: xml_parser(file), epoch_1904=epoch_1904)
    return [
        XlsxGrid(package, file, name, part, hidden, shared, styles, limits, _merges(package, part, file, limits))
        for name, part, hidden in sheets
    ]


def xml_parser(file: str) -> expat.XMLParserType:
    """Expat that refuses document types and so every entity."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise dtd(file)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _feed(parser: expat.XMLParserType, chunk: bytes, file: str, *, final: bool = False) -> None:
    try:
        parser.Parse(chunk, final)
    except expat.ExpatError:
        raise damaged(file) from None


def _elements(data: bytes, file: str, on_start: Callable[[str, dict[str, str]], None]) -> None:
    if not data:
        return
    parser = xml_parser(file)
    parser.StartElementHandler = lambda name, attributes: on_start(name.rpartition(":")[2], attributes)
    _feed(parser, data, file, final=True)


def _workbook(package: zipfile.ZipFile, file: str) -> tuple[list[tuple[str, str, bool]], bool]:
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes.get("Id", "")] = posixpath.normpath(
                posixpath.join("/xl", attributes.get("Target", ""))
            ).lstrip("/")

    _elements(read_part(package, "xl/_rels/workbook.xml.rels", file), file, relation)
    sheets: list[tuple[str, str, bool]] = []
    epoch: list[bool] = []

    def book(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            part = targets.get(next((value for key, value in attributes.items() if key.endswith(":id")), ""))
            if part in package.NameToInfo:
                sheets.append((attributes.get("name", ""), part, attributes.get("state", "visible") != "visible"))
        elif name == "workbookPr":
            epoch.append(attributes.get("date1904", "0") in ("1", "true"))

    _elements(read_part(package, "xl/workbook.xml", file), file, book)
    return sheets, any(epoch)


def _shared_strings(package: zipfile.ZipFile, file: str, limits: Limits) -> Texts:
    part = "xl/sharedStrings.xml"
    strings = SharedStrings(file, limits)
    if part in package.NameToInfo:
        parser = xml_parser(file)
        strings.attach(parser)
        for chunk in part_chunks(package, part, file):
            _feed(parser, chunk, file)
        _feed(parser, b"", file, final=True)
    return strings.texts


def _merges(package: zipfile.ZipFile, part: str, file: str, limits: Limits) -> tuple[Merge, ...]:
    """They stand behind the rows but are needed with them, so they are looked for first."""
    found: list[Merge] = []
    rest = b""
    for chunk in part_chunks(package, part, file):
        window = rest + chunk
        end = 0
        for match in _MERGE.finditer(window):
            left, top, right, bottom = (piece.decode() for piece in match.groups())
            found.append(Merge(int(top), int(bottom), column_number(left), column_number(right)))
            end = match.end()
        if len(found) > limits.merges:
            raise too_many(file, "合并单元格数", limits.merges)
        rest = window[max(end, len(window) - _MERGE_LENGTH) :]
    return tuple(found)


def column_number(letters: str) -> int:
    """`A` → 0, `AA` → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
