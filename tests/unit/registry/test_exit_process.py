"""The exit of a household: every step that may be taken, every one that may not, and what never happens."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given as draws
from hypothesis import settings
from hypothesis import strategies as st

from libs.events.testing import given
from libs.values.errors import Conflict, DomainError, Invalid, NotFound, Refused
from services.registry.domain.exits import commands as c
from services.registry.domain.exits import events as e
from services.registry.domain.exits.process import exit_process
from services.registry.domain.exits.rules import CRITERIA
from services.registry.domain.exits.state import ALLOWED, Over, Running, step_of
from tests.unit.registry import exit_samples as x

PLACES = [place for place in x.WAYS if place != "nothing"]
NEXT = {
    ("proposed", "check"): "checked",
    ("checked", "agree"): "agreed",
    ("agreed", "notice"): "noticed",
    ("noticed", "interrupt"): "agreed",
    ("noticed", "object"): "noticed",
    ("notice_ended", "object"): "notice_ended",
    ("notice_ended", "township_check"): "township_checked",
    ("township_checked", "confirm"): "monitored",
    ("monitored", "return"): "returned",
    ("closed", "return"): "returned",
    **{(step, "refuse"): "refused" for step in list(ALLOWED)[:6]},
    **{(step, "withdraw"): "withdrawn" for step in list(ALLOWED)[:6]},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("action", x.ACTIONS)
def test_a_step_is_taken_where_it_is_open_and_refused_everywhere_else(place: str, action: str) -> None:
    events = x.at(place)
    state = exit_process.fold(events)
    assert not isinstance(state, type(exit_process.initial))
    assert step_of(state) == place
    told = given(exit_process, *events).when(x.ACTIONS[action]())
    if (place, action) not in NEXT:
        told.then_refused(Conflict, "exits.not_now")
        assert told.refusal is not None
        assert told.refusal.right == ("、".join(ALLOWED[step_of(state)]) or "none"), "says what may be done now"
        return
    assert told.refusal is None, told.refusal
    after = exit_process.fold(told.events, state)
    assert isinstance(after, Running | Over)
    assert step_of(after) == NEXT[place, action]


def test_the_table_of_steps_says_what_the_rules_do() -> None:
    said = {(step, action) for step, actions in ALLOWED.items() for action in actions if action != "decide"}
    assert said == set(NEXT)


@pytest.mark.parametrize("action", x.ACTIONS)
def test_nothing_can_be_done_with_an_exit_that_nobody_proposed(action: str) -> None:
    given(exit_process).when(x.ACTIONS[action]()).then_refused(NotFound, "common.not_found")


@pytest.mark.parametrize("place", PLACES)
def test_one_id_is_proposed_once(place: str) -> None:
    given(exit_process, *x.at(place)).when(x.PROPOSE).then_refused(Conflict, "exits.proposed_already")


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"lines": {}}, Invalid, "exits.lines_missing"),
        ({"lines": {**dict.fromkeys(CRITERIA), "road": " "}}, Invalid, "exits.line_without_reason"),
        ({"lines": {**dict.fromkeys(CRITERIA), "water": "水窖没修好"}}, Refused, "exits.line_not_met"),
        ({"income_fen": 295_199}, Refused, "exits.income_below_line"),
        ({"assessed_fen": 320_001, "income_reason": " "}, Refused, "exits.income_differs"),
        ({"women": ()}, Refused, "exits.nobody"),
    ],
)
def test_a_form_that_does_not_hold_is_refused(change: dict[str, object], kind: type[DomainError], code: str) -> None:
    form = replace(x.FORM, **change)  # type: ignore[arg-type]
    given(exit_process).when(replace(x.PROPOSE, proposal=form)).then_refused(kind, code)


def test_a_line_that_does_not_bar_the_exit_is_kept_with_its_reason_sealed() -> None:
    form = replace(x.FORM, lines={**dict.fromkeys(CRITERIA), "television": "自愿不装"})
    told = given(exit_process).when(replace(x.PROPOSE, proposal=form))
    [proposed] = told.events
    assert proposed.unmet == ("television",)
    assert proposed.personal["television"].value == "自愿不装"
    assert proposed.personal["television"].subject == x.HOUSEHOLD
    assert "自愿不装" not in repr(proposed)


@pytest.mark.parametrize(
    ("place", "command", "code"),
    [
        ("proposed", replace(x.CHECK, on=date(2016, 11, 30)), "exits.before_step"),
        ("proposed", replace(x.CHECK, on=date(2017, 3, 2)), "exits.in_the_future"),
        ("notice_ended", replace(x.TOWNSHIP, on=x.UNTIL), "exits.before_step"),
        ("noticed", replace(x.OBJECT, on=date(2016, 12, 10)), "exits.objection_late"),
        ("noticed", replace(x.OBJECT, on=date(2016, 12, 4)), "exits.objection_late"),
        ("agreed", replace(x.HANG_OUT, until=date(2016, 12, 4)), "exits.notice_dates"),
        ("checked", replace(x.DECLINE, reason=" "), "exits.reason_missing"),
        ("noticed", replace(x.INTERRUPT, reason=""), "exits.reason_missing"),
        ("agreed", replace(x.WITHDRAW, reason=""), "exits.reason_missing"),
        ("township_checked", replace(x.CONFIRM, women=()), "exits.already_out"),
        ("monitored", x.SETTLE, "exits.no_difference"),
    ],
)
def test_what_is_said_wrongly_is_refused(place: str, command: c.Command, code: str) -> None:
    given(exit_process, *x.at(place)).when(command).then_refused(DomainError, code)


def test_an_objection_that_is_not_decided_holds_the_process_up() -> None:
    lodged = (*x.WAYS["noticed"], x.OBJECT, x.END_NOTICE)
    given(exit_process, *x.history(*lodged)).when(x.TOWNSHIP).then_refused(Conflict, "exits.objection_pending")
    late = replace(x.REJECT, on=date(2016, 12, 11))
    assert given(exit_process, *x.history(*lodged, late)).when(x.TOWNSHIP).refusal is None


def test_an_objection_that_is_upheld_ends_the_process() -> None:
    told = given(exit_process, *x.history(*x.WAYS["noticed"], x.OBJECT)).when(x.UPHOLD)
    assert [type(event) for event in told.events] == [e.ObjectionDecided, e.ExitRefused]
    assert told.events[1].kind == "objection_upheld"


def test_the_same_objection_and_the_same_decision_again_change_nothing() -> None:
    lodged = x.history(*x.WAYS["noticed"], x.OBJECT)
    given(exit_process, *lodged).when(x.OBJECT).then_nothing()
    given(exit_process, *lodged, *exit_process.decide(exit_process.fold(lodged), x.REJECT)).when(
        x.REJECT
    ).then_nothing()
    unknown = replace(x.REJECT, objection_id=UUID(int=99))
    given(exit_process, *lodged).when(unknown).then_refused(NotFound, "common.not_found")


def test_an_interrupted_notice_starts_anew_and_its_old_timer_says_nothing() -> None:
    cut = x.history(*x.WAYS["noticed"], x.INTERRUPT)
    again = replace(x.HANG_OUT, first=date(2016, 12, 6), until=date(2016, 12, 10))
    given(exit_process, *cut).when(x.END_NOTICE).then_nothing()
    hung = [*cut, *exit_process.decide(exit_process.fold(cut), again)]
    assert isinstance(hung[-1], e.NoticeStarted)
    assert hung[-1].turn == 2
    given(exit_process, *hung).when(x.END_NOTICE).then_nothing()
    given(exit_process, *hung).when(c.EndNotice(x.PROCESS, 1, date(2016, 12, 10))).then_nothing()
    ended = e.NoticeEnded(x.PROCESS, 2, date(2016, 12, 10))
    given(exit_process, *hung).when(c.EndNotice(x.PROCESS, 2, date(2016, 12, 10))).then(ended)


@pytest.mark.parametrize("place", x.WAYS)
def test_the_clock_ends_only_what_it_is_set_for(place: str) -> None:
    ends_notice = [e.NoticeEnded(x.PROCESS, 1, x.UNTIL)] if place == "noticed" else []
    given(exit_process, *x.at(place)).when(x.END_NOTICE).then(*ends_notice)
    closes = [e.ExitClosed(x.PROCESS, x.AFTERCARE)] if place == "monitored" else []
    given(exit_process, *x.at(place)).when(x.CLOSE).then(*closes)


@pytest.mark.parametrize("place", x.WAYS)
def test_the_offices_exit_in_between_ends_the_process_and_is_a_difference(place: str) -> None:
    told = given(exit_process, *x.at(place)).when(x.OFFICE_OUT)
    running = place in list(ALLOWED)[:6]
    expected = [
        e.ExitOvertaken(x.PROCESS, "office", place),
        e.DifferenceFound(x.PROCESS, "exited", "2016-12", "poverty_office", place),
    ]
    told.then(*(expected if running else ()))


@pytest.mark.parametrize("place", x.WAYS)
def test_a_process_follows_its_village_once_at_every_step_and_afterwards(place: str) -> None:
    recode = c.RecodeExit(x.PROCESS, "522634111201", "R1", "2018-01-01")
    moved = [e.ExitRecoded(x.PROCESS, "522634111201", "R1", "2018-01-01")] if place != "nothing" else []
    given(exit_process, *x.at(place)).when(recode).then(*moved)
    given(exit_process, *x.at(place), *moved).when(recode).then()


@pytest.mark.parametrize("place", x.WAYS)
def test_a_household_of_which_nobody_is_left_ends_the_process(place: str) -> None:
    running = place in list(ALLOWED)[:7]
    expected = [e.ExitOvertaken(x.PROCESS, "erased", place)] if running else []
    given(exit_process, *x.at(place)).when(x.NOBODY_LEFT).then(*expected)


@pytest.mark.parametrize("place", x.WAYS)
def test_a_return_the_office_reports_follows_a_confirmed_exit_only(place: str) -> None:
    followed = [e.HouseholdReturned(x.PROCESS, "2017-02", "poverty_office")] if place in ("monitored", "closed") else []
    given(exit_process, *x.at(place)).when(x.OFFICE_RETURN).then(*followed)


@pytest.mark.parametrize("place", x.WAYS)
def test_a_register_that_still_says_poor_differs_from_a_confirmed_exit_only(place: str) -> None:
    found = [e.DifferenceFound(x.PROCESS, "not_exited", "2016-12-31", "register", place)]
    given(exit_process, *x.at(place)).when(x.STILL_POOR).then(
        *(found if place in ("monitored", "closed") else ()),
        *([e.DifferenceGone(x.PROCESS, "not_exited", "2016-12-31")] if place == "overtaken" else ()),
    )


def test_a_difference_closes_by_itself_when_both_agree_or_by_a_person() -> None:
    differing = x.history(*x.WAYS["monitored"], x.STILL_POOR)
    given(exit_process, *differing).when(x.STILL_POOR).then_nothing()
    given(exit_process, *differing).when(x.OUT_TOO).then(e.DifferenceGone(x.PROCESS, "exited", "2017-12-31"))
    settled = given(exit_process, *differing).when(x.SETTLE)
    assert [type(event) for event in settled.events] == [e.DifferenceSettled]
    given(exit_process, *differing, *settled.events).when(x.SETTLE).then_refused(Conflict, "exits.no_difference")


EVERYTHING = st.sampled_from(
    [
        *(make() for make in x.ACTIONS.values()),
        x.PROPOSE,
        x.DECLINE,
        x.END_NOTICE,
        c.EndNotice(x.PROCESS, 2, x.UNTIL),
        x.REJECT,
        x.UPHOLD,
        x.CLOSE,
        x.OFFICE_OUT,
        x.NOBODY_LEFT,
        x.OFFICE_RETURN,
        x.STILL_POOR,
        x.OUT_TOO,
        x.SETTLE,
    ]
)


@settings(max_examples=400, deadline=None)
@draws(st.permutations(x.WAYS["closed"]), st.lists(EVERYTHING, max_size=30), st.integers(0, 8))
def test_no_household_goes_out_without_its_agreement_and_a_notice_that_hung_its_time(
    shuffled: list[c.Command], more: list[c.Command], cut: int
) -> None:
    """Any order of any commands; and the good way with anything thrown in after any of its steps."""
    for commands in (more + shuffled, [*x.WAYS["closed"][:cut], *more, *x.WAYS["closed"][cut:]]):
        events: list[e.Event] = []
        for command in commands:
            try:
                events += exit_process.decide(exit_process.fold(events), command)
            except DomainError:
                continue
        confirmed = [place for place, event in enumerate(events) if isinstance(event, e.ExitConfirmed)]
        assert len(confirmed) <= 1
        for place in confirmed:
            before = events[:place]
            assert any(isinstance(event, e.HouseholdAgreed) for event in before)
            notices = [
                event for event in before if isinstance(event, e.NoticeStarted | e.NoticeInterrupted | e.NoticeEnded)
            ]
            assert isinstance(notices[-1], e.NoticeEnded)
            assert isinstance(notices[-2], e.NoticeStarted)
            assert (notices[-1].turn, notices[-1].on) == (notices[-2].turn, notices[-2].until)
            lodged = {event.objection_id for event in before if isinstance(event, e.ObjectionLodged)}
            rejected = {event.objection_id for event in before if isinstance(event, e.ObjectionDecided)}
            assert lodged == rejected
