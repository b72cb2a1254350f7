"""A period is a year, a quarter or a month, with both its days."""

from datetime import date

import pytest

from libs.values.errors import Invalid
from libs.values.period import Period


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2016", date(2016, 1, 1), date(2016, 12, 31)),
        ("2016-Q1", date(2016, 1, 1), date(2016, 3, 31)),
        ("2016-Q4", date(2016, 10, 1), date(2016, 12, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
    ],
)
def test_a_period_has_its_first_and_its_last_day(text: str, first: date, last: date) -> None:
    assert Period.parse(text) == Period(text, first, last)


@pytest.mark.parametrize("text", ["", "2016-Q0", "2016-Q5", "2016-00", "2016-13", "16", "2016-1", "２０１６", "1899"])
def test_what_is_no_period_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        Period.parse(text)
    assert (refused.value.code, refused.value.right) == ("period.bad_form", "2017-Q2")
