"""Activities with their counts, for the units that may see them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, assert_never
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from libs.values.division import Division
from services.outreach.domain.activity import (
    ActivityCancelled,
    ActivityHeld,
    ActivityPlanned,
    ActivityReported,
    AwarenessAsked,
    Event,
    WomenNamed,
    WomenStruck,
)
from services.outreach.domain.figures import Counts, Facts

HANDLES: Final = (
    ActivityPlanned,
    ActivityHeld,
    ActivityReported,
    ActivityCancelled,
    WomenNamed,
    WomenStruck,
    AwarenessAsked,
)

KEEP: Final = """
INSERT INTO activities (activity_id, unit, division, topic, title, form, first_day, last_day, place, organiser, phase,
                        reason, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (activity_id) DO UPDATE SET unit = excluded.unit, division = excluded.division, topic = excluded.topic,
    title = excluded.title, form = excluded.form, first_day = excluded.first_day, last_day = excluded.last_day,
    place = excluded.place, organiser = excluded.organiser, phase = excluded.phase, reason = excluded.reason,
    version = excluded.version
"""
COUNT: Final = """
UPDATE activities SET sessions = $2, attendances = $3, women = $4, registered = $5, materials = $6
WHERE activity_id = $1
"""
BEFORE: Final = "UPDATE activities SET asked_before = $2, aware_before = $3, version = $4 WHERE activity_id = $1"
AFTER: Final = "UPDATE activities SET asked_after = $2, aware_after = $3, version = $4 WHERE activity_id = $1"
VERSION: Final = "UPDATE activities SET version = $2 WHERE activity_id = $1"
NAME: Final = """
INSERT INTO reached (activity_id, woman_id, division, topic, first_day, sessions)
SELECT $1, id, division, $4, $5, sessions FROM unnest($2::uuid[], $3::text[], $6::int[]) AS t(id, division, sessions)
ON CONFLICT (activity_id, woman_id) DO UPDATE SET division = excluded.division, topic = excluded.topic,
    first_day = excluded.first_day, sessions = excluded.sessions
"""
STRIKE: Final = "DELETE FROM reached WHERE activity_id = $1 AND woman_id = ANY($2)"

# A unit sees its own activities, those below it, and those of the units above it, which hold them for it too.
LIST: Final = """
SELECT * FROM activities
WHERE (unit BETWEEN $1 AND $2 OR unit = ANY($3))
  AND ($4::text IS NULL OR topic = $4) AND ($5::text IS NULL OR phase = $5)
  AND ($6::date IS NULL OR (first_day, activity_id) < ($6, $7::uuid))
ORDER BY first_day DESC, activity_id DESC LIMIT $8
"""
READ: Final = "SELECT * FROM activities WHERE (unit BETWEEN $1 AND $2 OR unit = ANY($3)) AND activity_id = $4"
# What a unit has reported for a period and a sheet of it does not name.
LEFT_OUT: Final = """
SELECT activity_id FROM activities
WHERE unit = $1 AND first_day BETWEEN $2 AND $3 AND phase = 'reported' AND activity_id <> ALL($4)
ORDER BY activity_id LIMIT 100
"""


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """In the order of the log."""
    for recorded in events:
        await _apply(tx, recorded.event, recorded.version)


async def _apply(tx: Connection, event: Event, version: int) -> None:
    match event:
        case ActivityPlanned():
            await _keep(tx, event.activity_id, event.facts, "planned", None, version)
        case ActivityHeld():
            await _keep(tx, event.activity_id, event.facts, "held", None, version)
        case ActivityReported():
            await _keep(tx, event.activity_id, event.facts, "reported", None, version)
            await tx.execute(COUNT, event.activity_id, *_counts(event.counts))
        case ActivityCancelled():
            await _keep(tx, event.activity_id, event.facts, "cancelled", event.reason, version)
        case WomenNamed(activity_id, facts, women):
            ids, homes = [each.woman_id for each in women], [each.division for each in women]
            sessions = [each.sessions for each in women]
            await tx.execute(NAME, activity_id, ids, homes, facts.topic, facts.first_day, sessions)
            await tx.execute(VERSION, activity_id, version)
        case WomenStruck(activity_id, _, gone):
            await tx.execute(STRIKE, activity_id, list(gone))
            await tx.execute(VERSION, activity_id, version)
        case AwarenessAsked(activity_id, _, when, said):
            await tx.execute(BEFORE if when == "before" else AFTER, activity_id, said.asked, said.aware, version)
        case _:
            assert_never(event)


async def _keep(tx: Connection, activity_id: UUID, facts: Facts, phase: str, reason: str | None, version: int) -> None:
    said = (facts.unit, facts.division, facts.topic, facts.title, facts.form, facts.first_day, facts.last_day)
    await tx.execute(KEEP, activity_id, *said, facts.place, facts.organiser, phase, reason, version)


def _counts(counts: Counts) -> tuple[int, ...]:
    return counts.sessions, counts.attendances, counts.women, counts.registered, counts.materials


class Activities:
    """Queries, each limited to a division inside the SQL."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    def listed(self, division: Division, topic: str | None, phase: str | None) -> Listing:
        """Rows that a unit sees, the newest first, by first day and id."""
        return Listing(self._pool, LIST, (*division.range(), above(division), topic, phase), (None, None))

    async def read(self, division: Division, activity_id: UUID) -> Record | None:
        """One row; None when it is not there or not visible to this unit."""
        return await self._pool.fetchrow(READ, *division.range(), above(division), activity_id)

    async def left_out(self, unit: str, first: date, last: date, named: Sequence[UUID]) -> list[UUID]:
        """At most a hundred that the unit reported for these days, besides the named ones."""
        rows = await self._pool.fetch(LEFT_OUT, unit, first, last, list(named))
        return [row["activity_id"] for row in rows]


def above(division: Division) -> list[str]:
    """Codes of the units above."""
    codes: list[str] = []
    parent = division.parent
    while parent is not None:
        codes.append(parent.code)
        parent = parent.parent
    return codes


PROJECTION = Projection("activities", HANDLES, apply, tables=("activities", "reached"))
