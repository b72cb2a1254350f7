"""What happens to a course (培训班) and what it is after that; the rules stand in `course` and `course_changes`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.values.errors import NotFound, Refused
from services.training.domain.session import Reason, Session, Sessions, put, session_of


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
class HeadsTyped:
    """How many took part, as a person counted them, where no roster names all."""

    course_id: UUID
    participants: int
    women: int


@dataclass(frozen=True, slots=True)
class CourseFinished:
    course_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class CourseMoved:
    """To other days or another place, with all its sessions; `facts` and `sessions` are those from now on."""

    course_id: UUID
    facts: Facts
    sessions: Sessions
    reason: Reason


@dataclass(frozen=True, slots=True)
class CourseKeyTaken:
    """Rosters of this key (organiser, trade, first day, place) mean that course; the stream is the key's own id."""

    key_id: UUID
    course_id: UUID


@dataclass(frozen=True, slots=True)
class CapacityChanged:
    course_id: UUID
    capacity: int


@dataclass(frozen=True, slots=True)
class SessionsPlanned:
    """More sessions, with their numbers."""

    course_id: UUID
    sessions: Sessions


@dataclass(frozen=True, slots=True)
class SessionMoved:
    """A session at another day, time or place."""

    course_id: UUID
    session: Session
    reason: Reason


@dataclass(frozen=True, slots=True)
class SessionCancelled:
    course_id: UUID
    number: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class CourseCancelled:
    """It is not held, and nothing of it counts; its seats are released by the process of consumers/cancelling.py."""

    course_id: UUID
    on: date
    reason: Reason


Event: TypeAlias = (
    CourseOpened
    | CourseCorrected
    | SeatsTaken
    | SeatsReleased
    | HeadsCounted
    | HeadsTyped
    | CourseFinished
    | CourseMoved
    | CourseKeyTaken
    | CapacityChanged
    | SessionsPlanned
    | SessionMoved
    | SessionCancelled
    | CourseCancelled
)


@dataclass(frozen=True, slots=True)
class NotOpened:
    pass


@dataclass(frozen=True, slots=True)
class Elsewhere(NotOpened):
    """No course of its own: a key that a course took when it was moved."""

    course_id: UUID


@dataclass(frozen=True, slots=True)
class Open:
    """`typed`: participants and women as they were typed; never fewer are counted than sit there."""

    facts: Facts
    capacity: int | None
    seats: Mapping[UUID, Seat]
    sessions: Sessions = ()
    typed: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Finished(Open):
    pass


@dataclass(frozen=True, slots=True)
class Cancelled(Finished):
    """Nobody enrols any more; `seats` are those not yet released."""


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


def opened(state: State) -> Open:
    """The course, cancelled or not; raises NotFound."""
    if isinstance(state, NotOpened):
        raise NotFound("training.course_not_found", "没有这个培训班，或它不属于您的单位")
    return state


def taking_place(state: State) -> Open:
    """The course, unless it is cancelled."""
    found = opened(state)
    if isinstance(found, Cancelled):
        raise Refused(
            "training.course_cancelled",
            f"该班（{found.facts.first_day}开班）已取消",
            rule="已取消的班不再报名、登记出勤或更改",
            right="如确要举办，按原来的机构、工种、开班日期、地点重新登记",
        )
    return found


def evolve(state: State, event: Event) -> State:  # noqa: PLR0911, C901 - one answer an event
    """The next state of a course."""
    if isinstance(event, CourseOpened):  # also of one that was cancelled before
        return Open(event.facts, event.capacity, MappingProxyType({}))
    if isinstance(event, CourseKeyTaken):
        return Elsewhere(event.course_id)
    assert not isinstance(state, NotOpened)
    match event:
        case CourseCorrected():
            return replace(state, facts=event.facts)
        case CourseMoved():
            return replace(state, facts=event.facts, sessions=event.sessions)
        case SeatsTaken():
            return replace(state, seats=MappingProxyType({**state.seats, **{s.seat_id: s for s in event.seats}}))
        case SeatsReleased():
            gone = frozenset(event.seat_ids)
            return replace(state, seats=MappingProxyType({k: s for k, s in state.seats.items() if k not in gone}))
        case CapacityChanged():
            return replace(state, capacity=event.capacity)
        case HeadsCounted():
            return state
        case HeadsTyped():
            return replace(state, typed=(event.participants, event.women))
        case CourseFinished():
            return Finished(state.facts, state.capacity, state.seats, state.sessions, state.typed)
        case CourseCancelled():
            return Cancelled(state.facts, state.capacity, state.seats, state.sessions)
        case _:
            return replace(state, sessions=_planned(state.sessions, event))


def _planned(sessions: Sessions, event: SessionsPlanned | SessionMoved | SessionCancelled) -> Sessions:
    match event:
        case SessionsPlanned():
            return (*sessions, *event.sessions)
        case SessionMoved():
            return put(sessions, event.session)
        case SessionCancelled():
            return put(sessions, replace(session_of(sessions, event.number), cancelled=event.reason))
        case _:
            assert_never(event)
