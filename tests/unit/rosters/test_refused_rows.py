"""Refused rows go back as a workbook of the same form: correct it and bring it again."""

import io
from typing import Any

import openpyxl

from libs.rosters.columns import Column, ColumnSet
from libs.rosters.files import open_sheet
from libs.rosters.findings import Finding, has_error
from libs.rosters.refused import GOOD, RefusedRow, inert, write_returned
from libs.scratch import Scratch
from tests.unit.rosters.making import workbook

FORM = ColumnSet("people", (Column("姓名"), Column("证件号码"), Column("备注", required=False)))
ROWS: list[list[Any]] = [
    ["花名册"],
    ["姓名", "证件号码", "备注"],
    ["杨梅", "522634197804186326", 12.5],
    ["=cmd|' /C calc'!A0", 5.22634197804186e17, "@x"],
    [None, "522634197804186326", "-1+2"],
]


def written() -> bytes:
    sheet = open_sheet("a.xlsx", workbook(("表一", ROWS)), FORM)
    wanted = {
        3: RefusedRow(),
        4: RefusedRow((("备注", "warning", "留意"), ("证件号码", "error", "已丢失数字"), ("", "accepted", "跳过"))),
        5: RefusedRow((("姓名", "error", "不能为空"),)),
    }
    with Scratch() as folder:
        write_returned(sheet, wanted.get, folder / "refused.xlsx")
        return (folder / "refused.xlsx").read_bytes()


def test_the_file_has_the_same_form_and_reads_again() -> None:
    sheet = open_sheet("b.xlsx", written(), FORM)
    rows = list(sheet.rows())
    assert (sheet.title, sheet.header_row) == ("花名册", 2)
    assert [row["姓名"].text for row in rows] == ["杨梅", "=cmd|' /C calc'!A0", ""]
    assert [row["退回原因"].text for row in rows] == [GOOD, "证件号码：已丢失数字；备注：留意", "姓名：不能为空"]
    assert [row["原行号"].text for row in rows] == ["3", "4", "5"]
    assert rows[0]["证件号码"].kind == "text"
    assert rows[0]["备注"].value == 12.5


def test_nothing_in_it_is_a_formula() -> None:
    page = openpyxl.load_workbook(io.BytesIO(written())).active
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    texts = [cell for cell in cells if isinstance(cell.value, str) and cell.row > 2]
    assert all(cell.quotePrefix for cell in texts)


def test_the_reason_stands_at_the_cell() -> None:
    page = openpyxl.load_workbook(io.BytesIO(written())).active
    comments = {cell.coordinate: cell.comment.text for row in page.iter_rows() for cell in row if cell.comment}
    assert comments == {"B4": "已丢失数字", "A5": "不能为空"}


def test_csv_text_is_made_inert() -> None:
    assert [inert(text) for text in ("=1", "+1", "-1", "@a", "\tx", "杨梅", "")] == [
        "'=1",
        "'+1",
        "'-1",
        "'@a",
        "'\tx",
        "杨梅",
        "",
    ]


def test_a_finding_hides_its_values_from_logs() -> None:
    finding = Finding("姓名", "name_empty", "error", "杨秀兰", "522634197804186326")
    assert "杨秀兰" not in repr(finding)
    assert "522634197804186326" not in repr(finding)
    assert finding.as_json()["value"] == "杨秀兰"
    assert has_error([finding])
