"""The figures of the process: notices by calendar or working days, after-care, lines of years, who keeps it."""

from datetime import UTC, date, datetime

import pytest

from libs.values.errors import Refused
from services.registry.domain.exits.rules import ExitRule, Keepers, after, income_line
from services.registry.handlers.keeping import keepers_of
from services.registry.settings import KeptExits

COUNTY, TOWNSHIP, VILLAGE = "522634000000", "522634103000", "522634103201"


@pytest.mark.parametrize(
    ("rule", "first", "last"),
    [
        (ExitRule(5), date(2016, 12, 5), date(2016, 12, 9)),
        (ExitRule(7), date(2016, 12, 5), date(2016, 12, 11)),
        (ExitRule(7, "working"), date(2016, 12, 5), date(2016, 12, 13)),
        (ExitRule(5, "working"), date(2016, 2, 4), date(2016, 2, 15)),  # 春节, with Saturday 2016-02-06 worked
        (ExitRule(5, "working"), date(2016, 12, 10), date(2016, 12, 16)),  # from a Saturday on: Monday is the first
    ],
)
def test_a_notice_hangs_so_many_days_the_first_included(rule: ExitRule, first: date, last: date) -> None:
    assert rule.notice_until(first) == last


def test_working_days_of_a_year_that_is_not_known_are_never_guessed() -> None:
    with pytest.raises(Refused, match="2031年的放假安排") as refused:
        ExitRule(5, "working").notice_until(date(2031, 5, 6))
    assert refused.value.code == "working_days.year_not_covered"
    assert refused.value.field == "until"
    assert ExitRule(5).notice_until(date(2031, 5, 6)) == date(2031, 5, 10)


@pytest.mark.parametrize(
    ("confirmed", "months", "until"),
    [
        (date(2016, 12, 20), 12, date(2017, 12, 20)),
        (date(2016, 2, 29), 12, date(2017, 2, 28)),
        (date(2016, 8, 31), 18, date(2018, 2, 28)),
        (date(2016, 12, 20), 0, date(2016, 12, 20)),
    ],
)
def test_after_care_lasts_whole_months(confirmed: date, months: int, until: date) -> None:
    assert ExitRule(aftercare_months=months).monitored_until(confirmed) == until


def test_a_last_day_is_over_at_midnight_in_shanghai() -> None:
    assert after(date(2016, 12, 9)) == datetime(2016, 12, 9, 16, tzinfo=UTC)


def test_the_line_is_that_of_the_year_or_a_higher_one() -> None:
    assert income_line(2016, None) == 295_200
    assert income_line(2016, 302_600) == 302_600
    assert income_line(2019, 321_800) == 321_800
    with pytest.raises(Refused, match="没有2019年"):
        income_line(2019, None)
    with pytest.raises(Refused, match="2952"):
        income_line(2016, 285_500)


def test_the_nearest_unit_that_keeps_the_process_that_day_says_how() -> None:
    keepers = keepers_of(
        (
            KeptExits(unit=COUNTY, first=date(2016, 1, 1), last=date(2016, 12, 31), notice_days=5, source="县一"),
            KeptExits(unit=COUNTY, first=date(2017, 1, 1), notice_days=7, source="县二"),
            KeptExits(unit=TOWNSHIP, first=date(2017, 6, 1), counted="working", source="乡"),
        )
    )
    assert keepers.rule(VILLAGE, date(2016, 6, 1)).source == "县一"
    assert keepers.rule(VILLAGE, date(2017, 5, 31)).value.notice_days == 7
    assert keepers.rule(VILLAGE, date(2017, 6, 1)).value.counted == "working"
    for unit, day in ((VILLAGE, date(2015, 1, 1)), ("522601100201", date(2017, 1, 1))):
        with pytest.raises(Refused, match="不自行办理") as refused:
            keepers.rule(unit, day)
        assert refused.value.code == "exits.not_kept"
    with pytest.raises(Refused):
        Keepers().rule(VILLAGE, date(2017, 1, 1))


def test_two_rules_of_one_unit_for_one_day_stop_the_start() -> None:
    both = (
        KeptExits(unit=COUNTY, first=date(2016, 1, 1), source="一"),
        KeptExits(unit=COUNTY, first=date(2017, 1, 1), source="二"),
    )
    with pytest.raises(ValueError, match="overlap"):
        keepers_of(both)
