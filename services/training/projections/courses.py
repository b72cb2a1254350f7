"""Courses and the heads in them, counted for the unit that asks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from libs.values.division import Division
from services.training.domain import course_state
from services.training.domain.course import (
    CourseCorrected,
    CourseFinished,
    CourseOpened,
    Facts,
    HeadsCounted,
    SeatsReleased,
    SeatsTaken,
)
from services.training.policies import SHARE, OrganiserKind, organiser_kind
from services.training.projections import sessions

HANDLES = (
    CourseOpened,
    CourseCorrected,
    SeatsTaken,
    SeatsReleased,
    HeadsCounted,
    CourseFinished,
    course_state.CourseMoved,
    course_state.CapacityChanged,
    course_state.HeadsTyped,
    course_state.CourseCancelled,
    *sessions.HANDLES,
)

KEEP: Final = """
INSERT INTO courses (course_id, unit, title, trade, organiser, first_day, last_day, place, kind, days, organiser_kind,
                     capacity, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (course_id) DO UPDATE SET unit = excluded.unit, title = excluded.title, trade = excluded.trade,
    organiser = excluded.organiser, first_day = excluded.first_day, last_day = excluded.last_day,
    place = excluded.place, kind = excluded.kind, days = excluded.days, organiser_kind = excluded.organiser_kind
"""
TAKE: Final = """
INSERT INTO seats (course_id, seat_id, woman) SELECT $1, * FROM unnest($2::uuid[], $3::boolean[])
ON CONFLICT (course_id, seat_id) DO UPDATE SET woman = excluded.woman
"""
RELEASE: Final = "DELETE FROM seats WHERE course_id = $1 AND seat_id = ANY($2)"
OPEN: Final = """
UPDATE courses SET capacity = $2, finished = false, cancelled_on = NULL, cancelled_reason = NULL, moved_reason = NULL,
    was_first_day = NULL, was_place = NULL, typed_participants = NULL, typed_women = NULL
WHERE course_id = $1
"""
MOVE: Final = """
UPDATE courses SET was_first_day = first_day, was_place = place, first_day = $2, last_day = $3, place = $4,
    moved_reason = $5
WHERE course_id = $1
"""
RESIZE: Final = "UPDATE courses SET capacity = $2 WHERE course_id = $1"
COUNT: Final = "UPDATE courses SET typed_participants = $2, typed_women = $3 WHERE course_id = $1"
CANCEL: Final = """
UPDATE courses SET cancelled_on = $2, cancelled_reason = $3, typed_participants = NULL, typed_women = NULL
WHERE course_id = $1
"""
FINISH: Final = "UPDATE courses SET finished = true WHERE course_id = $1"
VERSION: Final = "UPDATE courses SET version = v FROM unnest($1::uuid[], $2::int[]) AS t(id, v) WHERE course_id = id"

DIGITS: Final = {"province": 2, "prefecture": 4, "county": 6, "township": 9, "village": 12}  # of a code

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
    SELECT greatest(count(*), k.typed_participants) AS participants,
           greatest(count(*) FILTER (WHERE woman), k.typed_women) AS women
    FROM seats WHERE course_id = k.course_id
) s
CROSS JOIN LATERAL (
    SELECT count(DISTINCT woman_id) AS registered_women, coalesce(sum(mine.days), 0)::bigint AS days
    FROM mine WHERE mine.course_id = k.course_id
) m
WHERE (k.unit BETWEEN $1 AND $2 OR k.unit = ANY($3) OR m.registered_women > 0)
"""
# Own courses below the share of registered women (domain/share.py): before they begin, of the seats they will have.
_UNDER: Final = """
k.unit BETWEEN $1 AND $2 AND k.cancelled_on IS NULL AND k.organiser_kind = ANY($6) AND EXISTS (
    SELECT FROM unnest($7::date[], $8::date[], $9::int[]) AS rule(first, last, percent)
    WHERE k.first_day >= rule.first AND (rule.last IS NULL OR k.first_day <= rule.last)
      AND m.registered_women * 100 < rule.percent
          * CASE WHEN k.first_day > $5 THEN greatest(s.participants, k.capacity) ELSE s.participants END)
"""
LIST: Final = f"""
WITH {_MINE} {_COLUMNS}
  AND (NOT $4::boolean OR {_UNDER})
  AND ($10::date IS NULL OR (k.first_day, k.course_id) < ($10, $11::uuid))
ORDER BY k.first_day DESC, k.course_id DESC LIMIT $12
"""
# Heads and registered women of a year's courses, by the unit below (or the unit itself) to which each belongs.
SHARES: Final = f"""
WITH {_MINE}
SELECT CASE WHEN k.unit = $1 THEN k.unit ELSE rpad(left(k.unit, $3), 12, '0') END AS unit, count(*) AS courses,
       sum(s.participants)::bigint AS participants, sum(m.registered_women)::bigint AS registered_women
FROM courses k
CROSS JOIN LATERAL (
    SELECT greatest(count(*), k.typed_participants) AS participants FROM seats WHERE course_id = k.course_id
) s
CROSS JOIN LATERAL (SELECT count(DISTINCT woman_id) AS registered_women FROM mine WHERE course_id = k.course_id) m
WHERE k.unit BETWEEN $1 AND $2 AND k.cancelled_on IS NULL AND s.participants > 0
  AND k.first_day BETWEEN $4 AND $5 AND k.organiser_kind = ANY($6)
GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - constant words
READ: Final = f"WITH {_MINE} {_COLUMNS} AND k.course_id = $4"


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course with its counts: heads, women, registered women of the caller's units, days they attended (人天).

    `was_first_day` and `was_place` are those from before it was last moved, for `moved_reason`.
    """

    course_id: UUID
    facts: Facts
    capacity: int | None
    finished: bool
    version: int
    cancelled_on: date | None
    cancelled_reason: str | None
    moved_reason: str | None
    was_first_day: date | None
    was_place: str | None
    organiser_kind: OrganiserKind
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


async def _apply(tx: Connection, recorded: Recorded[Any]) -> None:  # noqa: C901 - one statement an event
    match recorded.event:
        case CourseOpened() as event:
            await tx.execute(KEEP, event.course_id, *_facts(event.facts), event.capacity, recorded.version)
            await tx.execute(OPEN, event.course_id, event.capacity)
            await tx.execute(sessions.CLEAR, event.course_id)
        case CourseCorrected() as event:
            await tx.execute(KEEP, event.course_id, *_facts(event.facts), None, recorded.version)
        case SeatsTaken() as event:
            ids, women = [seat.seat_id for seat in event.seats], [seat.woman for seat in event.seats]
            await tx.execute(TAKE, event.course_id, ids, women)
        case SeatsReleased() as event:
            await tx.execute(RELEASE, event.course_id, list(event.seat_ids))
        case CourseFinished() as event:
            await tx.execute(FINISH, event.course_id)
        case course_state.CourseMoved() as event:
            facts = event.facts
            await tx.execute(MOVE, event.course_id, facts.first_day, facts.last_day, facts.place, event.reason)
            await sessions.follow(tx, event)
        case course_state.CapacityChanged() as event:
            await tx.execute(RESIZE, event.course_id, event.capacity)
        case course_state.HeadsTyped() as event:
            await tx.execute(COUNT, event.course_id, event.participants, event.women)
        case course_state.CourseCancelled() as event:
            await tx.execute(CANCEL, event.course_id, event.on, event.reason)
        case event if isinstance(event, sessions.HANDLES):
            await sessions.follow(tx, event)


class Courses:
    """Queries, each scoped to a division inside the SQL."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    def listed(self, division: Division, today: date, *, under: bool = False) -> Listing:
        """Rows of the courses a unit sees, for `course_row`; newest first, by first day and id.

        `under`: only its own below the share of registered women.
        """
        filters = (*division.range(), above(division), under, today, *_share_rules())
        return Listing(self._pool, LIST, filters, (None, None))

    async def shares(self, division: Division, year: int, kinds: Collection[str]) -> list[Record]:
        """Unit, courses, participants and registered women (of this division) of a year's courses that count."""
        digits = DIGITS.get(division.child_level or division.level, 12)
        days = date(year, 1, 1), date(year, 12, 31)
        return list(await self._pool.fetch(SHARES, *division.range(), digits, *days, list(kinds)))

    async def read(self, division: Division, course_id: UUID) -> CourseRow | None:
        """One course, None when it is not there or not visible to this unit."""
        row = await self._pool.fetchrow(READ, *division.range(), above(division), course_id)
        return course_row(row) if row else None


def _share_rules() -> tuple[list[Any], ...]:
    """Kinds of organiser that count, and the editions of the rule by column."""
    editions = SHARE.editions
    kinds = sorted({kind for each in editions for kind in each.value.counts})
    columns = zip(*((each.first, each.last, each.value.percent) for each in editions), strict=True)
    return (kinds, *(list(column) for column in columns))


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
        organiser_kind(facts.organiser),
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
        row["cancelled_on"],
        row["cancelled_reason"],
        row["moved_reason"],
        row["was_first_day"],
        row["was_place"],
        row["organiser_kind"],
        row["participants"],
        row["women"],
        row["registered_women"],
        row["days_attended"],
    )


PROJECTION = Projection("courses", HANDLES, apply, tables=("courses", "seats", "sessions"))
