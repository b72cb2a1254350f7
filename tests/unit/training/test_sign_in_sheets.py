"""Sign-in sheets as offices keep them: every way of heading days, every mark, and what is not known said aloud."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from services.training.rosters.columns import mark_of
from services.training.rosters.reading import RosterSheet, read_roster
from tests.unit.training.rosters import SIGN_IN_NOTE

FIXED = ("序号", "姓名", "身份证号", "所在村组")
WHO = (1, "杨凤兰", "522634198804256703", "永乐镇岩寨村五组")
NOTHING = (None,) * len(FIXED)


def sheet(path: Path, rows: Sequence[Sequence[Any]], *merges: str) -> RosterSheet:
    """A small file with these rows below the title and the note line, and what is read from it."""
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (["家政服务培训签到表"], [SIGN_IN_NOTE], *rows):
        page.append(list(row))
    for area in merges:
        page.merge_cells(area)
    book.save(path)
    (found,) = read_roster(path.name, path)
    return found


def attended(found: RosterSheet) -> list[tuple[str, int, int]]:
    return [(row.name, row.days, row.by_other) for row in found.rows]


ONE_ROW = {
    "words": ("9月4日", "9月5日", "9月6日"),
    "dots": ("9.4", "9.5", "9.6"),
    "numbers": (9.4, 9.5, 9.6),
    "slashes": ("2017/9/4", "2017/9/5", "2017/9/6"),
    "dashes": ("09-04", "09-05", "09-06"),
    "Excel dates": (date(2017, 9, 4), date(2017, 9, 5), date(2017, 9, 6)),
    "weekdays": ("9月4日（周一）", "9月5日 星期二", "9月6号"),
    "ordinals": ("第1天", "第2天", "第3天"),
    "Chinese ordinals": ("第一天", "第二天", "第三天"),
    "full width": ("９月４日", "９月５日", "９月６日"),
}


@pytest.mark.parametrize("dates", ONE_ROW.values(), ids=ONE_ROW)
def test_days_are_read_from_one_row_of_headings(tmp_path: Path, dates: tuple[Any, ...]) -> None:
    found = sheet(tmp_path / "a.xlsx", [(*FIXED, *dates, "备注"), (*WHO, "√", None, "√", "好")])
    assert (found.form, found.planned, attended(found)) == ("sign_in", 3, [("杨凤兰", 2, 0)])


def test_months_above_days_are_read_together(tmp_path: Path) -> None:
    months, days = (*NOTHING, "8月", None, "9月", None), (*FIXED, 30, 31, 1, 2)
    found = sheet(tmp_path / "a.xlsx", [months, days, (*WHO, "√", "√", "√", None)], "E3:F3", "G3:H3")
    assert (found.planned, attended(found)) == (4, [("杨凤兰", 3, 0)])


def test_names_in_the_upper_of_two_rows_and_days_below_are_one_header(tmp_path: Path) -> None:
    rows = [(*FIXED, "9月", None, None), (*NOTHING, "4日", "5日", "6日"), (*WHO, "√", "√", None)]
    for name, merges in (("plain", ()), ("merged", ("A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:G3"))):
        found = sheet(tmp_path / f"{name}.xlsx", rows, *merges)
        assert (found.planned, attended(found)) == (3, [("杨凤兰", 2, 0)]), name


def test_numbers_under_attendance_are_the_nth_days(tmp_path: Path) -> None:
    rows = [(*FIXED, "出勤情况", None, None), (*NOTHING, 1, 2, 3), (*WHO, 1, 0, 1)]
    found = sheet(tmp_path / "a.xlsx", rows, "E3:G3")
    assert (found.planned, attended(found)) == (3, [("杨凤兰", 2, 0)])


def test_morning_and_afternoon_under_one_date_are_one_day(tmp_path: Path) -> None:
    rows = [
        (*FIXED, "9月4日", None, "9月5日", None),
        (*NOTHING, "上午", "下午", "上午", "下午"),
        (*WHO, "√", "√", "√", None),
        (2, "唐红", "522634199205288863", "望丰乡乌江村", "√", None, None, "√"),
        (3, "李桂英", None, "望丰乡乌江村", "√", None, None, None),
        (4, "王芳", None, "望丰乡乌江村", "√", "代", None, None),
    ]
    for name, merges in (("plain", ("E3:F3", "G3:H3")), ("merged", ("A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:F3"))):
        found = sheet(tmp_path / f"{name}.xlsx", rows, *merges)
        days = [(row.days, row.by_other) for row in found.rows]
        assert (found.planned, days) == (2, [(1, 0), (1, 0), (1, 0), (1, 0)]), name
        assert "signed_by_other" in {finding.rule for finding in found.rows[-1].findings}


def test_a_part_of_the_day_may_stand_in_the_heading_itself(tmp_path: Path) -> None:
    heads = (*FIXED, "9月4日上午", "9月4日\n下午", "9月5日全天")
    found = sheet(tmp_path / "a.xlsx", [heads, (*WHO, "√", "√", "√")])
    assert (found.planned, attended(found)) == (2, [("杨凤兰", 2, 0)])


def test_the_tenth_kept_as_the_number_9_1_is_the_tenth(tmp_path: Path) -> None:
    found = sheet(tmp_path / "a.xlsx", [(*FIXED, 9.1, 9.9, 9.1, 9.11), (*WHO, None, "√", "√", "√")])
    assert (found.planned, attended(found)) == (4, [("杨凤兰", 3, 0)])


def test_a_nameless_row_of_marks_is_no_heading(tmp_path: Path) -> None:
    rows = [(*FIXED, "9月4日", "9月5日"), (1, None, None, None, 1, 1), (2, *WHO[1:], "√", "√")]
    found = sheet(tmp_path / "a.xlsx", rows)
    assert [(row.name, row.problem) for row in found.rows] == [("", True), ("杨凤兰", False)]


@pytest.mark.parametrize("mark", ["√", "✓", "v", "V", 1, "是", "出勤", "●", "杨凤兰", True])
def test_a_mark_of_presence_is_a_day(tmp_path: Path, mark: Any) -> None:
    found = sheet(tmp_path / "a.xlsx", [(*FIXED, "9月4日"), (*WHO, mark)])
    assert (attended(found), found.rows[0].findings) == ([("杨凤兰", 1, 0)], ())


@pytest.mark.parametrize("mark", [None, 0, "×", "缺", "请假", "病假", False])
def test_a_mark_of_absence_is_none(tmp_path: Path, mark: Any) -> None:
    found = sheet(tmp_path / "a.xlsx", [(*FIXED, "9月4日", "9月5日"), (*WHO, mark, "√")])
    assert attended(found) == [("杨凤兰", 1, 0)]
    assert "mark_unknown" not in {finding.rule for finding in found.rows[0].findings}


def test_leave_is_an_absence_that_is_told_with_its_word(tmp_path: Path) -> None:
    found = sheet(tmp_path / "a.xlsx", [(*FIXED, "9月4日", "9月5日"), (*WHO, "事假", "√")])
    told = [(each.column, each.severity, each.value) for each in found.rows[0].findings if each.rule == "on_leave"]
    assert told == [("9月4日", "accepted", "事假")]


@pytest.mark.parametrize(
    ("marks", "days"),
    [(("半", None, None), 1), (("半", "半", None), 1), (("√", "半", None), 1), (("√", "半", 0.5), 2)],
)
def test_two_halves_are_a_day_and_a_half_left_over_is_none(tmp_path: Path, marks: tuple[Any, ...], days: int) -> None:
    found = sheet(tmp_path / "a.xlsx", [(*FIXED, "9月4日", "9月5日", "9月6日"), (*WHO, *marks)])
    assert attended(found) == [("杨凤兰", days, 0)]


def test_days_that_another_signed_are_kept_apart(tmp_path: Path) -> None:
    found = sheet(tmp_path / "a.xlsx", [(*FIXED, "9月4日", "9月5日", "9月6日"), (*WHO, "√", "代", "代签")])
    assert attended(found) == [("杨凤兰", 1, 2)]


def test_a_mark_that_is_not_known_is_a_warning_that_names_its_cell_and_the_known_marks(tmp_path: Path) -> None:
    found = sheet(tmp_path / "a.xlsx", [(*FIXED, "9月4日", "9月5日"), (*WHO, "？？", "√")])
    (row,) = found.rows
    (told,) = [each for each in row.findings if each.rule == "mark_unknown"]
    assert (row.number, told.column, told.severity, told.value) == (4, "9月4日", "warning", "？？")
    assert all(mark in told.right_answer for mark in "√✓●1是半缺代")


def test_the_mark_of_another_person_is_never_presence() -> None:
    assert mark_of("王芳", "杨凤兰") == "unknown"
