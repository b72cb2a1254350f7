"""A sheet once more without some of its rows: the other rows keep their numbers, the taken ones are left blank.

Everything is written as text or number as it was read; formats, comments and sheets without a header are not kept.
"""

import io
from collections.abc import Collection

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]

from libs.rosters.refused import sheet_name, write_cell
from libs.rosters.sheet import Sheet


def without_rows(sheet: Sheet, taken: Collection[int]) -> bytes:
    """The xlsx with all lines of the sheet but the rows of these numbers."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        text: Format = book.add_format({"num_format": "@", "quote_prefix": True})
        page = book.add_worksheet(sheet_name(sheet.name))
        for raw in sheet.header_rows:
            for place, cell in enumerate(raw.cells):
                if not cell.merged:
                    write_cell(page, raw.number - 1, place, cell, text)
        for row in sheet.rows():
            if row.number not in taken:
                for place, cell in enumerate(row.raw):
                    write_cell(page, row.number - 1, place, cell, text)
    return out.getvalue()
