"""A course before it is held: moved, made larger, its sessions planned, moved and cancelled; and not held at all."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.events.testing import given
from libs.values.errors import Conflict, Invalid, NotFound, Refused
from services.training.domain.course import (
    CourseCorrected,
    CourseFinished,
    CourseOpened,
    FillSeats,
    FinishCourse,
    HeadsCounted,
    KeepFacts,
    OpenCourse,
    Seat,
    SeatsReleased,
    SeatsTaken,
    TakeSeat,
    course,
    offerable,
)
from services.training.domain.course_changes import (
    CancelCourse,
    CancelSession,
    ChangeCapacity,
    MoveCourse,
    MoveSession,
    PlanSessions,
    ReleaseSeats,
    TakeKey,
)
from services.training.domain.course_state import (
    CapacityChanged,
    CourseCancelled,
    CourseKeyTaken,
    CourseMoved,
    SessionCancelled,
    SessionMoved,
    SessionsPlanned,
)
from services.training.domain.session import MOST, Session
from services.training.domain.waitlist import CloseList, OfferAccepted, PlaceOffered, WomanLeft, waitlist
from tests.unit.training.samples import COURSE, FACTS
from tests.unit.training.test_waitlist import COURSE as LIST
from tests.unit.training.test_waitlist import UNTIL, A, B, C, queued

OPENED = CourseOpened(COURSE, FACTS, capacity=2)
APRIL, MAY = date(2017, 4, 20), FACTS.first_day
SEAT, OTHER = Seat(UUID(int=1), True, UUID(int=1001)), Seat(UUID(int=2), False)
FULL = (OPENED, SeatsTaken(COURSE, (SEAT, OTHER)), HeadsCounted(COURSE, 2, 1, 1))


def session(number: int, day: int, **more: Any) -> Session:
    return Session(number, date(2017, 5, day), **more)


def planned(*sessions: Session) -> tuple[Any, ...]:
    """The events of a course that has these sessions."""
    events = (SessionsPlanned(COURSE, sessions),)
    days = len({each.day for each in sessions})
    return (OPENED, *events, CourseCorrected(COURSE, replace(FACTS, days=days)))


PLANNED = planned(session(1, 8), session(2, 9), session(3, 10))
THREE = replace(FACTS, days=3)


def test_a_course_is_moved_before_it_begins_and_keeps_how_long_it_lasts() -> None:
    moved = replace(FACTS, first_day=date(2017, 5, 15), last_day=date(2017, 5, 24), place="西江镇")
    command = MoveCourse(COURSE, "weather", APRIL, first_day=moved.first_day, place="西江镇")
    event = CourseMoved(COURSE, moved, (), "weather")
    given(course, OPENED).when(command).then(event)
    given(course, OPENED, event).when(command).then_nothing()


def test_sessions_move_along_with_the_first_day() -> None:
    week = timedelta(days=7)
    moved = replace(THREE, first_day=MAY + week, last_day=FACTS.last_day + week)
    event = CourseMoved(COURSE, moved, (session(1, 15), session(2, 16), session(3, 17)), "farming")
    given(course, *PLANNED).when(MoveCourse(COURSE, "farming", MAY, first_day=MAY + week)).then(event)


def test_a_course_that_has_begun_is_not_moved_as_a_whole() -> None:
    late = MoveCourse(COURSE, "venue", MAY + timedelta(days=1), place="西江镇")
    given(course, OPENED).when(late).then_refused(Refused, "course_begun")
    given(course, OPENED).when(replace(late, on=MAY)).then(
        CourseMoved(COURSE, replace(FACTS, place="西江镇"), (), "venue")
    )


def test_a_course_does_not_end_before_its_sessions_or_its_beginning() -> None:
    short = MoveCourse(COURSE, "venue", APRIL, last_day=date(2017, 5, 9))
    given(course, *PLANNED).when(short).then_refused(Invalid, "session_after_course")
    given(course, OPENED).when(replace(short, last_day=date(2017, 5, 1))).then_refused(Invalid, "bad_period")


def test_a_key_belongs_to_one_course() -> None:
    key = UUID(int=77)
    given(course).when(TakeKey(key, COURSE)).then(CourseKeyTaken(key, COURSE))
    taken = CourseKeyTaken(key, COURSE)
    given(course, taken).when(TakeKey(key, COURSE)).then_nothing()
    given(course, taken).when(TakeKey(key, UUID(int=78))).then_refused(Conflict, "course_exists")
    given(course, OPENED).when(TakeKey(COURSE, UUID(int=78))).then_refused(Conflict, "course_exists")
    given(course, taken).when(OpenCourse(key, FACTS)).then_refused(Conflict, "course_moved")
    given(course, taken).when(KeepFacts(key, FACTS)).then_refused(Conflict, "course_moved")
    given(course, taken).when(FinishCourse(key, MAY)).then_refused(NotFound, "course_not_found")


def test_capacity_never_falls_below_who_sits_there_or_was_offered_a_seat() -> None:
    given(course, *FULL).when(ChangeCapacity(COURSE, 3)).then(CapacityChanged(COURSE, 3))
    given(course, *FULL).when(ChangeCapacity(COURSE, 1)).then_refused(Refused, "capacity_below_seats")
    given(course, *FULL).when(ChangeCapacity(COURSE, 2)).then_nothing()
    given(course, *FULL).when(ChangeCapacity(COURSE, 0)).then_refused(Invalid, "bad_capacity")
    larger = (*FULL, CapacityChanged(COURSE, 5))
    given(course, *larger).when(ChangeCapacity(COURSE, 3, promised=2)).then_refused(Refused, "capacity_below_seats")
    given(course, *larger).when(ChangeCapacity(COURSE, 4, promised=2)).then(CapacityChanged(COURSE, 4))
    unlimited = (CourseOpened(COURSE, FACTS), *FULL[1:])
    given(course, *unlimited).when(ChangeCapacity(COURSE, 1)).then_refused(Refused, "capacity_below_seats")
    assert offerable(course.fold(larger), MAY) == 3


def test_the_first_sessions_say_on_how_many_days_a_course_is_held() -> None:
    two_of_a_day = (session(0, 8, start=time(9)), session(0, 8, start=time(14)), session(0, 9, half_day=True))
    numbered = tuple(replace(each, number=number) for number, each in enumerate(two_of_a_day, 1))
    given(course, OPENED).when(PlanSessions(COURSE, two_of_a_day)).then(
        SessionsPlanned(COURSE, numbered), CourseCorrected(COURSE, replace(FACTS, days=2))
    )


def test_a_session_after_the_last_day_makes_the_course_last_longer() -> None:
    given(course, OPENED).when(PlanSessions(COURSE, (session(0, 20),))).then(
        SessionsPlanned(COURSE, (session(1, 20),)),
        CourseCorrected(COURSE, replace(FACTS, days=1, last_day=date(2017, 5, 20))),
    )


@pytest.mark.parametrize(
    ("sessions", "kind", "code"),
    [
        ((session(0, 7),), Invalid, "session_before_course"),
        ((session(0, 8), session(0, 8)), Conflict, "session_exists"),
        (tuple(session(0, 8, start=time(n // 60, n % 60)) for n in range(MOST + 1)), Invalid, "too_many_sessions"),
    ],
)
def test_sessions_that_cannot_be_are_refused(sessions: Any, kind: Any, code: str) -> None:
    given(course, OPENED).when(PlanSessions(COURSE, sessions)).then_refused(kind, code)


def test_a_session_is_moved_until_it_is_held() -> None:
    to = session(3, 19, place="西江镇")
    moved = SessionMoved(COURSE, to, "weather")
    longer = CourseCorrected(COURSE, replace(THREE, last_day=date(2017, 5, 19)))
    command = MoveSession(COURSE, to, "weather", date(2017, 5, 10))
    given(course, *PLANNED).when(command).then(moved, longer)
    given(course, *PLANNED, moved, longer).when(command).then_nothing()
    given(course, *PLANNED).when(replace(command, on=date(2017, 5, 11))).then_refused(Refused, "session_held")
    onto = MoveSession(COURSE, session(3, 9), "weather", APRIL)
    given(course, *PLANNED).when(onto).then_refused(Conflict, "session_exists")
    nobody = MoveSession(COURSE, session(9, 9), "weather", APRIL)
    given(course, *PLANNED).when(nobody).then_refused(NotFound, "session_not_found")


def test_the_planned_days_fall_by_a_cancelled_session_unless_another_is_held_that_day() -> None:
    cancelled = SessionCancelled(COURSE, 2, "weather")
    given(course, *PLANNED).when(CancelSession(COURSE, 2, "weather")).then(
        cancelled, CourseCorrected(COURSE, replace(FACTS, days=2))
    )
    after = (*PLANNED, cancelled, CourseCorrected(COURSE, replace(FACTS, days=2)))
    given(course, *after).when(CancelSession(COURSE, 2, "venue")).then_nothing()
    again = MoveSession(COURSE, session(2, 11), "venue", APRIL)
    given(course, *after).when(again).then_refused(Refused, "session_cancelled")
    halves = planned(session(1, 8, start=time(9)), session(2, 8, start=time(14)))
    given(course, *halves).when(CancelSession(COURSE, 2, "trainer")).then(SessionCancelled(COURSE, 2, "trainer"))


def test_the_last_session_is_cancelled_with_its_course_only() -> None:
    given(course, *planned(session(1, 8))).when(CancelSession(COURSE, 1, "venue")).then_refused(Refused, "last_session")


def test_a_roster_does_not_change_the_days_that_sessions_say() -> None:
    said = replace(FACTS, title="绣花班", days=12)
    given(course, *PLANNED).when(KeepFacts(COURSE, said)).then(CourseCorrected(COURSE, replace(said, days=3)))


def test_a_cancelled_course_releases_its_seats_and_takes_nobody() -> None:
    cancelled = (*FULL, CourseCancelled(COURSE, APRIL, "too_few"))
    given(course, *FULL).when(CancelCourse(COURSE, "too_few", APRIL)).then(CourseCancelled(COURSE, APRIL, "too_few"))
    given(course, *cancelled).when(CancelCourse(COURSE, "weather", MAY)).then_nothing()
    given(course, *cancelled).when(ReleaseSeats(COURSE, (SEAT.seat_id, OTHER.seat_id))).then(
        SeatsReleased(COURSE, (SEAT.seat_id, OTHER.seat_id)), HeadsCounted(COURSE, 0, 0, 0)
    )
    given(course, *FULL).when(ReleaseSeats(COURSE, (SEAT.seat_id,))).then_nothing()
    for command in (
        TakeSeat(COURSE, SEAT, APRIL), FillSeats(COURSE, (SEAT,)), KeepFacts(COURSE, FACTS), FinishCourse(COURSE, MAY),
        ChangeCapacity(COURSE, 9), PlanSessions(COURSE, (session(0, 8),)), MoveCourse(COURSE, "venue", APRIL),
        CancelSession(COURSE, 1, "venue"),
    ):  # fmt: skip
        given(course, *cancelled).when(command).then_refused(Refused, "course_cancelled")
    assert offerable(course.fold(cancelled[:1] + cancelled[3:]), APRIL) == 0


def test_a_cancelled_course_is_opened_again_empty_by_its_own_unit() -> None:
    over = (OPENED, CourseCancelled(COURSE, APRIL, "weather"))
    given(course, *over).when(OpenCourse(COURSE, FACTS, 9)).then(CourseOpened(COURSE, FACTS, 9))
    elsewhere = OpenCourse(COURSE, replace(FACTS, unit="522634101000"), 9)
    given(course, *over).when(elsewhere).then_refused(Conflict, "course_exists")
    emptying = (*FULL, CourseCancelled(COURSE, APRIL, "weather"))
    given(course, *emptying).when(OpenCourse(COURSE, FACTS, 9)).then_refused(Conflict, "course_exists")


def test_a_finished_course_is_not_changed_any_more_but_a_session_may_turn_out_not_held() -> None:
    finished = (*PLANNED, CourseFinished(COURSE, date(2017, 5, 17)))
    given(course, *finished).when(ChangeCapacity(COURSE, 9)).then_refused(Refused, "course_finished")
    given(course, *finished).when(PlanSessions(COURSE, (session(0, 8),))).then_refused(Refused, "course_finished")
    given(course, *finished).when(CancelSession(COURSE, 3, "not_held")).then(
        SessionCancelled(COURSE, 3, "not_held"), CourseCorrected(COURSE, replace(FACTS, days=2))
    )
    assert isinstance(course.decide(course.fold(finished), CancelCourse(COURSE, "not_held", MAY))[0], CourseCancelled)


def test_who_waits_leaves_the_list_of_a_cancelled_course() -> None:
    history = (queued(A, 1), queued(B, 2), queued(C, 3), PlaceOffered(LIST, A, UNTIL), PlaceOffered(LIST, B, UNTIL))
    accepted = (*history, OfferAccepted(LIST, A))
    left = (WomanLeft(LIST, B, "cancelled"), WomanLeft(LIST, C, "cancelled"))
    given(waitlist, *accepted).when(CloseList(LIST)).then(*left)
    given(waitlist, *accepted, *left).when(CloseList(LIST)).then_nothing()
