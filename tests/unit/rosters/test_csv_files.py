"""CSV in the encodings that offices use; a quote that never closes refuses the file, a ragged row only itself."""

from pathlib import Path

import pytest

from libs.rosters.columns import Column, ColumnSet
from libs.rosters.files import open_sheet
from libs.rosters.limits import Limits
from libs.rosters.sheet import Sheet
from libs.values.errors import DomainError

FORM = ColumnSet("people", (Column("姓名"), Column("证件号码")))
TEXT = '姓名,证件号码,备注\r\n杨梅,="522634197804186326",a\r\n'


def read(content: bytes, limits: Limits = Limits()) -> Sheet:  # noqa: B008 - frozen
    return open_sheet("花名册.csv", content, FORM, limits=limits)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_every_usual_encoding_is_recognised(encoding: str) -> None:
    row = next(iter(read(TEXT.encode(encoding)).rows()))
    assert (row.number, row["姓名"].text, row["证件号码"].text) == (2, "杨梅", "522634197804186326")


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
def test_every_line_end_is_understood(newline: str) -> None:
    assert len(list(read(TEXT.replace("\r\n", newline).encode()).rows())) == 1


def test_tabs_separate_as_well() -> None:
    assert next(iter(read("姓名\t证件号码\n杨梅\t1\n".encode()).rows()))["证件号码"].text == "1"


def test_quoted_fields_hold_commas_and_line_breaks() -> None:
    rows = list(read('姓名,证件号码\n"杨,\n梅","1"\n李梅,2\n'.encode()).rows())
    assert [(row.number, row["姓名"].text) for row in rows] == [(2, "杨,\n梅"), (3, "李梅")]


def test_ragged_rows_are_marked_and_the_others_stay_good() -> None:
    rows = list(read("姓名,证件号码,备注\n甲,1\n乙,2,\n丙,3,x,多\n丁,4,x,\n\n合计,3\n".encode()).rows())
    assert [(row.number, row.kind, row.ragged) for row in rows] == [
        (2, "data", True),
        (3, "data", False),
        (4, "data", True),
        (5, "data", False),
        (6, "blank", False),
        (7, "totals", False),
    ]


@pytest.mark.parametrize("tail", ['"甲,1\n乙,2\n', '甲,"1"x\n', '"' + "甲" * 200_000], ids=["open", "inside", "huge"])
def test_bad_quotes_refuse_the_file_and_say_where(tail: str) -> None:
    head = "姓名,证件号码\n" + "好,1\n" * 1_000
    with pytest.raises(DomainError) as refused:
        list(read((head + tail).encode()).rows())
    assert refused.value.code == "roster.csv_quote"
    assert "第1002行" in refused.value.message
    assert "花名册.csv" in refused.value.message


def test_rows_columns_and_cells_are_bounded() -> None:
    for content, limits in (
        ("姓名,证件号码\n" + "甲,1\n" * 50, Limits(rows=10)),
        ("姓名,证件号码\n" + "甲," * 300, Limits()),
        (f"姓名,证件号码\n{'甲' * 20_000},1", Limits()),
    ):
        with pytest.raises(DomainError) as refused:
            list(read(content.encode(), limits).rows())
        assert (refused.value.code, refused.value.status) == ("roster.too_large", 413)


@pytest.mark.parametrize(
    "content",
    [TEXT.encode("utf-16"), b"\xff\x80\x81,\x80\xff\n", TEXT.encode() + b"\xff\xff", (TEXT * 999 + "甲\0").encode()],
)
def test_other_encodings_are_named_and_refused(content: bytes) -> None:
    with pytest.raises(DomainError) as refused:
        read(content)
    assert (refused.value.code, refused.value.status) == ("roster.encoding", 415)


def test_a_file_on_disk_reads_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(TEXT.encode("gbk"))
    sheet = open_sheet("a.csv", path, FORM)
    assert [row["姓名"].text for row in sheet.rows()] == ["杨梅"]
