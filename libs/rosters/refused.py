"""Refused rows as a workbook of the same form, the reason beside the cell: correct it and bring it again.

Everything is written as text: what begins with = + - @ stays inert, and ids keep all their digits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from libs.rosters.cells import Cell, RawRow
from libs.rosters.sheet import Row, Sheet

REASON, ORIGINAL_ROW = "退回原因", "原行号"
COMMENTS = 20_000
GOOD = "本行无误，随户返回，请勿删除"
_INERT = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
_NUMBERS_UP_TO = 1e11  # more digits are codes, not quantities


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """(column, severity, sentence) of each finding; none for a good row that goes back with its household."""

    findings: Sequence[tuple[str, str, str]] = ()

    @property
    def reason(self) -> str:
        """All errors in one sentence; warnings behind them."""
        order = {"error": 0, "warning": 1}
        said = sorted((item for item in self.findings if item[1] in order), key=lambda item: order[item[1]])
        return "；".join(f"{column}：{text}" if column else text for column, _, text in said) or GOOD


@dataclass(frozen=True, slots=True)
class _Formats:
    text: Format
    wrong: Format
    header: Format


def write_returned(sheet: Sheet, returned: Callable[[int], RefusedRow | None], out: Path) -> None:
    """The xlsx: lines above the header, the header, then the rows that go back (by row number) with two columns added.

    Row after row onto disk, beside `out`, so its size costs no memory. Beyond COMMENTS the reason stands in its column
    alone.
    """
    options = {
        "constant_memory": True, "tmpdir": str(out.parent), "strings_to_formulas": False, "strings_to_urls": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(str(out), options) as book:
        formats = _Formats(
            book.add_format({"num_format": "@", "quote_prefix": True}),
            book.add_format({"num_format": "@", "quote_prefix": True, "bg_color": "#F8D7DA"}),
            book.add_format({"bold": True, "text_wrap": True, "num_format": "@"}),
        )
        page = book.add_worksheet(sheet_name(sheet.name))
        beside = sheet.columns[-1].index + 1
        page.freeze_panes(sheet.header_row, 0)
        page.set_column(beside, beside, 48)
        _write_header(page, sheet.header_rows, beside, formats)
        at, comments = sheet.header_row, COMMENTS
        for row in sheet.rows():
            refused = returned(row.number)
            if refused is not None:
                comments -= _write_row(page, at, row, sheet, refused, formats, comments > 0)
                at += 1


def _write_header(page: Worksheet, rows: Sequence[RawRow], beside: int, formats: _Formats) -> None:
    for raw in rows:
        for place, cell in enumerate(raw.cells[:beside]):
            if cell.kind != "empty" and not cell.merged:
                page.write_string(raw.number - 1, place, cell.text, formats.header)
    last = rows[-1].number - 1
    page.write_string(last, beside, REASON, formats.header)
    page.write_string(last, beside + 1, ORIGINAL_ROW, formats.header)


def _write_row(
    page: Worksheet, at: int, row: Row, sheet: Sheet, refused: RefusedRow, formats: _Formats, commented: bool
) -> int:
    """The number of comments."""
    wrong = {column: text for column, severity, text in refused.findings if severity == "error"}
    beside = sheet.columns[-1].index + 1
    names = {column.index: column.name or column.text for column in sheet.columns}
    for place, cell in enumerate(row.raw[:beside]):
        write_cell(page, at, place, cell, formats.wrong if names.get(place) in wrong else formats.text)
    for place, name in names.items():
        if name in wrong:
            if row[name].kind == "empty":
                page.write_blank(at, place, None, formats.wrong)
            if commented:
                page.write_comment(at, place, wrong[name])
    page.write_string(at, beside, refused.reason, formats.text)
    page.write_number(at, beside + 1, row.number)
    return len(wrong) if commented else 0


def write_cell(page: Worksheet, at: int, place: int, cell: Cell, style: Format) -> None:
    if cell.kind == "number" and isinstance(cell.value, float) and abs(cell.value) < _NUMBERS_UP_TO:
        page.write_number(at, place, cell.value)
    elif cell.kind != "empty":
        page.write_string(at, place, cell.text, style)


def sheet_name(name: str) -> str:
    kept = "".join(char for char in name if char not in "[]:*?/\\'")[:31].strip()
    return kept or "Sheet1"


def inert(text: str) -> str:
    """For csv, which has no kinds: an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_INERT) else text
