"""The Chinese working calendar (法定节假日和调休): which days offices work, from the State Council's yearly notices.

The one place that knows the package `chinesecalendar`. A year that it does not hold is said so, never guessed.
"""

from datetime import date, timedelta

from chinese_calendar import is_workday  # type: ignore[import-untyped]

from libs.values.errors import Refused


def works(day: date) -> bool:
    """Whether offices work that day; make-up Saturdays count. Raises Refused `working_days.year_not_covered`."""
    try:
        return bool(is_workday(day))
    except NotImplementedError:  # what the package raises for a year whose notice it does not hold
        raise Refused(
            "working_days.year_not_covered",
            f"没有{day.year}年的放假安排，不能按工作日计算，请直接填写截止日",
            field="until",
            value=str(day.year),
            rule="工作日按国务院办公厅每年公布的放假安排计算",
            right="填写截止日 until，如2016-12-16",
        ) from None


def last_working_day(first: date, days: int) -> date:
    """The day on which the `days`-th working day falls, counted from `first` on, which counts if offices work then."""
    day, left = first, days - works(first)
    while left > 0:
        day += timedelta(days=1)
        left -= works(day)
    return day
