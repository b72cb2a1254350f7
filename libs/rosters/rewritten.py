"""A sheet once more without some of its rows: the other rows keep their numbers, the taken ones are left blank.

A csv stays a csv, anything else becomes an xlsx; row after row onto disk, so no size costs memory.
Everything is written as text or number as it was read; formats, comments and sheets without a header are not kept.
"""

import csv
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]

from libs.rosters.cells import RawRow
from libs.rosters.csv_file import CsvGrid
from libs.rosters.refused import sheet_name, write_cell
from libs.rosters.sheet import Sheet


def without_rows(sheet: Sheet, taken: Collection[int], target: Path) -> None:
    """Write all lines of the sheet but the rows of these numbers."""
    if isinstance(sheet.grid, CsvGrid):
        _write_csv(_left(sheet, taken), sheet.grid.delimiter, target)
    else:
        _write_xlsx(_left(sheet, taken), sheet_name(sheet.name), target)


def _left(sheet: Sheet, taken: Collection[int]) -> Iterator[RawRow]:
    """What stays, in order; cells merged from above are the header's own only once."""
    for raw in sheet.header_rows:
        yield RawRow(raw.number, [cell._replace(kind="empty") if cell.merged else cell for cell in raw.cells])
    for row in sheet.rows():
        if row.number not in taken:
            yield RawRow(row.number, row.raw)


def _write_csv(rows: Iterable[RawRow], delimiter: str, target: Path) -> None:
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        table, line = csv.writer(out, delimiter=delimiter), 1
        for row in rows:
            table.writerows([()] * (row.number - line))
            table.writerow([cell.text for cell in row.cells])
            line = row.number + 1


def _write_xlsx(rows: Iterable[RawRow], name: str, target: Path) -> None:
    options = {
        "constant_memory": True, "tmpdir": str(target.parent), "strings_to_formulas": False, "strings_to_urls": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(str(target), options) as book:
        text: Format = book.add_format({"num_format": "@", "quote_prefix": True})
        page = book.add_worksheet(name)
        for row in rows:
            for place, cell in enumerate(row.cells):
                write_cell(page, row.number - 1, place, cell, text)
