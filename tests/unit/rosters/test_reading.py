"""Headers are found by words, rows keep their numbers and cells their kinds."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from libs.rosters.cells import EMPTY, Cell, shown
from libs.rosters.columns import Column, ColumnSet
from libs.rosters.files import Book, content_hash, open_book, open_sheet
from libs.rosters.sheet import Row, Sheet
from libs.values.errors import DomainError
from tests.unit.rosters.making import HEADER, package, workbook

FORM = ColumnSet(
    "people", (Column("姓名", ("学员姓名",)), Column("证件号码", ("身份证号",)), Column("备注", required=False))
)
SAMPLES = Path("jinguo/demo/data")
OLD = Path("tests/data")


def read(*rows: list[Any], edit: Any = None, **options: Any) -> Sheet:
    return open_sheet("花名册.xlsx", workbook(("表一", rows), edit=edit), FORM, **options)


def data(sheet: Sheet) -> list[Row]:
    return [row for row in sheet.rows() if row.kind == "data"]


def test_the_header_is_found_below_title_and_note() -> None:
    sheet = read(
        ["培训花名册"], ["培训时间：2017年5月8日", "地点：丹江镇"], [], ["序号", "姓名", "身份证号"], [1, "杨梅", "x"]
    )
    assert (sheet.header_row, sheet.title, sheet.note) == (4, "培训花名册", "培训时间：2017年5月8日 地点：丹江镇")
    assert [(row.number, row["姓名"].text, row["证件号码"].text) for row in data(sheet)] == [(5, "杨梅", "x")]


def test_names_may_be_broken_reordered_and_among_others() -> None:
    sheet = read(["身 份\n证号", "电话", "学员姓名"], ["1", "2", "3"])
    row = data(sheet)[0]
    assert (row["姓名"].text, row["证件号码"].text, row["电话"].text, row["备注"]) == ("3", "1", "2", EMPTY)
    assert [(column.text, column.name) for column in sheet.columns] == [
        ("身 份\n证号", "证件号码"),
        ("电话", None),
        ("学员姓名", "姓名"),
    ]
    assert row.at(sheet.columns[1]).text == "2"
    assert row.cells["电话"].text == "2"
    assert sheet.has("姓名")
    assert not sheet.has("备注")


def test_an_office_maps_its_own_header_words() -> None:
    sheet = read(["妇女名字", "身份证号"], ["杨梅", "x"], mapping={"妇女名字": "姓名"})
    assert data(sheet)[0]["姓名"].text == "杨梅"


def test_a_group_row_above_the_header_is_no_header() -> None:
    sheet = read(["个人信息", None, "其他"], ["姓名", "身份证号", "备注"], ["杨梅", "x", "y"])
    assert (sheet.header_row, sheet.title) == (2, "个人信息 其他")


def test_a_header_of_two_rows_merged_downwards_ends_at_the_lower_one() -> None:
    def merge(_: Any, page: Any) -> None:
        page.merge_range(0, 0, 1, 0, "姓名")
        page.merge_range(0, 1, 1, 1, "身份证号")
        page.merge_range(0, 2, 0, 3, "签到")

    sheet = read([], [None, None, "9月4日", "9月5日"], ["杨梅", "x", "√", "√"], edit=merge)
    assert sheet.header_row == 2
    assert [row["9月5日"].text for row in data(sheet)] == ["√"]


def test_values_merged_downwards_belong_to_every_row() -> None:
    def merge(_: Any, page: Any) -> None:
        page.merge_range(1, 2, 3, 2, "同一备注")

    sheet = read(["姓名", "身份证号", "备注"], ["甲", "1"], ["乙", "2"], ["丙", "3"], ["丁", "4"], edit=merge)
    assert [(row["备注"].text, row["备注"].merged) for row in data(sheet)] == [
        ("同一备注", False),
        ("同一备注", True),
        ("同一备注", True),
        ("", False),
    ]


def test_blank_total_signature_and_note_rows_are_told_apart() -> None:
    sheet = read(
        ["姓名", "身份证号"],
        ["杨梅", "1"],
        [],
        ["李梅", "2"],
        ["姓名", "身份证号"],
        ["  "],
        ["合 计", "2"],
        ["说明：本表一式两份"],
        ["填表人：", "审核人："],
        [],
    )
    assert [(row.number, row.kind) for row in sheet.rows()] == [
        (2, "data"),
        (3, "blank"),
        (4, "data"),
        (5, "note"),
        (6, "blank"),
        (7, "totals"),
        (8, "note"),
        (9, "signature"),
    ]


def test_cells_keep_their_kind() -> None:
    def more(book: Any, page: Any) -> None:
        day = book.add_format({"num_format": "yyyy/m/d"})
        page.write_datetime(1, 2, datetime(2017, 3, 5, 8), day)  # noqa: DTZ001 - Excel knows no zones
        page.write_formula(2, 2, "=1+1", None, 2)
        page.write_boolean(3, 2, True)
        page.write_formula(4, 2, "=1/0", None, "#DIV/0!")
        page.write_string(5, 2, "=cmd|' /C calc'!A0")
        page.write_formula(6, 2, '="a"', None, "a")

    sheet = read(["姓名", "身份证号", "备注"], *[[name, 5.22634197204224e17] for name in "甲乙丙丁戊己"], edit=more)
    rows = data(sheet)
    assert rows[0]["证件号码"] == Cell("number", "522634197204224000", 5.22634197204224e17)
    assert [row["备注"] for row in rows] == [
        Cell("date", "2017-03-05", date(2017, 3, 5)),
        Cell("number", "2", 2.0, formula=True),
        Cell("bool", "TRUE", True),
        Cell("error", "#DIV/0!", None, formula=True),
        Cell("text", "=cmd|' /C calc'!A0"),
        Cell("text", "a", None, formula=True),
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(8.0, "8"), (2951.9899999999998, "2951.99"), (-0.5, "-0.5"), (1e15, "1000000000000000")]
)
def test_numbers_are_shown_as_excel_shows_them(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_workbook_of_1904_counts_days_from_there() -> None:
    styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    rows = f'{HEADER}<row r="2"><c r="A2" s="1"><v>100</v></c><c r="B2"><v>1</v></c></row>'
    for pr, expected in (('<workbookPr date1904="1"/>', "1904-04-10"), ("", "1900-04-09")):
        sheet = open_sheet("a.xlsx", package(rows, more={"xl/styles.xml": styles}, pr=pr), FORM)
        assert data(sheet)[0]["姓名"].text == expected


def test_rows_that_the_file_leaves_out_still_count() -> None:
    rows = f'{HEADER}<row r="4"><c r="A4" t="inlineStr"><is><t>杨梅</t></is></c></row>'
    sheet = open_sheet("a.xlsx", package(rows), FORM)
    assert [(row.number, row.kind) for row in sheet.rows()] == [(2, "blank"), (3, "blank"), (4, "data")]


def test_rows_and_cells_without_references_follow_each_other() -> None:
    rows = "<row><c t='inlineStr'><is><t>姓名</t></is></c><c t='inlineStr'><is><t>身份证号</t></is></c></row>"
    sheet = open_sheet("a.xlsx", package(rows + "<row><c><v>1</v></c><c><v>2</v></c></row>"), FORM)
    assert [(row.number, row["证件号码"].text) for row in sheet.rows()] == [(2, "2")]


def test_prefixed_names_phonetic_hints_and_escapes_are_understood() -> None:
    strings = (
        '<x:sst xmlns:x="m"><x:si><x:r><x:t>姓</x:t></x:r><x:r><x:t>名</x:t></x:r><x:rPh><x:t>ming</x:t></x:rPh></x:si>'
        "<x:si><x:t>身份证号</x:t></x:si><x:si><x:t>杨_x000D_梅</x:t></x:si></x:sst>"
    )
    sheet_xml = (
        '<x:worksheet xmlns:x="m"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c>'
        '<x:c r="B1" t="s"><x:v>1</x:v></x:c></x:row><x:row r="2"><x:c r="A2" t="s"><x:v>2</x:v></x:c>'
        '<x:c r="B2" t="s"><x:v>99</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    parts: dict[str, str | bytes] = {"xl/sharedStrings.xml": strings, "xl/worksheets/sheet1.xml": sheet_xml}
    row = data(open_sheet("a.xlsx", package(more=parts), FORM))[0]
    assert (row["姓名"].text, row["证件号码"]) == ("杨\r梅", EMPTY)


def test_every_visible_sheet_with_a_header_is_read_and_the_others_are_named() -> None:
    def hide(book: Any, _: Any) -> None:
        book.worksheets()[2].hide()

    table = [["姓名", "身份证号"], ["杨梅", "1"]]
    content = workbook(("说明", [["读我"]]), ("丹江镇", table), ("旧表", table), ("西江镇", table), edit=hide)
    book = open_book("a.xlsx", content, FORM)
    assert [sheet.name for sheet in book.sheets] == ["丹江镇", "西江镇"]
    assert (book.without_header, book.hidden) == (("说明",), ("旧表",))


def test_the_form_with_most_columns_wins() -> None:
    wide = ColumnSet("wide", (Column("姓名"), Column("身份证号"), Column("工种")))
    content = workbook(("表一", [["姓名", "身份证号", "工种"], ["甲", "1", "刺绣"]]))
    assert open_sheet("a.xlsx", content, (FORM, wide)).form == "wide"
    assert open_sheet("a.xlsx", content, (FORM,)).form == "people"


def test_the_same_bytes_have_the_same_hash_wherever_they_lie(tmp_path: Path) -> None:
    content = workbook(("表一", [["姓名", "身份证号"]]))
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert open_book("b.xlsx", path, FORM).sha256 == content_hash(content)


def sample_form(name: str) -> ColumnSet:
    return ColumnSet(name, (Column("姓名"), Column("证件号码", ("身份证号", "身份证号码"))))


@pytest.mark.parametrize(
    ("path", "header", "rows"),
    [
        (SAMPLES / "register-2016-leishan.xlsx", 3, 2064),
        (SAMPLES / "roster-training.xlsx", 3, 48),
        (SAMPLES / "roster-training-signin.xlsx", 3, 28),
        (OLD / "register-2021.csv", 1, 403),
        (OLD / "register-2021.xls", 1, 403),
    ],
)
def test_the_samples_are_read_whole(path: Path, header: int, rows: int) -> None:
    sheet = open_sheet(path.name, path, sample_form("x"))
    assert (sheet.header_row, len(data(sheet))) == (header, rows)


def test_xls_and_csv_of_the_same_table_agree() -> None:
    def table(name: str) -> list[tuple[str, str, str]]:
        sheet = open_sheet(name, OLD / name, sample_form("x"))
        return [(row["姓名"].text, row["证件号码"].text, row["户编号"].text) for row in data(sheet)]

    assert table("register-2021.xls") == table("register-2021.csv")


def test_a_book_is_opened_once_and_its_rows_read_again_and_again() -> None:
    book: Book = open_book("a.xlsx", SAMPLES / "roster-training.xlsx", sample_form("x"))
    first, again = list(book.sheets[0].rows()), list(book.sheets[0].rows())
    assert [row.number for row in first] == [row.number for row in again]


def test_a_finding_of_a_column_that_stands_twice_refuses_the_file() -> None:
    with pytest.raises(DomainError) as refused:
        read(["姓名", "身份证号", "姓名"], ["甲", "1", "乙"])
    assert refused.value.code == "roster.doubled_column"
    assert "“姓名”" in refused.value.message


def test_a_cell_that_names_no_shared_text_is_empty() -> None:
    strings = "<sst><si><t>甲</t></si><si><t>\U00020bb7</t></si></sst>"
    rows = "".join(
        f'<row r="{at}"><c r="A{at}" t="s"><v>{place}</v></c><c r="B{at}"><v>1</v></c></row>'
        for at, place in enumerate((0, 1, 2, -1), 2)
    )
    content = package(HEADER + rows, more={"xl/sharedStrings.xml": strings})
    assert [row["姓名"].text for row in open_sheet("a.xlsx", content, FORM).rows()] == ["甲", "\U00020bb7", "", ""]


def test_odd_cells_are_read_as_what_they_hold() -> None:
    cells = (
        '<c r="A2" t="b"><v>0</v></c><c r="B2"><v>abc</v></c><c r="C2"><v>1e999</v></c><c r="A2"><v>5</v></c>'
        '<c r="D2" t="inlineStr"><is><t>甲</t><rPh><t>jia</t></rPh></is></c>'
    )
    row = data(open_sheet("a.xlsx", package(f'{HEADER}<row r="2">{cells}</row>'), FORM))[0]
    assert [(cell.kind, cell.text) for cell in row.raw] == [
        ("bool", "FALSE"),
        ("text", "abc"),
        ("error", "1e999"),
        ("text", "甲"),
    ]


def test_styles_that_do_not_parse_only_cost_the_dates() -> None:
    rows = f'{HEADER}<row r="2"><c r="A2" s="1"><v>100</v></c></row>'
    sheet = open_sheet("a.xlsx", package(rows, more={"xl/styles.xml": "<styleSheet><cellXfs>"}), FORM)
    assert data(sheet)[0]["姓名"].text == "100"


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [("yyyy&quot;年&quot;m&quot;月&quot;", "date"), ("0.00", "number"), ("[Red]0&quot;d&quot;", "number")],
)
def test_an_offices_own_formats_are_dates_when_they_show_one(pattern: str, kind: str) -> None:
    styles = (
        f'<styleSheet><numFmts><numFmt numFmtId="170" formatCode="{pattern}"/></numFmts>'
        '<cellXfs><xf numFmtId="170"/></cellXfs></styleSheet>'
    )
    rows = f'{HEADER}<row r="2"><c r="A2" s="0"><v>42800</v></c></row>'
    assert data(open_sheet("a.xlsx", package(rows, more={"xl/styles.xml": styles}), FORM))[0]["姓名"].kind == kind
