"""The sessions of each course as pages show them; written with the courses, whose version they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final, TypeAlias
from uuid import UUID

from libs.events.types import Connection, Pool
from services.training.domain.course_state import CourseMoved, SessionCancelled, SessionMoved, SessionsPlanned
from services.training.domain.session import Session

Event: TypeAlias = SessionsPlanned | SessionMoved | SessionCancelled
HANDLES: Final = (SessionsPlanned, SessionMoved, SessionCancelled)

PUT: Final = """
INSERT INTO sessions (course_id, number, day, start, hours, half_day, place)
SELECT $1, * FROM unnest($2::int[], $3::date[], $4::time[], $5::int[], $6::boolean[], $7::text[])
ON CONFLICT (course_id, number) DO UPDATE SET day = excluded.day, start = excluded.start, hours = excluded.hours,
    half_day = excluded.half_day, place = excluded.place,
    was_day = CASE WHEN sessions.day <> excluded.day THEN sessions.day ELSE sessions.was_day END
"""
MOVED: Final = "UPDATE sessions SET moved_reason = $3 WHERE course_id = $1 AND number = ANY($2)"
CANCEL: Final = "UPDATE sessions SET cancelled_reason = $3 WHERE course_id = $1 AND number = $2"
CLEAR: Final = "DELETE FROM sessions WHERE course_id = $1"
LIST: Final = "SELECT * FROM sessions WHERE course_id = $1 ORDER BY day, start NULLS FIRST, number"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """`was_day`: from before it was last moved to another day, for `moved_reason`."""

    course_id: UUID
    number: int
    day: date
    start: time | None
    hours: int | None
    half_day: bool
    place: str | None
    cancelled_reason: str | None
    moved_reason: str | None
    was_day: date | None

    def state(self, today: date) -> str:
        """Cancelled, or held when its day is over, or planned."""
        if self.cancelled_reason is not None:
            return "cancelled"
        return "held" if self.day < today else "planned"


async def follow(tx: Connection, event: Event | CourseMoved) -> None:
    """One event, in the order of the log."""
    match event:
        case SessionsPlanned():
            await tx.execute(PUT, event.course_id, *_columns(event.sessions))
        case SessionMoved():
            await _moved(tx, event.course_id, (event.session,), event.reason)
        case CourseMoved():
            await _moved(tx, event.course_id, event.sessions, event.reason)
        case SessionCancelled():
            await tx.execute(CANCEL, event.course_id, event.number, event.reason)


async def _moved(tx: Connection, course_id: UUID, sessions: Sequence[Session], reason: str) -> None:
    await tx.execute(PUT, course_id, *_columns(sessions))
    await tx.execute(MOVED, course_id, [session.number for session in sessions], reason)


def _columns(sessions: Sequence[Session]) -> tuple[list[object], ...]:
    names = ("number", "day", "start", "hours", "half_day", "place")
    return tuple([getattr(session, name) for session in sessions] for name in names)


class SessionList:
    """Sessions of a course; whether the caller sees the course is asked before."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    async def of_course(self, course_id: UUID) -> list[SessionRow]:
        """In the order in which they are held, at most 400."""
        return [SessionRow(**row) for row in await self._pool.fetch(LIST, course_id)]
