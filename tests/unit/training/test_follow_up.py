"""What became of a woman after a course: when she may be asked, what an answer needs, tries, corrections."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from libs.events.personal import Personal
from libs.events.testing.given import given
from libs.values.errors import Invalid, Refused
from services.training.domain.follow_up import FollowUpRecorded, RecordFollowUp, Said, follow_up
from services.training.policies import income_band, months_after
from tests.unit.training.samples import COUNTY, COURSE, FACTS, TOWNSHIP, WOMAN

TODAY = date(2018, 3, 1)
AT_WORK = Said(3, date(2017, 8, 20), "employed", "workshop", "in_county", 180_000)
MISSED = Said(3, date(2017, 8, 20), "not_reached", next_try=date(2017, 8, 27))
NOTE = Personal(WOMAN, "在丈夫的店里", "training")


def ask(said: Said = AT_WORK, **changes: Any) -> RecordFollowUp:
    command = RecordFollowUp(
        WOMAN, COURSE, WOMAN, TOWNSHIP, COUNTY, last_day=FACTS.last_day, completed=True, today=TODAY, said=said
    )
    return replace(command, **changes)


def recorded(said: Said = AT_WORK, tries: int = 0) -> FollowUpRecorded:
    return FollowUpRecorded(WOMAN, COURSE, WOMAN, TOWNSHIP, COUNTY, said, tries)


def test_an_answer_is_recorded_with_the_unit_that_asked() -> None:
    given(follow_up).when(ask()).then(recorded())


def test_the_same_answer_again_changes_nothing() -> None:
    given(follow_up, recorded()).when(ask()).then_nothing()


def test_a_correction_is_a_new_event() -> None:
    corrected = replace(AT_WORK, monthly_income_fen=200_000)
    given(follow_up, recorded()).when(ask(corrected)).then(recorded(corrected))


def test_a_note_added_later_is_kept() -> None:
    given(follow_up, recorded()).when(ask(note=NOTE)).then(replace(recorded(), note=NOTE))


def test_three_and_six_months_are_asked_apart() -> None:
    later = replace(AT_WORK, after_months=6, on=date(2017, 11, 20))
    given(follow_up, recorded()).when(ask(later)).then(recorded(later))


def test_who_did_not_complete_the_course_is_not_asked() -> None:
    given(follow_up).when(ask(completed=False)).then_refused(Refused, "没有完成")


@pytest.mark.parametrize("day", [date(2017, 7, 17), date(2018, 3, 2)])
def test_a_day_too_early_or_ahead_is_refused(day: date) -> None:
    given(follow_up).when(ask(replace(AT_WORK, on=day))).then_refused(Invalid, str(day))


def test_the_earliest_day_is_thirty_days_before_the_month() -> None:
    first = replace(AT_WORK, on=date(2017, 7, 18))
    given(follow_up).when(ask(first)).then(recorded(first))


def test_other_months_are_refused_with_the_months_of_the_rule() -> None:
    given(follow_up).when(ask(replace(AT_WORK, after_months=4))).then_refused(Invalid, "3、6")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"employer_kind": None}, "employer_kind"),
        ({"work_place": None}, "work_place"),
        ({"result": "self_employed"}, "employer_kind"),
        ({"result": "none", "employer_kind": None}, "work_place"),
        ({"result": "none", "employer_kind": None, "work_place": None}, "monthly_income_fen"),
    ],
)
def test_employer_place_and_income_fit_the_answer(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        follow_up.decide(follow_up.initial, ask(replace(AT_WORK, **changes)))
    assert (refused.value.code, refused.value.field) == ("training.follow_up_work", field)


@pytest.mark.parametrize(
    "said", [replace(MISSED, next_try=None), replace(MISSED, next_try=MISSED.on), replace(AT_WORK, next_try=TODAY)]
)
def test_a_next_try_stands_where_and_only_where_she_was_not_reached(said: Said) -> None:
    given(follow_up).when(ask(said)).then_refused(Invalid, "再次回访日期")


def test_after_three_tries_nobody_has_to_try_again() -> None:
    days = [date(2017, 8, 20), date(2017, 8, 27), date(2017, 9, 3)]
    before = [recorded(replace(MISSED, on=day, next_try=TODAY), tries) for tries, day in enumerate(days[:2], 1)]
    last = replace(MISSED, on=days[2], next_try=None)
    given(follow_up, *before).when(ask(last)).then(recorded(last, 3))
    given(follow_up, *before[:1]).when(ask(last)).then_refused(Invalid, "再次回访日期")


def test_a_missed_day_counts_once_and_not_at_all_when_she_was_met_after_all() -> None:
    again = replace(MISSED, next_try=date(2017, 9, 9))
    given(follow_up, recorded(MISSED, 1)).when(ask(again)).then(recorded(again, 1))
    given(follow_up, recorded(MISSED, 1)).when(ask(AT_WORK)).then(recorded(AT_WORK, 0))


def test_a_month_ends_where_the_later_month_is_shorter() -> None:
    assert months_after(date(2016, 11, 30), 3) == date(2017, 2, 28)
    assert months_after(date(2017, 9, 17), 6) == date(2018, 3, 17)


def test_an_income_is_told_as_a_band() -> None:
    told = [income_band(each) for each in (None, 0, 99_999, 100_000, 299_999, 10_000_000)]
    assert told == [None, "under_1000", "under_1000", "1000_to_1999", "2000_to_2999", "5000_up"]
