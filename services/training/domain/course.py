"""A course (培训班) and the seats in it: who sits there by id, never by name, and never more than it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.values.errors import Conflict, Invalid, NotFound, Refused
from services.training.domain.refusals import already_enrolled, course_over


@dataclass(frozen=True, slots=True)
class Facts:
    """What identifies and describes a course; `unit` is the division it belongs to, `days` how long it lasts."""

    unit: str
    title: str
    trade: str
    organiser: str
    first_day: date
    last_day: date
    place: str | None
    kind: str
    days: int


@dataclass(frozen=True, slots=True)
class Seat:
    """One head. `woman_id` only when she is in the register; `woman` also for the others, as the roster says."""

    seat_id: UUID
    woman: bool
    woman_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CourseOpened:
    course_id: UUID
    facts: Facts
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class CourseCorrected:
    course_id: UUID
    facts: Facts


@dataclass(frozen=True, slots=True)
class SeatsTaken:
    course_id: UUID
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class SeatsReleased:
    course_id: UUID
    seat_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class HeadsCounted:
    """The count after seats changed: all heads, the women among them, the registered women (人)."""

    course_id: UUID
    participants: int
    women: int
    registered_women: int


@dataclass(frozen=True, slots=True)
class CourseFinished:
    course_id: UUID
    on: date


Event: TypeAlias = CourseOpened | CourseCorrected | SeatsTaken | SeatsReleased | HeadsCounted | CourseFinished


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


Command: TypeAlias = OpenCourse | KeepFacts | TakeSeat | FillSeats | FinishCourse


@dataclass(frozen=True, slots=True)
class NotOpened:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    facts: Facts
    capacity: int | None
    seats: Mapping[UUID, Seat]


@dataclass(frozen=True, slots=True)
class Finished(Open):
    pass


State: TypeAlias = NotOpened | Open | Finished


def free_seats(state: State) -> int | None:
    """How many more the course takes; None when nobody set a capacity."""
    if isinstance(state, NotOpened) or state.capacity is None:
        return None
    return max(state.capacity - len(state.seats), 0)


def offerable(state: State, on: date) -> int:
    """Seats that may be offered to those who wait; none when anybody may come, or it is too late."""
    if isinstance(state, NotOpened | Finished) or on > state.facts.last_day:
        return 0
    return free_seats(state) or 0


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
            return _fill(_opened(state), command)
        case FinishCourse():
            opened = _opened(state)
            return [] if isinstance(opened, Finished) else [CourseFinished(command.course_id, command.on)]
        case _:
            assert_never(command)


def evolve(state: State, event: Event) -> State:
    """The next state of a course."""
    if isinstance(event, CourseOpened):
        return Open(event.facts, event.capacity, MappingProxyType({}))
    assert not isinstance(state, NotOpened)
    match event:
        case CourseCorrected():
            return replace(state, facts=event.facts)
        case SeatsTaken():
            return replace(state, seats=MappingProxyType({**state.seats, **{s.seat_id: s for s in event.seats}}))
        case SeatsReleased():
            gone = frozenset(event.seat_ids)
            return replace(state, seats=MappingProxyType({k: s for k, s in state.seats.items() if k not in gone}))
        case HeadsCounted():
            return state
        case CourseFinished():
            return Finished(state.facts, state.capacity, state.seats)
        case _:
            assert_never(event)


def _open(state: State, command: OpenCourse) -> list[Event]:
    _check_facts(command.facts)
    if command.capacity is not None and command.capacity < 1:
        raise Invalid(
            "training.bad_capacity",
            f"名额{command.capacity}不正确，应为不小于1的整数",
            field="capacity",
            value=str(command.capacity),
            rule="名额不小于1",
            right="50",
        )
    if isinstance(state, NotOpened):
        return [CourseOpened(command.course_id, command.facts, command.capacity)]
    if (state.facts, state.capacity) == (command.facts, command.capacity):
        return []
    raise Conflict(
        "training.course_exists",
        f"该培训班已登记（{state.facts.first_day}开班），同一培训机构、工种、开班日期、地点只能有一个班",
        rule="培训班按培训机构、工种、开班日期、地点区分",
        right="修改已有培训班，或更正开班日期、地点",
    )


def _keep_facts(state: State, command: KeepFacts) -> list[Event]:
    _check_facts(command.facts)
    if isinstance(state, NotOpened):
        return [CourseOpened(command.course_id, command.facts)]
    return [] if state.facts == command.facts else [CourseCorrected(command.course_id, command.facts)]


def _take_seat(state: State, command: TakeSeat) -> list[Event]:
    opened = _opened(state)
    if isinstance(opened, Finished) or command.on > opened.facts.last_day:
        raise course_over(opened.facts.last_day, command.on)
    if _sits(opened, command.seat):
        raise already_enrolled()
    _check_capacity(opened, 1)
    return _changed(opened, command.course_id, (command.seat,), ())


def _fill(state: Open, command: FillSeats) -> list[Event]:
    release = tuple(seat_id for seat_id in dict.fromkeys(command.release) if seat_id in state.seats)
    wanted = {seat.seat_id: seat for seat in command.take}
    take = tuple(seat for seat in wanted.values() if state.seats.get(seat.seat_id) != seat)
    added = sum(seat.seat_id not in state.seats for seat in take)
    _check_capacity(state, added - len(release))
    return _changed(state, command.course_id, take, release)


def _changed(state: Open, course_id: UUID, take: tuple[Seat, ...], release: tuple[UUID, ...]) -> list[Event]:
    events: list[Event] = []
    if release:
        events.append(SeatsReleased(course_id, release))
    if take:
        events.append(SeatsTaken(course_id, take))
    after: State = state
    for event in events:
        after = evolve(after, event)
    assert not isinstance(after, NotOpened)
    return [*events, _counted(after, course_id)] if events else []


def _counted(state: Open, course_id: UUID) -> HeadsCounted:
    seats = state.seats.values()
    registered = {seat.woman_id for seat in seats if seat.woman_id is not None}
    return HeadsCounted(course_id, len(seats), sum(seat.woman for seat in seats), len(registered))


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


def _check_facts(facts: Facts) -> None:
    if facts.first_day > facts.last_day:
        raise Invalid(
            "training.bad_period",
            f"培训结束日期{facts.last_day}早于开始日期{facts.first_day}",
            field="last_day",
            value=facts.last_day.isoformat(),
            rule="结束日期不早于开始日期",
            right=f"不早于{facts.first_day}",
        )
    if facts.days < 1:
        raise Invalid(
            "training.bad_days",
            f"培训天数{facts.days}不正确，应为不小于1的整数",
            field="days",
            value=str(facts.days),
            rule="培训天数不小于1",
            right="10",
        )


def _opened(state: State) -> Open:
    if isinstance(state, NotOpened):
        raise NotFound("training.course_not_found", "没有这个培训班，或它不属于您的单位")
    return state


course: Decider[State, Command, Event] = Decider(NotOpened(), decide, evolve, remembered=True)
