"""Which units keep the process of exit themselves, and by which figures; the poverty line of each year; the nine lines.

Figures that differ by place and year are dated and name their source. What is written into an event (the days of a
notice, the end of after-care) stays as it was written, whatever the figures become.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args

from libs.values.division import Division
from libs.values.errors import Refused
from libs.values.rule_set import Dated, RuleSet
from libs.values.valid_date import SHANGHAI
from libs.values.working_days import last_working_day

Counted = Literal["calendar", "working"]
Criterion = Literal[
    "income_source", "housing", "medical_insurance", "schooling", "road", "water", "electricity", "television", "income"
]
CRITERIA: Final[tuple[Criterion, ...]] = get_args(Criterion)
"""The nine lines of the sign-off form (双认定): 收入来源, 住房, 医保, 义务教育, 路, 水, 电, 电视, 人均纯收入."""
REQUIRED: Final[frozenset[Criterion]] = frozenset({"housing", "medical_insurance", "schooling", "water", "income"})
"""Without these no household goes out: income above the line, 两不愁三保障; others may be unmet with a reason."""

LINES: Final[RuleSet[int]] = RuleSet(
    "registry.poverty_line",
    tuple(
        Dated(yuan * 100, date(year, 1, 1), date(year, 12, 31), "国家农村扶贫标准（2010年不变价2300元）当年价")
        for year, yuan in ((2011, 2536), (2012, 2625), (2013, 2736), (2014, 2800), (2015, 2855), (2016, 2952))
    ),
)
"""Yearly income per head in fen; a province may set a higher one."""


@dataclass(frozen=True, slots=True)
class ExitRule:
    """How a unit keeps the process; shares are in percent of the households confirmed in a year."""

    notice_days: int = 5
    counted: Counted = "calendar"
    aftercare_months: int = 12
    township_share: int = 20
    county_share: int = 10

    def notice_until(self, first: date) -> date:
        """The last day of a notice that begins on `first`, which counts.

        Raises Refused `working_days.year_not_covered` where working days of that year are not known.
        """
        if self.counted == "working":
            return last_working_day(first, self.notice_days)
        return first + timedelta(days=self.notice_days - 1)

    def monitored_until(self, confirmed: date) -> date:
        """The last day of after-care: the same day so many months later, or the last of that month."""
        months = confirmed.month - 1 + self.aftercare_months
        year, month = confirmed.year + months // 12, months % 12 + 1
        return date(year, month, min(confirmed.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Keepers:
    """Units that keep the process, each with its dated rule; for all others the poverty office's reports are all."""

    rules: Mapping[str, RuleSet[ExitRule]] = field(default_factory=dict)

    def rule(self, division: str, day: date) -> Dated[ExitRule]:
        """The rule of the nearest unit at or above a village that keeps the process that day.

        Raises Refused `exits.not_kept` where none does.
        """
        for code in _upwards(Division(division)):
            kept = self.rules.get(code)
            found = next((each for each in kept.editions if each.holds_on(day)), None) if kept else None
            if found is not None:
                return found
        raise Refused(
            "exits.not_kept",
            "本单位不自行办理脱贫程序，脱贫以扶贫办通报为准",
            field="household_id",
            rule="只有在设置中列明的单位自行办理退出程序",
            right="导入脱贫名单，或登记扶贫办通报的脱贫",
        )


def line_of(year: int) -> Dated[int] | None:
    """The nation's line of a year with its source; None where no source is known: years are never interpolated."""
    day = date(year, 1, 1)
    return next((each for each in LINES.editions if each.holds_on(day)), None)


def income_line(year: int, given: int | None) -> int:
    """The line of a year in fen: the nation's, or a higher one that is given.

    Raises Refused `exits.line_unknown` for a year without a known line when none is given, `exits.line_too_low`.
    """
    line = line_of(year)
    known = line.value if line else None
    if known is None and given is None:
        raise Refused(
            "exits.line_unknown",
            f"系统没有{year}年的扶贫标准，请填写当年标准",
            field="line_fen",
            value=str(year),
            rule="人均纯收入与当年扶贫标准比较",
            right="以分为单位填写，如2016年填295200",
        )
    if known is not None and given is not None and given < known:
        raise Refused(
            "exits.line_too_low",
            f"当年扶贫标准不得低于国家标准{known // 100}元",
            field="line_fen",
            value=str(given),
            rule="各省标准可以高于国家标准，不得低于国家标准",
            right=f"{known}或更高",
        )
    return given if given is not None else known or 0


def after(day: date) -> datetime:
    """The first moment after a day in Asia/Shanghai: when what lasts until that day is over."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


def _upwards(division: Division) -> Sequence[str]:
    found: list[str] = []
    unit: Division | None = division
    while unit is not None:
        found.append(unit.code)
        unit = unit.parent
    return found
