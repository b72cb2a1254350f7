"""Courses and the heads in them, counted for the unit that asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from libs.values.division import Division
from services.training.domain.course import (
    CourseCorrected,
    CourseFinished,
    CourseOpened,
    Facts,
    HeadsCounted,
    SeatsReleased,
    SeatsTaken,
)

HANDLES = (CourseOpened, CourseCorrected, SeatsTaken, SeatsReleased, HeadsCounted, CourseFinished)

KEEP: Final = """
INSERT INTO courses (course_id, unit, title, trade, organiser, first_day, last_day, place, kind, days, capacity,
                     version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (course_id) DO UPDATE SET unit = excluded.unit, title = excluded.title, trade = excluded.trade,
    organiser = excluded.organiser, first_day = excluded.first_day, last_day = excluded.last_day,
    place = excluded.place, kind = excluded.kind, days = excluded.days
"""
TAKE: Final = """
INSERT INTO seats (course_id, seat_id, woman) SELECT $1, * FROM unnest($2::uuid[], $3::boolean[])
ON CONFLICT (course_id, seat_id) DO UPDATE SET woman = excluded.woman
"""
RELEASE: Final = "DELETE FROM seats WHERE course_id = $1 AND seat_id = ANY($2)"
FINISH: Final = "UPDATE courses SET finished = true WHERE course_id = $1"
VERSION: Final = "UPDATE courses SET version = v FROM unnest($1::uuid[], $2::int[]) AS t(id, v) WHERE course_id = id"

# A unit sees its own courses, those of the units above it, and those in which women of its own sit.
# Registered women are counted only as far as they are the caller's: a sum must not tell who is registered elsewhere.
_MINE: Final = """
mine AS (
    SELECT e.course_id, coalesce(c.canonical, e.woman_id) AS woman_id, e.days
    FROM enrolments e LEFT JOIN canonical_ids c ON c.id = e.woman_id
    LEFT JOIN women w ON w.woman_id = coalesce(c.canonical, e.woman_id)
    WHERE NOT e.withdrawn AND coalesce(w.division, e.division) BETWEEN $1 AND $2
)
"""
_COLUMNS: Final = """
SELECT k.*, s.participants, s.women, m.registered_women, m.days AS days_attended
FROM courses k
CROSS JOIN LATERAL (
    SELECT count(*) AS participants, count(*) FILTER (WHERE woman) AS women FROM seats WHERE course_id = k.course_id
) s
CROSS JOIN LATERAL (
    SELECT count(DISTINCT woman_id) AS registered_women, coalesce(sum(mine.days), 0)::bigint AS days
    FROM mine WHERE mine.course_id = k.course_id
) m
WHERE (k.unit BETWEEN $1 AND $2 OR k.unit = ANY($3) OR m.registered_women > 0)
"""
LIST: Final = f"""
WITH {_MINE} {_COLUMNS}
  AND ($4::date IS NULL OR (k.first_day, k.course_id) < ($4, $5::uuid))
ORDER BY k.first_day DESC, k.course_id DESC LIMIT $6
"""
READ: Final = f"WITH {_MINE} {_COLUMNS} AND k.course_id = $4"


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course with its counts: heads, women, registered women of the caller's units, days they attended (人天)."""

    course_id: UUID
    facts: Facts
    capacity: int | None
    finished: bool
    version: int
    participants: int
    women: int
    registered_women: int
    days_attended: int


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """In order; versions are set once at the end of the page."""
    versions: dict[UUID, int] = {}
    for recorded in events:
        versions[recorded.stream_id] = recorded.version
        await _apply(tx, recorded)
    await tx.execute(VERSION, list(versions), list(versions.values()))


async def _apply(tx: Connection, recorded: Recorded[Any]) -> None:
    match recorded.event:
        case CourseOpened() as event:
            await tx.execute(KEEP, event.course_id, *_facts(event.facts), event.capacity, recorded.version)
        case CourseCorrected() as event:
            await tx.execute(KEEP, event.course_id, *_facts(event.facts), None, recorded.version)
        case SeatsTaken() as event:
            ids, women = [seat.seat_id for seat in event.seats], [seat.woman for seat in event.seats]
            await tx.execute(TAKE, event.course_id, ids, women)
        case SeatsReleased() as event:
            await tx.execute(RELEASE, event.course_id, list(event.seat_ids))
        case CourseFinished() as event:
            await tx.execute(FINISH, event.course_id)


class Courses:
    """Queries, each scoped to a division inside the SQL."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    def listed(self, division: Division) -> Listing:
        """Rows of the courses a unit sees, for `course_row`; newest first, by first day and id."""
        return Listing(self._pool, LIST, (*division.range(), above(division)), (None, None))

    async def read(self, division: Division, course_id: UUID) -> CourseRow | None:
        """One course, None when it is not there or not visible to this unit."""
        row = await self._pool.fetchrow(READ, *division.range(), above(division), course_id)
        return course_row(row) if row else None


def above(division: Division) -> list[str]:
    """Codes of the units above."""
    codes: list[str] = []
    parent = division.parent
    while parent is not None:
        codes.append(parent.code)
        parent = parent.parent
    return codes


def _facts(facts: Facts) -> tuple[Any, ...]:
    return (
        facts.unit,
        facts.title,
        facts.trade,
        facts.organiser,
        facts.first_day,
        facts.last_day,
        facts.place,
        facts.kind,
        facts.days,
    )


def course_row(row: Record) -> CourseRow:
    """A course from a row of the queries."""
    facts = Facts(
        row["unit"],
        row["title"],
        row["trade"],
        row["organiser"],
        row["first_day"],
        row["last_day"],
        row["place"],
        row["kind"],
        row["days"],
    )
    return CourseRow(
        row["course_id"],
        facts,
        row["capacity"],
        row["finished"],
        row["version"],
        row["participants"],
        row["women"],
        row["registered_women"],
        row["days_attended"],
    )


PROJECTION = Projection("courses", HANDLES, apply, tables=("courses", "seats"))
