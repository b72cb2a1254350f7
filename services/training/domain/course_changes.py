"""What changes about a course before it is held: days, place, seats and sessions; and that it is not held at all."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.values.errors import Conflict, Invalid, Refused
from services.training.domain.course_state import (
    Cancelled,
    CapacityChanged,
    CourseCancelled,
    CourseCorrected,
    CourseKeyTaken,
    CourseMoved,
    Elsewhere,
    Event,
    Facts,
    Finished,
    NotOpened,
    Open,
    SessionCancelled,
    SessionMoved,
    SessionsPlanned,
    State,
    evolve,
    opened,
    taking_place,
)
from services.training.domain.heads import TypeHeads, seats_changed, type_heads
from services.training.domain.session import (
    Reason,
    Session,
    Sessions,
    check_plan,
    days_of,
    last_day_of,
    numbered,
    put,
    session_of,
    shifted,
)


@dataclass(frozen=True, slots=True)
class MoveCourse:
    """To another first day, last day or place; None: as it is. Its sessions move along by as many days."""

    course_id: UUID
    reason: Reason
    on: date
    first_day: date | None = None
    last_day: date | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class TakeKey:
    """A course that is moved wants to be known by this key, too."""

    key_id: UUID
    course_id: UUID


@dataclass(frozen=True, slots=True)
class ChangeCapacity:
    """`promised` seats are offered to women of the waiting list."""

    course_id: UUID
    capacity: int
    promised: int = 0


@dataclass(frozen=True, slots=True)
class PlanSessions:
    """More sessions; the first ones make the course's days those of its sessions."""

    course_id: UUID
    sessions: Sessions


@dataclass(frozen=True, slots=True)
class MoveSession:
    """`session` is how it shall be, with the number it has."""

    course_id: UUID
    session: Session
    reason: Reason
    on: date


@dataclass(frozen=True, slots=True)
class CancelSession:
    course_id: UUID
    number: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class CancelCourse:
    course_id: UUID
    reason: Reason
    on: date


@dataclass(frozen=True, slots=True)
class ReleaseSeats:
    """Seats of a cancelled course."""

    course_id: UUID
    seat_ids: tuple[UUID, ...]


Change: TypeAlias = (
    MoveCourse
    | TakeKey
    | ChangeCapacity
    | PlanSessions
    | MoveSession
    | CancelSession
    | CancelCourse
    | TypeHeads
    | ReleaseSeats
)


def change(state: State, command: Change) -> list[Event]:  # noqa: PLR0911, C901 - one answer a command
    """The rules of changes."""
    match command:
        case MoveCourse():
            return _move(_running(state), command)
        case TakeKey():
            return _take_key(state, command)
        case ChangeCapacity():
            return _resize(_running(state), command)
        case PlanSessions():
            return _plan(_running(state), command)
        case MoveSession():
            return _move_session(_running(state), command)
        case CancelSession():
            return _cancel_session(taking_place(state), command)
        case CancelCourse():
            if isinstance(opened(state), Cancelled):
                return []
            return [CourseCancelled(command.course_id, command.on, command.reason)]
        case TypeHeads():
            return type_heads(taking_place(state), command)
        case ReleaseSeats():
            return _release(opened(state), command)
        case _:
            assert_never(command)


def corrected(state: Open, course_id: UUID, facts: Facts) -> list[Event]:
    """The facts in another form; where sessions are planned they say on how many days and until when."""
    facts = by_sessions(facts, state.sessions)
    return [] if state.facts == facts else [CourseCorrected(course_id, facts)]


def by_sessions(facts: Facts, sessions: Sessions) -> Facts:
    """Days and last day of a course as its sessions say, where there are any."""
    if not sessions:
        return facts
    return replace(facts, days=days_of(sessions), last_day=last_day_of(sessions, facts.last_day))


def _move(state: Open, command: MoveCourse) -> list[Event]:
    was = state.facts
    first_day = command.first_day or was.first_day
    by = first_day - was.first_day
    facts = replace(
        was,
        first_day=first_day,
        last_day=command.last_day or was.last_day + by,
        place=command.place or was.place,
    )
    if facts == was:
        return []
    if command.on > was.first_day:
        raise Refused(
            "training.course_begun",
            f"该班已于{was.first_day}开班，不能再整班改期、改地点",
            field="first_day",
            value=command.on.isoformat(),
            rule="整班改期、改地点不晚于开班当天",
            right="更改尚未举办的场次",
        )
    check_facts(facts)
    sessions = shifted(state.sessions, by)
    late = next((each for each in sessions if each.cancelled is None and each.day > facts.last_day), None)
    if late is not None:
        raise Invalid(
            "training.session_after_course",
            f"第{late.number}场（{late.day}）晚于新的结束日期{facts.last_day}",
            field="last_day",
            value=facts.last_day.isoformat(),
            rule="结束日期不早于最后一场",
            right=f"不早于{last_day_of(sessions, facts.first_day)}，或先更改场次",
        )
    return [CourseMoved(command.course_id, facts, sessions, command.reason)]


def _take_key(state: State, command: TakeKey) -> list[Event]:
    if isinstance(state, Elsewhere):
        if state.course_id == command.course_id:
            return []  # moved there before
        raise course_exists()
    if not isinstance(state, NotOpened):
        raise course_exists(state.facts.first_day)
    return [CourseKeyTaken(command.key_id, command.course_id)]


def _resize(state: Open, command: ChangeCapacity) -> list[Event]:
    check_capacity(command.capacity)
    taken = len(state.seats) + command.promised
    shrinks = state.capacity is None or command.capacity < state.capacity
    if shrinks and command.capacity < taken:
        offered = f"，另有{command.promised}个已通知候补" if command.promised else ""
        raise Refused(
            "training.capacity_below_seats",
            f"名额不能改为{command.capacity}：已有{len(state.seats)}人{offered}",
            field="capacity",
            value=str(command.capacity),
            rule="名额不少于已有人数和已通知候补的空位",
            right=f"不小于{taken}",
        )
    return [] if command.capacity == state.capacity else [CapacityChanged(command.course_id, command.capacity)]


def _plan(state: Open, command: PlanSessions) -> list[Event]:
    more = numbered(state.sessions, command.sessions)
    return _as_planned(state, [SessionsPlanned(command.course_id, more)], command.course_id)


def _move_session(state: Open, command: MoveSession) -> list[Event]:
    was = session_of(state.sessions, command.session.number)
    if was == command.session:
        return []
    _check_not_cancelled(was)
    if was.day < command.on:
        raise Refused(
            "training.session_held",
            f"第{was.number}场已于{was.day}举办，不能再更改",
            field="number",
            value=str(was.number),
            rule="场次在举办当天及以前更改",
            right="未举办的，取消该场后另加一场",
        )
    moved = [SessionMoved(command.course_id, command.session, command.reason)]
    return _as_planned(state, moved, command.course_id)


def _cancel_session(state: Open, command: CancelSession) -> list[Event]:
    was = session_of(state.sessions, command.number)
    if was.cancelled is not None:
        return []
    if not days_of(put(state.sessions, replace(was, cancelled=command.reason))):
        raise Refused(
            "training.last_session",
            f"第{was.number}场是本班仅有的一场，取消后就没有场次了",
            field="number",
            value=str(was.number),
            rule="培训班至少有一场",
            right="取消整个培训班，或先增加场次",
        )
    cancelled = [SessionCancelled(command.course_id, command.number, command.reason)]
    return _as_planned(state, cancelled, command.course_id)


def _as_planned(state: Open, events: Iterable[Event], course_id: UUID) -> list[Event]:
    """The events, and the course's days and last day if they are others by them."""
    after: State = state
    for event in events:
        after = evolve(after, event)
    assert not isinstance(after, NotOpened)
    check_plan(after.sessions, after.facts.first_day)
    return [*events, *corrected(after, course_id, after.facts)]


def _release(state: Open, command: ReleaseSeats) -> list[Event]:
    gone = tuple(seat_id for seat_id in command.seat_ids if seat_id in state.seats)
    return seats_changed(state, command.course_id, (), gone) if isinstance(state, Cancelled) else []


def _running(state: State) -> Open:
    """Not cancelled and not finished."""
    found = taking_place(state)
    if isinstance(found, Finished):
        raise Refused(
            "training.course_finished",
            f"培训班（{found.facts.last_day}结束）已结业，不能再更改",
            rule="结业前更改",
            right="更正花名册后重新导入",
        )
    return found


def _check_not_cancelled(session: Session) -> None:
    if session.cancelled is not None:
        raise Refused(
            "training.session_cancelled",
            f"第{session.number}场已取消",
            field="number",
            value=str(session.number),
            rule="已取消的场次不再更改",
            right="另加一场",
        )


def check_capacity(capacity: int | None) -> None:
    """A number of seats from 1; None: any number."""
    if capacity is not None and capacity < 1:
        raise Invalid(
            "training.bad_capacity",
            f"名额{capacity}不正确，应为不小于1的整数",
            field="capacity",
            value=str(capacity),
            rule="名额不小于1",
            right="50",
        )


def check_facts(facts: Facts) -> None:
    """It does not end before it begins, and lasts a day or more."""
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


def course_exists(first_day: date | None = None) -> Conflict:
    """The refusal of a second course of one key."""
    when = f"（{first_day}开班）" if first_day else ""
    return Conflict(
        "training.course_exists",
        f"该培训班已登记{when}，同一培训机构、工种、开班日期、地点只能有一个班",
        rule="培训班按培训机构、工种、开班日期、地点区分",
        right="修改已有培训班，或更正开班日期、地点",
    )


def moved_meanwhile() -> Conflict:
    """A course took this key at this very moment."""
    return Conflict(
        "training.course_moved",
        "另一个班刚刚改到这个日期、地点",
        rule="培训班按培训机构、工种、开班日期、地点区分",
        right="再做一次：它就是那个班",
    )
