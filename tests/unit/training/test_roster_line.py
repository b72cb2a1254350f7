"""The rules of a roster line that is no registered woman, or not surely one."""

from dataclasses import replace
from uuid import UUID

from libs.events.personal import Personal
from libs.events.testing import given
from libs.values.errors import Conflict, NotFound
from services.training.domain.roster_line import (
    ConfirmLine,
    DropLine,
    EraseLine,
    KeepLine,
    LineConfirmed,
    LineDropped,
    LineErased,
    LineKept,
    LineRefused,
    RefuseLine,
    Said,
    Words,
    roster_line,
    waits,
)
from tests.unit.training.samples import COUNTY, COURSE, TOWNSHIP, WOMAN, attendance

LINE = UUID(int=77)
OTHER = UUID(int=78)
SAID = Said(
    unit=COUNTY,
    division=TOWNSHIP,
    kind="waiting",
    match="near_id",
    reasons=("id_one_digit_wrong",),
    candidate=WOMAN,
    woman=True,
    seated=True,
    attendance=attendance(),
    signed_by_other=0,
    mark="aa",
)
WORDS = Words(Personal(LINE, "文正仙"), Personal(LINE, "522601196111056021"))
KEPT = LineKept(LINE, COURSE, SAID, WORDS, "Sheet1", 10)
CONFIRMED = LineConfirmed(LINE, COURSE, WOMAN)
REFUSED = LineRefused(LINE, COURSE, WOMAN)
DROPPED = LineDropped(LINE, COURSE)


def keep(said: Said = SAID) -> KeepLine:
    return KeepLine(LINE, COURSE, said, WORDS, "Sheet1", 10)


def test_a_line_is_kept_once_and_waits() -> None:
    given(roster_line).when(keep()).then(KEPT)
    given(roster_line, KEPT).when(keep()).then_nothing()
    assert waits(roster_line.fold([KEPT]))


def test_a_line_that_now_says_something_else_is_kept_anew() -> None:
    other = replace(SAID, attendance=attendance(3))
    given(roster_line, KEPT).when(keep(other)).then(replace(KEPT, said=other))


def test_a_person_confirms_once() -> None:
    given(roster_line, KEPT).when(ConfirmLine(LINE, WOMAN)).then(CONFIRMED)
    given(roster_line, KEPT, CONFIRMED).when(ConfirmLine(LINE, WOMAN)).then_nothing()


def test_a_person_refuses_once() -> None:
    given(roster_line, KEPT).when(RefuseLine(LINE)).then(REFUSED)
    given(roster_line, KEPT, REFUSED).when(RefuseLine(LINE)).then_nothing()


def test_the_opposite_decision_is_refused() -> None:
    given(roster_line, KEPT, CONFIRMED).when(RefuseLine(LINE)).then_refused(Conflict, "decided_otherwise")
    given(roster_line, KEPT, REFUSED).when(ConfirmLine(LINE, WOMAN)).then_refused(Conflict, "decided_otherwise")


def test_a_decision_sticks_when_the_roster_comes_again() -> None:
    given(roster_line, KEPT, CONFIRMED).when(keep()).then_nothing()
    given(roster_line, KEPT, REFUSED).when(keep()).then_nothing()
    assert not waits(roster_line.fold([KEPT, CONFIRMED]))


def test_a_refusal_of_one_candidate_says_nothing_about_another() -> None:
    other = replace(SAID, candidate=OTHER)
    given(roster_line, KEPT, REFUSED).when(keep(other)).then(replace(KEPT, said=other))
    assert waits(roster_line.fold([KEPT, REFUSED, replace(KEPT, said=other)]))


def test_a_line_that_the_corrected_roster_lost_is_dropped_once() -> None:
    given(roster_line, KEPT).when(DropLine(LINE)).then(DROPPED)
    given(roster_line, KEPT, DROPPED).when(DropLine(LINE)).then_nothing()
    given(roster_line).when(DropLine(LINE)).then_nothing()


def test_a_decision_stands_when_a_dropped_line_comes_back() -> None:
    for decision in (CONFIRMED, REFUSED):
        history = (KEPT, decision, DROPPED)
        given(roster_line, *history).when(keep()).then(KEPT)
        assert not waits(roster_line.fold([*history, KEPT]))
    assert waits(roster_line.fold([KEPT, DROPPED, KEPT]))


def test_only_a_waiting_line_can_be_decided() -> None:
    given(roster_line).when(ConfirmLine(LINE, WOMAN)).then_refused(NotFound, "line_not_found")
    stranger = replace(KEPT, said=replace(SAID, kind="not_in_register", candidate=None))
    given(roster_line, stranger).when(RefuseLine(LINE)).then_refused(NotFound, "line_not_found")
    given(roster_line, KEPT, DROPPED).when(ConfirmLine(LINE, WOMAN)).then_refused(NotFound, "line_not_found")


def test_an_erased_line_keeps_nothing_whatever_roster_comes() -> None:
    erased = LineErased(LINE, COURSE)
    for history in ((KEPT,), (KEPT, CONFIRMED), (KEPT, REFUSED), (KEPT, DROPPED)):
        given(roster_line, *history).when(EraseLine(LINE)).then(erased)
    given(roster_line, KEPT, erased).when(EraseLine(LINE)).then_nothing()
    given(roster_line).when(EraseLine(LINE)).then_nothing()
    given(roster_line, KEPT, erased).when(keep()).then_nothing()
    given(roster_line, KEPT, erased).when(DropLine(LINE)).then_nothing()
    given(roster_line, KEPT, erased).when(ConfirmLine(LINE, WOMAN)).then_refused(NotFound, "line_not_found")
