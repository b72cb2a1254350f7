"""The days of a sign-in sheet: which columns are which day, however an office heads them.

In one row: 9月4日, 9.4, 2016/9/4, 09-04, an Excel date, 第1天, 9月4日上午. In two: months over days, a day over 上午
and 下午, 出勤情况 over numbers; the lower row stands above or below the row with 姓名, as the cells were merged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from libs.rosters.cells import Cell, RawRow
from libs.rosters.columns import HeaderCell
from libs.rosters.sheet import Sheet
from libs.values.texts import folded

_DATE: Final = re.compile(
    r"(?:(?P<year>[0-9]{4})[年./-])?(?P<month>[0-9]{1,2})[月./-](?P<day>[0-9]{1,2})[日号]?"
    r"[(]?(?:(?:周|星期|礼拜)[一二三四五六日天])?[)]?"
)
_MONTH: Final = re.compile(r"(?:[0-9]{4}年)?(?P<month>[0-9]{1,2})月份?")
_NUMBER: Final = re.compile(r"(?P<number>[0-9]{1,2})[日号]?")
_NTH: Final = re.compile(r"第(?P<nth>[0-9]{1,2}|[一二三四五六七八九十]{1,3})[天日次课]")
_PART: Final = re.compile(r"上午|下午|晚上|早上|中午|全天")
_OVER: Final = re.compile(r"(出勤|签到|考勤|培训|上课)(情况|记录|日期|时间|签名|签字)?|日期|时间")
_DIGITS: Final = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Heading:
    """What one heading says of a day: a date, a month or a number alone, the nth day, a part of a day."""

    month: int | None = None
    day: int | None = None
    number: int | None = None
    nth: int | None = None
    part: str = ""

    @property
    def key(self) -> tuple[int, int] | None:
        """Which day it is: month and day, or 0 and the nth; None while it is no whole day."""
        if self.month is not None and self.day is not None:
            return self.month, self.day
        return (0, self.nth) if self.nth is not None else None

    def over(self, lower: "Heading") -> "Heading":
        """Both together, this one above."""
        day = self.day if self.day is not None else lower.number
        found = replace(self, day=day) if self.month is not None else self
        return replace(found, part=self.part or lower.part)


@dataclass(frozen=True, slots=True)
class Part:
    """A column of a day, by the words over it."""

    cell: HeaderCell
    label: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the class, with a column or, in halves, several."""

    key: tuple[int, int]
    label: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """The days in the order of their columns; `skip` is the row under the header that belongs to it, if one does."""

    days: tuple[Day, ...] = ()
    skip: int | None = None


def read_heading(text: str) -> Heading | None:
    """None for a heading that says nothing of a day."""
    words = folded(text)
    part = _PART.search(words)
    rest = _PART.sub("", words)
    if not rest:
        return Heading(part=part[0]) if part else None
    found = _heading(rest)
    return replace(found, part=part[0]) if found is not None and part else found


def _heading(text: str) -> Heading | None:
    if found := _DATE.fullmatch(text):
        month, day = int(found["month"]), int(found["day"])
        return Heading(month=month, day=day) if 1 <= month <= 12 and 1 <= day <= 31 else None
    if found := _MONTH.fullmatch(text):
        month = int(found["month"])
        return Heading(month=month) if 1 <= month <= 12 else None
    if found := _NTH.fullmatch(text):
        return Heading(nth=_count(found["nth"]))
    if found := _NUMBER.fullmatch(text):
        number = int(found["number"])
        return Heading(number=number) if 1 <= number <= 31 else None
    return None


def _count(text: str) -> int:
    """三 → 3, 十二 → 12, 二十 → 20."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.find(tens) + 1 or 1) * 10 * bool(ten) + _DIGITS.find(ones) + 1


def find_days(sheet: Sheet) -> Days:
    """The days of a sheet, by the row of its header and, where they are headed in two rows, the one above or below."""
    header = sheet.header_rows[-1]
    above = sheet.header_rows[-2] if len(sheet.header_rows) > 1 else RawRow(0, ())
    below = next((raw for raw in islice(sheet.grid.rows(), sheet.header_row + 1) if raw.number > header.number), None)
    named = {column.index for column in sheet.columns if column.name is not None}
    columns = _Columns(named)
    if below is not None and _heads_days(below, header, named) and (days := columns.of(header, below)):
        return Days(days, below.number)
    return Days(columns.of(above, header) or columns.of(RawRow(0, ()), header))


def _heads_days(below: RawRow, header: RawRow, named: set[int]) -> bool:
    """Whether the row under the header names nobody, and only says more of what is headed as days."""
    filled = {index: cell for index, cell in enumerate(below.cells) if not cell.blank}
    if not filled or named & filled.keys():
        return False
    return all(_says_more(_at(header.cells, index), cell) for index, cell in filled.items())


def _says_more(upper: Cell | None, lower: Cell) -> bool:
    """A number or a date under a month, an 出勤情况 or the rest of a merged cell; a part of a day under a day."""
    under = read_heading(lower.text)
    if under is None or upper is None or upper.blank:
        return under is not None
    over = read_heading(upper.text)
    if over is None:
        return _OVER.fullmatch(folded(upper.text)) is not None
    return over.key is None or bool(under.part)


class _Columns:
    """The columns of a sheet that we have no name for."""

    def __init__(self, named: set[int]) -> None:
        self._named = named

    def of(self, upper: RawRow, lower: RawRow) -> tuple[Day, ...]:
        """The days that two rows of headings mean together; the upper one may be empty."""
        days: dict[tuple[int, int], Day] = {}
        last: tuple[int, int] | None = None
        for index, label, cell, heading in self._headings(upper, lower):
            key = heading.key
            if key is None:
                continue
            key = _tens(key, cell, last)
            last = key
            part = Part(HeaderCell(index, label, None), label)
            known = days.get(key)
            days[key] = Day(key, known.label if known else label, (*known.parts, part) if known else (part,))
        return tuple(days.values())

    def _headings(self, upper: RawRow, lower: RawRow) -> Iterator[tuple[int, str, Cell, Heading]]:
        over = ""
        for index, cell in enumerate(lower.cells):
            above = _at(upper.cells, index)
            if index in self._named:
                over = ""
                continue
            over = above.text if above is not None and not above.blank else over
            heading = _both(over, "" if cell.merged else cell.text)
            if heading is not None:
                written = dict.fromkeys(text.strip() for text in (over, cell.text) if text.strip())
                yield index, " ".join(written), cell, heading


def _at(cells: Sequence[Cell], index: int) -> Cell | None:
    return cells[index] if index < len(cells) else None


def _both(over: str, under: str) -> Heading | None:
    """What a heading and the one above it say together; the lower one alone where it is a day by itself."""
    upper, lower = read_heading(over), read_heading(under)
    if lower is not None and lower.key is not None:
        return lower
    if upper is not None and (lower is not None or not under.strip()):
        return upper.over(lower or Heading())
    if lower is not None and lower.number is not None and _OVER.fullmatch(folded(over)):
        return replace(lower, nth=lower.number)
    return None


def _tens(key: tuple[int, int], cell: Cell, last: tuple[int, int] | None) -> tuple[int, int]:
    """Excel keeps 9.10 as the number 9.1: behind 9.9 it is the tenth."""
    month, day = key
    turned = cell.kind == "number" and "." in cell.text and last is not None and last >= key and day * 10 <= 31
    return (month, day * 10) if turned else key
