"""For which period a sheet speaks, from the lines above its table: 2017年第三季度, 2017年上半年, 2017年7月, 2017年."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

from libs.rosters.cells import Cell
from libs.rosters.sheet import Sheet
from libs.values.errors import Invalid
from libs.values.texts import narrowed, trimmed

_PERIOD: Final = re.compile(r"([0-9]{4})年?(?:度)?(?:(第?[一二三四1-4]季度)|([上下]半年)|(1[0-2]|0?[1-9])月)?")
_QUARTERS: Final = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_DAY: Final = re.compile(r"(?:(?P<year>[0-9]{4})[年./-])?(?P<month>[0-9]{1,2})[月./-](?P<day>[0-9]{1,2})日?")
RIGHT: Final = "2017年第三季度"


@dataclass(frozen=True, slots=True)
class SheetPeriod:
    """From `first` to `last`, both inclusive; `label` without its year, as the sheet writes it."""

    label: str
    first: date
    last: date


def period_of(sheet: Sheet) -> SheetPeriod:
    """Raises Invalid `outreach.no_period` naming the file, the sheet and the right form."""
    for _, line in sheet.preface:
        found = _PERIOD.search(narrowed(line))
        if found is not None:
            return _period(found)
    raise Invalid(
        "outreach.no_period",
        f"文件“{sheet.file}”工作表“{sheet.name}”：表头上方没有写明年份和期间，应写成“{RIGHT}”",
        field="期间",
        rule="表头上方写明年份和季度、半年或月",
        right=RIGHT,
    )


def day_of(cell: Cell, period: SheetPeriod) -> date | None:
    """The day in a cell; one without a year is of the period's. None for what is no day."""
    if isinstance(cell.value, date):
        return cell.value
    found = _DAY.fullmatch(trimmed(narrowed(cell.text)))
    if found is None:
        return None
    try:
        return date(int(found["year"] or period.first.year), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _period(found: "re.Match[str]") -> SheetPeriod:
    year, quarter, half, month = int(found[1]), found[2], found[3], found[4]
    first, last = 1, 12
    label = f"{year}年"
    if quarter:
        first = 3 * _QUARTERS[quarter.removeprefix("第")[0]] - 2
        last, label = first + 2, quarter
    elif half:
        first, last, label = (1, 6, half) if half[0] == "上" else (7, 12, half)
    elif month:
        first = last = int(month)
        label = f"{first}月"
    return SheetPeriod(label, date(year, first, 1), date(year, last, monthrange(year, last)[1]))
