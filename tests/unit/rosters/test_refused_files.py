"""A file that is no roster, lies about itself or is too large is refused before it is parsed."""

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from libs.rosters.columns import Column, ColumnSet
from libs.rosters.files import open_book, open_sheet
from libs.rosters.limits import Limits
from libs.values.errors import DomainError
from tests.unit.rosters.making import CONTENT_TYPES, HEADER, package, workbook

FORM = ColumnSet("people", (Column("姓名"), Column("身份证号"), Column("电话", required=False)))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def refused(name: str, content: bytes | Path, **options: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        list(open_sheet(name, content, FORM, **options).rows())
    assert name in caught.value.message
    assert caught.value.right
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"", "empty_file"),
        ("a.xlsx", b"<html><table><tr><td>1</td></tr></table></html>", "html"),
        ("a.xls", b"\xef\xbb\xbf  <?xml version='1.0'?><Workbook/>", "html"),
        ("a.pdf", b"%PDF-1.7", "not_a_workbook"),
        ("a.csv", b"\x89PNG\r\n", "not_a_workbook"),
        ("a.csv", b"a\0b", "not_a_workbook"),
        ("a.xlsx", "姓名,身份证号\n".encode(), "wrong_type"),
        ("a.xls", package(), "wrong_type"),
        ("a.csv", package(), "wrong_type"),
        ("a.xlsx", OLE + "Workbook".encode("utf-16-le"), "wrong_type"),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("a.doc", OLE + "WordDocument".encode("utf-16-le"), "not_a_workbook"),
        ("a.xlsx", package(more={"xl/vbaProject.bin": b"x"}), "macro_workbook"),
        (
            "a.xlsm",
            package(more={"[Content_Types].xml": CONTENT_TYPES.replace("application", "macroEnabled")}),
            "macro_workbook",
        ),
        ("a.xlsx", package(more={"xl/workbook.bin": b"x"}), "binary_workbook"),
        ("a.ods", package(more={"content.xml": "<a/>", "mimetype": "x"}), "open_document"),
        ("a.docx", package(more={"word/document.xml": "<a/>"}), "not_a_workbook"),
        ("a.xlsx", package(without=["xl/workbook.xml"]), "not_a_workbook"),
    ],
)
def test_another_kind_of_file_is_named(name: str, content: bytes, code: str) -> None:
    error = refused(name, content)
    assert error.code == f"roster.{code}"
    assert error.status in (415, 422)


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    bomb = package(more={"xl/worksheets/sheet1.xml": b"\0" * (512 * 1024 * 1024)})
    assert len(bomb) < 1_000_000
    error = refused("炸弹.xlsx", bomb)
    assert (error.code, error.status) == ("roster.zip_bomb", 413)


def test_a_part_that_unpacks_a_hundredfold_is_refused() -> None:
    assert refused("a.xlsx", package(more={"xl/media/a.bin": b"\0" * 20_000_000})).code == "roster.zip_bomb"


def test_a_hundred_thousand_entries_are_not_even_listed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for number in range(3_000):
            target.writestr(f"a{number}", b"")
    assert refused("a.xlsx", out.getvalue()).code == "roster.too_large"


def test_a_directory_that_lies_about_sizes_is_found_out() -> None:
    content = bytearray(package(f"{HEADER}<row r='2'><c r='A2'><v>{'1' * 4_000}</v></c></row>"))
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:  # each central entry claims 10 bytes
        struct.pack_into("<L", content, at + 24, 10)
        at += 4
    assert refused("a.xlsx", bytes(content)).code == "roster.damaged"


@pytest.mark.parametrize("cut", [30, 200, 600])
def test_a_file_cut_short_is_damaged(cut: int) -> None:
    assert refused("a.xlsx", package()[:-cut]).code == "roster.damaged"


@pytest.mark.parametrize("name", ["../a.xml", "/etc/a", "a/../../b", "c:\\x"])
def test_entries_that_point_outside_are_refused(name: str) -> None:
    assert refused("a.xlsx", package(more={name: b"x"})).code == "roster.unsafe_entry"


def test_links_and_encrypted_entries_are_refused() -> None:
    link = zipfile.ZipInfo("xl/link")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO(package())
    with zipfile.ZipFile(out, "a") as target:
        target.writestr(link, "/etc/passwd")
    assert refused("a.xlsx", out.getvalue()).code == "roster.unsafe_entry"
    content = bytearray(package())
    content[content.find(b"PK\x01\x02") + 8] |= 1
    assert refused("a.xlsx", bytes(content)).code == "roster.encrypted"


DTD = '<!DOCTYPE x [<!ENTITY a "b">]>'


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/worksheets/sheet1.xml": f"{DTD}<worksheet/>"},
        {"docProps/core.xml": f"{DTD}<a/>"},
        {"xl/theme/theme1.xml": "<a/>".encode("utf-16")},
        {"xl/worksheets/sheet1.xml": f"<!--{'x' * 300_000}-->{DTD}<worksheet/>"},
    ],
)
def test_document_types_and_entities_are_refused_in_any_part(parts: dict[str, str | bytes]) -> None:
    assert refused("a.xlsx", package(more=parts)).code == "roster.dtd"


def test_links_to_other_files_are_refused_and_hyperlinks_are_not() -> None:
    link = '<Relationships><Relationship Type="http://x/{}" Target="file:///x" TargetMode="External"/></Relationships>'
    parts: dict[str, str | bytes] = {"xl/worksheets/_rels/sheet1.xml.rels": link.format("oleObject")}
    assert refused("a.xlsx", package(more=parts)).code == "roster.external_link"
    assert (
        refused("a.xlsx", package(more={"xl/externalLinks/externalLink1.xml": "<a/>"})).code == "roster.external_link"
    )
    harmless: dict[str, str | bytes] = {"xl/worksheets/_rels/sheet1.xml.rels": link.format("hyperlink")}
    assert open_sheet("a.xlsx", package(more=harmless), FORM).header_row == 1


def test_broken_xml_is_damaged() -> None:
    assert refused("a.xlsx", package("<row><c></row>")).code == "roster.damaged"


def test_a_sheet_that_claims_to_be_huge_costs_nothing() -> None:
    far = f'{HEADER}<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    sheet = open_sheet("a.xlsx", package(far, after='<dimension ref="A1:XFD1048576"/>'), FORM)
    assert [row.number for row in sheet.rows()] == [2]


def test_a_million_formatted_rows_are_bounded_by_real_cells() -> None:
    rows = "".join(f'<row r="{number}" s="1"/>' for number in range(2, 60_000))
    assert list(open_sheet("a.xlsx", package(HEADER + rows), FORM).rows()) == []


def test_rows_columns_cells_and_merges_are_bounded() -> None:
    table = [["姓名", "身份证号"], *[["甲", "1"]] * 50]
    merges = "".join(f'<mergeCell ref="A{row}:A{row + 1}"/>' for row in range(1, 100, 2))
    wide = '<row r="2"><c r="ZZZ2"><v>1</v></c></row>'
    long = f'<row r="2"><c r="A2" t="str"><v>{"x" * 20_000}</v></c></row>'
    endless = f'<row r="2"><c r="A2" t="str"><v>{"xy&amp;" * 40_000}</v></c></row>'
    for content, limits in (
        (workbook(("表", table)), Limits(rows=10)),
        (package(HEADER + wide), Limits()),
        (package(HEADER + long), Limits()),
        (package(HEADER + endless), Limits()),
        (package(after=f"<mergeCells>{merges}</mergeCells>"), Limits(merges=10)),
        (workbook(("表", table)), Limits(shared_strings=1)),
        (workbook(("表", table)), Limits(shared_bytes=10)),
        (workbook(("表", table)), Limits(file_bytes=100)),
    ):
        error = refused("大.xlsx", content, limits=limits)
        assert (error.code, error.status) == ("roster.too_large", 413)


def test_a_file_of_200_mb_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    with path.open("wb") as sparse:
        sparse.truncate(200_000_000)
    assert refused("大.xlsx", path).code == "roster.too_large"


def test_an_xls_is_bounded_and_a_broken_one_is_told() -> None:
    broken = OLE + "Workbook".encode("utf-16-le")
    assert refused("a.xls", broken).code == "roster.xls_unreadable"
    assert refused("a.xls", broken, limits=Limits(xls_bytes=100)).code == "roster.too_large"
    real = Path("tests/data/register-2021.xls")
    form = ColumnSet("x", (Column("姓名"), Column("证件号码")))
    for limits, code in (
        (Limits(rows=10), "roster.too_large"),
        (Limits(columns=5), "roster.too_large"),
        (Limits(seconds=0.0001), "roster.xls_unreadable"),
    ):
        with pytest.raises(DomainError) as caught:
            open_sheet("a.xls", real, form, limits=limits)
        assert caught.value.code == code


def test_without_a_header_the_answer_says_which_columns_belong_there() -> None:
    error = refused("a.xlsx", workbook(("表", [["甲", "乙"], ["1", "2"]])))
    assert error.code == "roster.no_header"
    assert "姓名、身份证号" in error.message


def test_a_header_in_part_names_the_columns_that_are_missing() -> None:
    error = refused("a.xlsx", workbook(("表", [["姓名", "电话"], ["1", "2"]])))
    assert error.code == "roster.missing_columns"
    assert "“身份证号”" in error.message


def test_a_header_below_the_twentieth_row_is_not_looked_for() -> None:
    rows = [["标题"]] * 20 + [["姓名", "身份证号"]]
    assert refused("a.xlsx", workbook(("表", rows))).code == "roster.no_header"


def test_the_path_of_an_uploaded_name_is_not_kept() -> None:
    assert open_book("C:\\用户\\花名册.xlsx", package(), FORM).file == "花名册.xlsx"
