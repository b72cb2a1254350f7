"""The rules of a course, as sentences."""

from dataclasses import replace
from datetime import date
from uuid import UUID

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
    NotOpened,
    OpenCourse,
    Seat,
    SeatsReleased,
    SeatsTaken,
    TakeSeat,
    course,
    free_seats,
)
from tests.unit.training.samples import COURSE, FACTS

OPENED = CourseOpened(COURSE, FACTS, capacity=2)
MAY = date(2017, 5, 8)


def seat(number: int, *, registered: bool = True, woman: bool = True) -> Seat:
    return Seat(UUID(int=number), woman, UUID(int=number + 1000) if registered else None)


def taken(*seats: Seat) -> SeatsTaken:
    return SeatsTaken(COURSE, seats)


def counted(participants: int, women: int, registered: int) -> HeadsCounted:
    return HeadsCounted(COURSE, participants, women, registered)


def test_a_course_is_opened_once_and_saying_it_again_changes_nothing() -> None:
    given(course).when(OpenCourse(COURSE, FACTS, 2)).then(OPENED)
    given(course, OPENED).when(OpenCourse(COURSE, FACTS, 2)).then_nothing()


def test_a_second_course_of_the_same_key_with_other_facts_is_refused() -> None:
    given(course, OPENED).when(OpenCourse(COURSE, FACTS, 3)).then_refused(Conflict, "course_exists")


def test_a_course_that_ends_before_it_begins_is_refused() -> None:
    wrong = replace(FACTS, last_day=date(2017, 5, 1))
    given(course).when(OpenCourse(COURSE, wrong)).then_refused(Invalid, "bad_period")
    given(course).when(KeepFacts(COURSE, replace(FACTS, days=0))).then_refused(Invalid, "bad_days")
    given(course).when(OpenCourse(COURSE, FACTS, 0)).then_refused(Invalid, "bad_capacity")


def test_a_roster_opens_its_course_and_a_corrected_one_corrects_it() -> None:
    corrected = replace(FACTS, title="绣花班")
    given(course).when(KeepFacts(COURSE, FACTS)).then(CourseOpened(COURSE, FACTS))
    given(course, OPENED).when(KeepFacts(COURSE, FACTS)).then_nothing()
    given(course, OPENED).when(KeepFacts(COURSE, corrected)).then(CourseCorrected(COURSE, corrected))
    history = (OPENED, CourseCorrected(COURSE, corrected))
    given(course, *history).when(KeepFacts(COURSE, corrected)).then_nothing()


def test_a_woman_takes_a_seat_and_the_heads_are_counted() -> None:
    given(course, OPENED).when(TakeSeat(COURSE, seat(1), MAY)).then(taken(seat(1)), counted(1, 1, 1))


def test_a_full_course_refuses_the_next_woman() -> None:
    full = (OPENED, taken(seat(1), seat(2)), counted(2, 2, 2))
    given(course, *full).when(TakeSeat(COURSE, seat(3), MAY)).then_refused(Refused, "course_full")
    given(course, *full).when(FillSeats(COURSE, (seat(3),))).then_refused(Refused, "course_full")


def test_the_same_woman_takes_no_second_seat_not_even_under_another_line() -> None:
    history = (OPENED, taken(seat(1)))
    given(course, *history).when(TakeSeat(COURSE, seat(1), MAY)).then_refused(Conflict, "already_enrolled")
    twin = replace(seat(1), seat_id=UUID(int=9))
    given(course, *history).when(TakeSeat(COURSE, twin, MAY)).then_refused(Conflict, "already_enrolled")


def test_nobody_enrols_after_the_last_day_or_after_the_course_is_finished() -> None:
    late = TakeSeat(COURSE, seat(1), date(2017, 5, 18))
    given(course, OPENED).when(late).then_refused(Refused, "course_finished")
    history = (OPENED, CourseFinished(COURSE, MAY))
    given(course, *history).when(TakeSeat(COURSE, seat(1), MAY)).then_refused(Refused, "course_finished")


def test_a_roster_may_still_be_corrected_after_the_course_is_finished() -> None:
    history = (OPENED, CourseFinished(COURSE, MAY))
    given(course, *history).when(FillSeats(COURSE, (seat(1),))).then(taken(seat(1)), counted(1, 1, 1))


def test_finishing_twice_changes_nothing() -> None:
    given(course, OPENED).when(FinishCourse(COURSE, MAY)).then(CourseFinished(COURSE, MAY))
    given(course, OPENED, CourseFinished(COURSE, MAY)).when(FinishCourse(COURSE, MAY)).then_nothing()


def test_a_roster_fills_and_frees_seats_and_saying_it_again_changes_nothing() -> None:
    man, stranger = seat(5, registered=False, woman=False), seat(6, registered=False)
    history = (CourseOpened(COURSE, FACTS), taken(seat(1), man), counted(2, 1, 1))
    fill = FillSeats(COURSE, (seat(1), stranger), (man.seat_id,))
    after = (SeatsReleased(COURSE, (man.seat_id,)), taken(stranger), counted(2, 2, 1))
    given(course, *history).when(fill).then(*after)
    given(course, *history, *after).when(fill).then_nothing()


def test_a_swap_of_seats_in_a_full_course_is_no_growth() -> None:
    history = (OPENED, taken(seat(1), seat(2, registered=False)))
    fill = FillSeats(COURSE, (seat(3),), (UUID(int=2),))
    given(course, *history).when(fill).then(SeatsReleased(COURSE, (UUID(int=2),)), taken(seat(3)), counted(2, 2, 2))


def test_what_was_never_opened_has_no_seats() -> None:
    given(course).when(TakeSeat(COURSE, seat(1), MAY)).then_refused(NotFound, "course_not_found")
    given(course).when(FinishCourse(COURSE, MAY)).then_refused(NotFound, "course_not_found")


def test_free_seats_are_known_only_where_a_capacity_was_set() -> None:
    assert free_seats(NotOpened()) is None
    assert free_seats(course.fold([CourseOpened(COURSE, FACTS)])) is None
    assert free_seats(course.fold([OPENED, taken(seat(1))])) == 1
