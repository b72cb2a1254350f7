"""Spreadsheets for tests: real ones by a writer, and packages written by hand that no writer would make."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import xlsxwriter

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
WORKBOOK = (
    '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">{pr}'
    '<sheets><sheet name="表一" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://x/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)
_CELL = '<c r="{}1" t="inlineStr"><is><t>{}</t></is></c>'
HEADER = f'<row r="1">{_CELL.format("A", "姓名")}{_CELL.format("B", "身份证号")}</row>'


def workbook(*sheets: tuple[str, Sequence[Sequence[Any]]], edit: Callable[[Any, Any], None] | None = None) -> bytes:
    """An xlsx of (name, rows); `edit` gets the workbook and its first sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        pages = []
        for name, rows in sheets:
            page = book.add_worksheet(name)
            pages.append(page)
            for at, row in enumerate(rows):
                for place, value in enumerate(row):
                    if value is not None:
                        page.write(at, place, value)
        if edit is not None:
            edit(book, pages[0])
    return out.getvalue()


def package(
    sheet_data: str = HEADER,
    *,
    more: dict[str, str | bytes] | None = None,
    without: Sequence[str] = (),
    pr: str = "",
    after: str = "",
) -> bytes:
    """An xlsx part by part."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "xl/workbook.xml": WORKBOOK.format(pr=pr),
        "xl/_rels/workbook.xml.rels": RELATIONS,
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{sheet_data}</sheetData>{after}</worksheet>",
        **(more or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            if name not in without:
                target.writestr(name, data)
    return out.getvalue()
