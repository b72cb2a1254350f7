"""Valid dates of every precision, and rule sets by date."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.values.errors import Invalid, Refused
from libs.values.rule_set import SCREENING, AgeSpan, Dated, RuleSet, latest
from libs.values.valid_date import ValidDate, local_date

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(DAYS, DAYS)
def test_the_written_form_reads_back(one: date, other: date) -> None:
    first, last = sorted((one, other))
    for valid in (
        ValidDate.day(one),
        ValidDate.month(one.year, one.month),
        ValidDate.year(one.year),
        ValidDate.interval(first, last),
    ):
        assert ValidDate.parse(str(valid)) == valid
        assert valid.covers(valid.first)
        assert valid.covers(valid.last)


@pytest.mark.parametrize(
    "text", ["", "2017-02-30", "2017-13", "17", "2017-9-4", "0001", "9999-99", "2017/2016", "a/b", "1/2/3", "２０１７"]
)
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        ValidDate.parse(text)
    assert refused.value.code == "valid_date.bad_form"


def test_an_exit_between_two_exports_lies_after_the_first_and_by_the_second() -> None:
    exit_date = ValidDate.after(date(2016, 12, 31), date(2021, 12, 31))
    assert str(exit_date) == "2017-01-01/2021-12-31"
    assert not exit_date.covers(date(2016, 12, 31))
    assert not exit_date.within(date(2017, 1, 1), date(2017, 12, 31))
    assert exit_date.within(date(2017, 1, 1), date(2021, 12, 31))


def test_an_instant_has_the_date_of_shanghai() -> None:
    assert local_date(datetime(2016, 12, 31, 16, 0, tzinfo=UTC)) == date(2017, 1, 1)


def test_an_instant_without_an_offset_has_no_date() -> None:
    with pytest.raises(ValueError, match="offset"):
        local_date(datetime(2016, 12, 31))  # noqa: DTZ001 - that is the point


def test_the_edition_in_force_is_found_by_day() -> None:
    caps = RuleSet(
        "loan.cap",
        (Dated(50_000, date(2002, 1, 1), date(2008, 12, 31), "old"), Dated(80_000, date(2009, 1, 1), None, "new")),
    )
    assert caps.on(date(2008, 12, 31)).value == 50_000
    assert caps.on(date(2016, 5, 1)).source == "new"
    assert latest(caps, [date(2003, 1, 1), date(2010, 1, 1)]).value == 80_000
    with pytest.raises(Refused) as refused:
        caps.on(date(2001, 12, 31))
    assert refused.value.code == "rule_set.none_in_force"


def test_editions_may_not_overlap() -> None:
    with pytest.raises(ValueError, match="overlap"):
        RuleSet("x", (Dated(1, date(2000, 1, 1), None, "a"), Dated(2, date(2001, 1, 1), None, "b")))


def test_ages_are_counted_by_year_as_the_register_does() -> None:
    day = date(2016, 12, 31)
    span = SCREENING.on(day).value
    assert span == AgeSpan(35, 64)
    assert [span.holds(year, day) for year in (1951, 1952, 1981, 1982)] == [False, True, True, False]
