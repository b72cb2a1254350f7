"""A course (培训班) and the seats in it: who sits there by id, never by name, and never more than it holds."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from libs.events.decider import Decider
from libs.values.errors import Refused
from services.training.domain.course_changes import (
    Change,
    change,
    check_capacity,
    check_facts,
    corrected,
    course_exists,
    moved_meanwhile,
)
from services.training.domain.course_state import (
    Cancelled,
    CourseCorrected,
    CourseFinished,
    CourseOpened,
    Elsewhere,
    Event,
    Facts,
    Finished,
    HeadsCounted,
    NotOpened,
    Open,
    Seat,
    SeatsReleased,
    SeatsTaken,
    State,
    evolve,
    free_seats,
    offerable,
    taking_place,
)
from services.training.domain.heads import seats_changed
from services.training.domain.refusals import already_enrolled, course_over


@dataclass(frozen=True, slots=True)
class OpenCourse:
    course_id: UUID
    facts: Facts
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class KeepFacts:
    """A roster says what the course is: opens it, or corrects what was said before."""

    course_id: UUID
    facts: Facts


@dataclass(frozen=True, slots=True)
class TakeSeat:
    """A woman asks for a seat on a day."""

    course_id: UUID
    seat: Seat
    on: date


@dataclass(frozen=True, slots=True)
class FillSeats:
    """A roster, or a person's decision on its lines, says who sat there; saying it again changes nothing."""

    course_id: UUID
    take: tuple[Seat, ...] = ()
    release: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishCourse:
    course_id: UUID
    on: date


Command: TypeAlias = OpenCourse | KeepFacts | TakeSeat | FillSeats | FinishCourse | Change


def decide(state: State, command: Command) -> list[Event]:
    """The rules of a course."""
    match command:
        case OpenCourse():
            return _open(state, command)
        case KeepFacts():
            return _keep_facts(state, command)
        case TakeSeat():
            return _take_seat(state, command)
        case FillSeats():
            return _fill(state, command)
        case FinishCourse():
            found = taking_place(state)
            return [] if isinstance(found, Finished) else [CourseFinished(command.course_id, command.on)]
        case _:
            return change(state, command)


def _open(state: State, command: OpenCourse) -> list[Event]:
    check_facts(command.facts)
    check_capacity(command.capacity)
    if isinstance(state, NotOpened) and not isinstance(state, Elsewhere):
        return [CourseOpened(command.course_id, command.facts, command.capacity)]
    if isinstance(state, NotOpened):
        raise moved_meanwhile()
    if isinstance(state, Cancelled) and not state.seats and state.facts.unit == command.facts.unit:
        return [CourseOpened(command.course_id, command.facts, command.capacity)]  # it is held after all
    if not isinstance(state, Cancelled) and (state.facts, state.capacity) == (command.facts, command.capacity):
        return []
    raise course_exists(state.facts.first_day)


def _keep_facts(state: State, command: KeepFacts) -> list[Event]:
    check_facts(command.facts)
    if isinstance(state, Elsewhere):
        raise moved_meanwhile()
    if isinstance(state, NotOpened):
        return [CourseOpened(command.course_id, command.facts)]
    return corrected(taking_place(state), command.course_id, command.facts)


def _take_seat(state: State, command: TakeSeat) -> list[Event]:
    opened = taking_place(state)
    if isinstance(opened, Finished) or command.on > opened.facts.last_day:
        raise course_over(opened.facts.last_day, command.on)
    if _sits(opened, command.seat):
        raise already_enrolled()
    _check_capacity(opened, 1)
    return seats_changed(opened, command.course_id, (command.seat,), ())


def _fill(state: State, command: FillSeats) -> list[Event]:
    state = taking_place(state)
    release = tuple(seat_id for seat_id in dict.fromkeys(command.release) if seat_id in state.seats)
    wanted = {seat.seat_id: seat for seat in command.take}
    take = tuple(seat for seat in wanted.values() if state.seats.get(seat.seat_id) != seat)
    added = sum(seat.seat_id not in state.seats for seat in take)
    _check_capacity(state, added - len(release))
    return seats_changed(state, command.course_id, take, release)


def _sits(state: Open, seat: Seat) -> bool:
    if seat.seat_id in state.seats:
        return True
    return seat.woman_id is not None and any(taken.woman_id == seat.woman_id for taken in state.seats.values())


def _check_capacity(state: Open, added: int) -> None:
    if state.capacity is None or added <= 0 or len(state.seats) + added <= state.capacity:
        return
    raise Refused(
        "training.course_full",
        f"培训班名额{state.capacity}人，已有{len(state.seats)}人，不能再增加{added}人",
        field="capacity",
        value=str(state.capacity),
        rule="人数不超过名额",
        right="先增加名额或等待空位",
    )


course: Decider[State, Command, Event] = Decider(NotOpened(), decide, evolve, remembered=True)

__all__ = [
    "Cancelled", "CourseCorrected", "CourseFinished", "CourseOpened", "Elsewhere", "Event", "Facts", "Finished",
    "HeadsCounted", "NotOpened", "Open", "Seat", "SeatsReleased", "SeatsTaken", "State", "evolve", "free_seats",
    "offerable",
]  # fmt: skip
