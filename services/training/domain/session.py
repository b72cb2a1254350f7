"""Sessions (场次) of a course: on which days it is held, from when and where. The course itself is one 期.

A day of training (人天 are ticked by days) is a day with at least one session that is held; two half days of one day
are two sessions and one day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Final, Literal, TypeAlias

from libs.values.errors import Conflict, Invalid, NotFound

Reason: TypeAlias = Literal[
    "weather", "too_few", "trainer", "venue", "farming", "health", "funds", "arrangement", "not_held", "wrong_entry"
]
"""Why a course or a session was moved or cancelled: a list, so that nobody's name gets into it."""
MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Session:
    """One session. `hours` are 学时 where they are set; `place` None: the course's; `cancelled`: why it is not held.

    Numbers count from 1 in a course and are never given again; 0 stands for a session that has none yet.
    """

    number: int
    day: date
    start: time | None = None
    hours: int | None = None
    half_day: bool = False
    place: str | None = None
    cancelled: Reason | None = None


Sessions: TypeAlias = tuple[Session, ...]


def days_of(sessions: Iterable[Session]) -> int:
    """Planned days of training (天) by the sessions that are not cancelled."""
    return len({session.day for session in sessions if session.cancelled is None})


def last_day_of(sessions: Iterable[Session], last_day: date) -> date:
    """The last day of a course, not before that of its sessions."""
    return max([last_day, *(session.day for session in sessions if session.cancelled is None)])


def numbered(known: Sessions, more: Sequence[Session]) -> Sessions:
    """New sessions with the numbers that follow those known."""
    first = max((session.number for session in known), default=0) + 1
    return tuple(replace(session, number=number) for number, session in enumerate(more, first))


def shifted(sessions: Sessions, by: timedelta) -> Sessions:
    """All of them so many days later (or earlier)."""
    return tuple(replace(session, day=session.day + by) for session in sessions)


def session_of(sessions: Sessions, number: int) -> Session:
    """The session of that number; raises NotFound."""
    found = next((session for session in sessions if session.number == number), None)
    if found is None:
        raise NotFound("training.session_not_found", "本班没有这一场次", field="number")
    return found


def put(sessions: Sessions, changed: Session) -> Sessions:
    """The plan with one session in another form."""
    return tuple(changed if session.number == changed.number else session for session in sessions)


def check_plan(sessions: Sessions, first_day: date) -> None:
    """A plan has at most `MOST` sessions, none before the course begins, no two at one time and place."""
    if len(sessions) > MOST:
        raise Invalid(
            "training.too_many_sessions",
            f"一个班{len(sessions)}场，超过{MOST}场",
            field="sessions",
            value=str(len(sessions)),
            rule=f"一个班不超过{MOST}场",
            right="按期分成几个班",
        )
    seen: set[tuple[date, time | None, str | None]] = set()
    for session in sessions:
        if session.cancelled is not None:
            continue
        if session.day < first_day:
            raise Invalid(
                "training.session_before_course",
                f"场次日期{session.day}早于开班日期{first_day}",
                field="day",
                value=session.day.isoformat(),
                rule="场次不早于开班日期",
                right=f"不早于{first_day}，或先更改开班日期",
            )
        when = (session.day, session.start, session.place)
        if when in seen:
            raise Conflict(
                "training.session_exists",
                f"{session.day}同一时间、地点已有一场",
                field="day",
                value=session.day.isoformat(),
                rule="同一天的几场以开始时间或地点区分",
                right="填写开始时间，例如09:00、14:30",
            )
        seen.add(when)
