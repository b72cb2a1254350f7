"""How facts of one woman become her state: matched, exits, lifts, returns, merges. No database."""

from datetime import date

import pytest

from libs.events.contract import Contract
from libs.values.target_group import TargetGroup
from services.reporting.domain.aliases import Aliases
from services.reporting.domain.book import Book, Numbered
from services.reporting.domain.mapping import BY_TYPE
from services.reporting.domain.women import State
from tests.integration.reporting import samples as s


def told(*bodies: Contract) -> Book:
    """A book after these facts, in this order."""
    book = Book(Aliases(), {}, {}, [])
    for number, body in enumerate(bodies, start=1):
        row = BY_TYPE[body.type]
        event_id = s.an_id("event", number)
        book.take(Numbered(number, number, event_id, body.topic, row, s.key_of(body), body.model_dump(mode="json")))
    return book


def state(book: Book, woman: int = 1) -> State:
    found = book.states.value(s.an_id("woman", woman))
    assert found is not None
    return found


def open_lines(book: Book) -> list[tuple[str, str, str | None, int]]:
    """What the ledger says in sum: kind, phase, unit, quantity of the lines that nothing has reversed."""
    reversed_places = {each.reverses for each in book.lines}
    held = [each.line for each in book.lines if each.reverses is None and each.place not in reversed_places]
    return sorted((line.measure_kind, line.phase, line.unit, line.quantity) for line in held)


# matched


def test_a_day_of_training_makes_her_matched_by_development() -> None:
    found = state(told(s.registered(1), s.attended(1)))
    assert (found.matched, found.measures, found.classes) == (True, ("training",), ("development",))


def test_without_a_day_attended_nothing_has_started() -> None:
    assert not state(told(s.registered(1), s.attended(1, days=0))).matched


def test_a_withdrawn_attendance_matches_no_longer() -> None:
    book = told(s.registered(1), s.attended(1), s.withdrawn(1))
    assert not state(book).matched
    assert open_lines(book) == [("register", "not_exited", s.VILLAGES[0], 0)]


def test_withdrawing_one_class_leaves_the_other() -> None:
    assert state(told(s.registered(1), s.attended(1, 1), s.attended(1, 2), s.withdrawn(1, 1))).matched


def test_a_later_attendance_of_the_same_class_replaces_the_earlier() -> None:
    book = told(s.registered(1), s.attended(1, days=3), s.attended(1, days=5, completed=False))
    assert ("training", "started", s.VILLAGES[0], 5) in open_lines(book)
    assert len(open_lines(book)) == 2


def test_a_correction_is_a_reversing_line_and_a_new_one() -> None:
    book = told(s.registered(1), s.attended(1, days=3), s.attended(1, days=5))
    training = [(each.sign, each.line.quantity) for each in book.lines if each.line.measure_kind == "training"]
    assert training == [(1, 3), (-1, 3), (1, 5)]


def test_the_same_fact_again_writes_no_line() -> None:
    once = told(s.registered(1), s.attended(1))
    twice = told(s.registered(1), s.attended(1), s.attended(1))
    assert len(once.lines) == len(twice.lines)


# unit then


def test_an_act_stays_with_the_village_of_its_day() -> None:
    book = told(s.registered(1), s.attended(1), s.changed(1, s.VILLAGES[2], as_of=date(2021, 12, 31)))
    assert state(book).division == s.VILLAGES[2]
    assert ("training", "delivered", s.VILLAGES[0], 3) in open_lines(book)


def test_an_act_told_after_a_move_goes_to_the_village_of_its_day() -> None:
    book = told(s.registered(1), s.changed(1, s.VILLAGES[2], as_of=date(2021, 12, 31)), s.attended(1))
    assert ("training", "delivered", s.VILLAGES[0], 3) in open_lines(book)


def test_a_move_that_is_told_late_takes_the_act_along() -> None:
    book = told(s.registered(1), s.attended(1), s.changed(1, s.VILLAGES[2], as_of=date(2017, 3, 1)))
    assert ("training", "delivered", s.VILLAGES[2], 3) in open_lines(book)


def test_an_act_of_a_woman_not_known_yet_waits_for_her_village() -> None:
    unknown = told(s.attended(1))
    assert open_lines(unknown) == [("training", "delivered", None, 3)]
    assert unknown.states.value(s.an_id("woman", 1)) is None
    known = told(s.attended(1), s.registered(1))
    assert open_lines(known) == open_lines(told(s.registered(1), s.attended(1)))
    assert state(known).matched


# exits, lifts, returns


@pytest.mark.parametrize("valid", ["2018-05-01", "2018-05", "2018", "2016-12-31/2021-12-31"])
def test_an_exit_valid_after_the_baseline_is_a_lift(valid: str) -> None:
    found = state(told(s.registered(1), s.exited(1, valid)))
    assert (found.status, found.lifted, found.baseline_exit) == ("exited", True, False)


@pytest.mark.parametrize("valid", ["2016-12-31", "2016-12", "2016", "2015-01-01/2016-06-30"])
def test_an_exit_not_after_the_baseline_is_no_lift(valid: str) -> None:
    assert not state(told(s.registered(1), s.exited(1, valid))).lifted


def test_a_baseline_exit_is_never_a_lift() -> None:
    found = state(told(s.registered(1, status="exited", baseline_exit=True), s.attended(1)))
    assert (found.baseline_exit, found.lifted, found.matched) == (True, False, True)


def test_a_return_takes_the_lift_back() -> None:
    found = state(told(s.registered(1), s.exited(1, "2018"), s.returned(1, "2019")))
    assert (found.status, found.lifted, found.returned) == ("returned", False, True)


def test_an_exit_after_a_return_is_a_lift_again() -> None:
    assert state(told(s.registered(1), s.exited(1, "2018"), s.returned(1, "2019"), s.exited(1, "2020"))).lifted


def test_an_exit_told_after_a_later_return_changes_nothing_now() -> None:
    found = state(told(s.registered(1), s.returned(1, "2019"), s.exited(1, "2018")))
    assert (found.status, found.lifted) == ("returned", False)


def test_the_register_of_a_later_day_has_the_last_word_on_her_status() -> None:
    found = state(told(s.registered(1), s.exited(1, "2018"), s.changed(1, status="not_exited")))
    assert (found.status, found.lifted) == ("not_exited", False)


def test_her_group_is_that_of_her_latest_register() -> None:
    earlier = s.registered(1, birth_year=1950, as_of=date(2015, 12, 31))
    later = s.changed(1, birth_year=1950, as_of=date(2021, 12, 31))
    assert state(told(earlier)).target_group is TargetGroup.ABLE_ADULT
    assert state(told(earlier, later)).target_group is TargetGroup.ELDER


def test_an_erased_woman_still_counts() -> None:
    assert state(told(s.registered(1), s.attended(1), s.erased(1))).matched


# merges


def test_a_merged_woman_counts_once_with_the_measures_of_both_records() -> None:
    book = told(s.registered(1), s.registered(2, s.VILLAGES[2]), s.attended(2), s.merged(2, 1))
    assert state(book, 1).matched
    assert book.states.value(s.an_id("woman", 2)) is None
    assert open_lines(book) == [
        ("register", "not_exited", s.VILLAGES[0], 0),
        ("training", "delivered", s.VILLAGES[2], 3),
    ]


def test_a_class_known_under_both_records_is_one_attendance() -> None:
    book = told(s.registered(1), s.registered(2), s.attended(1, days=2), s.attended(2, days=4), s.merged(2, 1))
    assert [line for line in open_lines(book) if line[0] == "training"] == [
        ("training", "delivered", s.VILLAGES[0], 2),
    ]


def test_an_unmerge_gives_everything_back() -> None:
    before = told(s.registered(1), s.registered(2), s.attended(1), s.attended(2, days=5))
    after = told(
        s.registered(1), s.registered(2), s.attended(1), s.attended(2, days=5), s.merged(2, 1), s.unmerged(2, 1)
    )
    assert open_lines(after) == open_lines(before)
    assert [state(after, n) for n in (1, 2)] == [state(before, n) for n in (1, 2)]


def test_facts_of_the_merged_record_that_come_later_are_hers() -> None:
    book = told(s.registered(1), s.merged(2, 1), s.registered(2, s.VILLAGES[2]), s.attended(2))
    assert state(book, 1).matched
    assert book.states.value(s.an_id("woman", 2)) is None


def test_an_exit_known_under_both_records_is_one_exit() -> None:
    book = told(s.registered(1), s.registered(2), s.exited(1), s.exited(2), s.merged(2, 1))
    assert [line[0] for line in open_lines(book)] == ["exit", "register"]
    assert state(book).lifted


def test_merges_in_a_chain_lead_to_the_last_survivor() -> None:
    book = told(s.registered(1), s.registered(2), s.registered(3), s.merged(3, 2), s.merged(2, 1), s.attended(3))
    assert state(book, 1).matched
    assert [book.states.value(s.an_id("woman", n)) for n in (2, 3)] == [None, None]
