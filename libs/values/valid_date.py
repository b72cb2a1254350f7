"""When something happened, as exactly as it is known: a day, a month, a year or an interval."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from libs.values.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
Precision = Literal["day", "month", "year", "interval"]

_FORM = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)


def local_date(instant: datetime) -> date:
    """The day in Asia/Shanghai of an instant; raises ValueError for one without an offset."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(SHANGHAI).date()


@dataclass(frozen=True, slots=True)
class ValidDate:
    """From `first` to `last`, both inclusive. Written `2017-09-04`, `2017-09`, `2017` or `2016-12-31/2021-12-31`."""

    first: date
    last: date
    precision: Precision

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise _bad(f"{self.first}/{self.last}")

    @classmethod
    def day(cls, day: date) -> "ValidDate":
        """One known day."""
        return cls(day, day, "day")

    @classmethod
    def month(cls, year: int, month: int) -> "ValidDate":
        """Some day of that month."""
        return cls(date(year, month, 1), date(year, month, monthrange(year, month)[1]), "month")

    @classmethod
    def year(cls, year: int) -> "ValidDate":
        """Some day of that year."""
        return cls(date(year, 1, 1), date(year, 12, 31), "year")

    @classmethod
    def interval(cls, first: date, last: date) -> "ValidDate":
        """Some day between two days, both inclusive."""
        return cls(first, last, "interval")

    @classmethod
    def after(cls, known_not_yet: date, known_by: date) -> "ValidDate":
        """Not yet on the first day, true by the second: the half-open (a, b] between two exports."""
        return cls.interval(known_not_yet + timedelta(days=1), known_by)

    @classmethod
    def parse(cls, text: str) -> "ValidDate":
        """The written form. Raises Invalid `valid_date.bad_form`."""
        parts = text.split("/")
        if len(parts) == 1:
            return _single(text)
        if len(parts) == 2:
            return cls.interval(_single(parts[0]).first, _single(parts[1]).last)
        raise _bad(text)

    def covers(self, day: date) -> bool:
        """Whether it may have happened on that day."""
        return self.first <= day <= self.last

    def within(self, first: date, last: date) -> bool:
        """Whether it surely happened between two days; an interval across a period's edge did not."""
        return first <= self.first and self.last <= last

    def __str__(self) -> str:
        match self.precision:
            case "day":
                return self.first.isoformat()
            case "month":
                return f"{self.first:%Y-%m}"
            case "year":
                return f"{self.first.year:04d}"
            case "interval":
                return f"{self.first.isoformat()}/{self.last.isoformat()}"


def _single(text: str) -> ValidDate:
    found = _FORM.fullmatch(text)
    if found is None:
        raise _bad(text)
    year, month, day = found.groups()
    if not 1900 <= int(year) <= 2999:
        raise _bad(text)
    try:
        if day is not None:
            return ValidDate.day(date(int(year), int(month), int(day)))
        if month is not None:
            return ValidDate.month(int(year), int(month))
    except ValueError:
        raise _bad(text) from None
    return ValidDate.year(int(year))


def _bad(text: str) -> Invalid:
    return Invalid(
        "valid_date.bad_form",
        f"日期“{text[:30]}”不正确，应为2017-09-04、2017-09、2017或2016-12-31/2021-12-31",
        field="date",
        value=text[:30],
        rule="年月日真实存在，起始不晚于终止",
        right="2017-09-04",
    )
