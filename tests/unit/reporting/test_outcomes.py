"""Work found after a course: counted while the course itself stands completed, once a woman, and matching nobody."""

from tests.integration.reporting import samples as s
from tests.unit.reporting.test_women import open_lines, state, told

WORKED = ("employment", "outcome", s.VILLAGES[0], 1)


def test_a_woman_at_work_after_a_completed_course_is_an_outcome_and_no_further_match() -> None:
    book = told(s.registered(1), s.attended(1), s.followed_up(1))
    assert WORKED in open_lines(book)
    found = state(book)
    assert (found.measures, found.classes) == (("employment", "training"), ("development", "outcome"))


def test_an_outcome_alone_matches_nobody() -> None:
    assert not state(told(s.registered(1), s.followed_up(1))).matched


def test_who_found_no_work_or_was_not_reached_is_no_outcome() -> None:
    for result in ("none", "not_reached"):
        assert WORKED not in open_lines(told(s.registered(1), s.attended(1), s.followed_up(1, result=result)))


def test_a_corrected_answer_takes_the_outcome_back() -> None:
    book = told(s.registered(1), s.attended(1), s.followed_up(1), s.followed_up(1, result="none"))
    assert WORKED not in open_lines(book)


def test_a_withdrawn_attendance_takes_its_outcome_along_and_brings_it_back() -> None:
    before = (s.registered(1), s.attended(1), s.followed_up(1), s.withdrawn(1))
    assert WORKED not in open_lines(told(*before))
    assert WORKED in open_lines(told(*before, s.attended(1)))


def test_an_attendance_that_is_not_completed_after_all_has_no_outcome() -> None:
    book = told(s.registered(1), s.attended(1), s.followed_up(1), s.attended(1, completed=False))
    assert WORKED not in open_lines(book)


def test_two_records_of_one_woman_who_both_answered_are_one_outcome() -> None:
    both = (s.registered(1), s.registered(2), s.attended(1), s.attended(2), s.followed_up(1), s.followed_up(2))
    assert open_lines(told(*both)).count(WORKED) == 2
    assert open_lines(told(*both, s.merged(2, 1))).count(WORKED) == 1


def test_an_answer_under_a_merged_record_counts_for_the_survivor_and_goes_back_with_it() -> None:
    apart = (s.registered(1), s.registered(2), s.attended(2), s.followed_up(2))
    merged = told(*apart, s.merged(2, 1))
    assert "employment" in state(merged).measures
    assert "employment" not in state(told(*apart, s.merged(2, 1), s.unmerged(2, 1))).measures
