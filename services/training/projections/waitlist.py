"""The waiting list of a course: each woman's turn, and why it is that one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool
from libs.values.division import Division
from libs.values.priority import Income, Needs
from services.training.domain.waitlist import (
    OfferAccepted,
    OfferDeclined,
    PlaceOffered,
    PlacePassed,
    SeatGiven,
    SeatRefused,
    WomanLeft,
    WomanQueued,
)

HANDLES = (WomanQueued, PlaceOffered, OfferAccepted, OfferDeclined, SeatGiven, SeatRefused, WomanLeft, PlacePassed)

QUEUE: Final = """
INSERT INTO waitlist (course_id, woman_id, division, unit, status, rank, since, state, rule, income_year, income_fen,
                      measures)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, $10, $11)
ON CONFLICT (course_id, woman_id) DO UPDATE SET division = excluded.division, unit = excluded.unit,
    status = excluded.status, rank = excluded.rank, since = excluded.since, state = 'waiting', until = NULL,
    problem = NULL, rule = excluded.rule, income_year = excluded.income_year, income_fen = excluded.income_fen,
    measures = excluded.measures
"""
MOVE: Final = "UPDATE waitlist SET state = $3, until = $4, problem = $5 WHERE course_id = $1 AND woman_id = $2"
HAND_ON: Final = """
INSERT INTO waitlist (course_id, woman_id, division, unit, status, rank, since, state, until, rule, income_year,
                      income_fen, measures)
SELECT course_id, $3, division, unit, status, rank, since, state, until, rule, income_year, income_fen, measures
FROM waitlist
WHERE course_id = $1 AND woman_id = $2
ON CONFLICT (course_id, woman_id) DO UPDATE SET division = excluded.division, unit = excluded.unit,
    status = excluded.status, rank = excluded.rank, since = excluded.since, state = excluded.state,
    until = excluded.until, problem = NULL, rule = excluded.rule, income_year = excluded.income_year,
    income_fen = excluded.income_fen, measures = excluded.measures
"""
# Lists that do not follow the register yet: who waits there is merged or erased, or has another place by a merged id.
BEHIND: Final = """
SELECT DISTINCT q.course_id FROM waitlist q WHERE q.state IN ('waiting', 'offered') AND (
    EXISTS (SELECT FROM aliases a WHERE a.merged = q.woman_id AND a.ended IS NULL)
    OR EXISTS (SELECT FROM women w WHERE w.woman_id = q.woman_id AND w.erased)
    OR EXISTS (SELECT FROM women w WHERE w.woman_id = q.woman_id AND w.gone)
    OR EXISTS (SELECT FROM aliases a WHERE a.survivor = q.woman_id AND a.ended IS NULL) AND (
        EXISTS (SELECT FROM enrolments e WHERE e.course_id = q.course_id AND NOT e.withdrawn
                AND e.woman_id <> q.woman_id AND canonical_id(e.woman_id) = q.woman_id)
        OR EXISTS (SELECT FROM waitlist d WHERE d.course_id = q.course_id AND d.state = 'accepted'
                   AND d.woman_id <> q.woman_id AND canonical_id(d.woman_id) = q.woman_id)))
"""
# The turn counts everybody who waits, of whichever unit; who the others are is not told.
LIST: Final = """
SELECT l.woman_id, l.division, l.status, l.since, l.state, l.until, l.problem, l.turn, l.rule, l.income_year,
       l.income_fen, l.measures
FROM (
    SELECT q.*, coalesce(c.canonical, q.woman_id) AS known,
           CASE WHEN q.state = 'waiting'
                THEN row_number() OVER (PARTITION BY q.state ORDER BY q.rank, q.income_fen IS NULL, q.income_fen,
                          q.measures, q.since, q.woman_id) END AS turn
    FROM waitlist q LEFT JOIN canonical_ids c ON c.id = q.woman_id WHERE q.course_id = $1
) l LEFT JOIN women w ON w.woman_id = l.known
WHERE coalesce(w.division, l.division) BETWEEN $2 AND $3
ORDER BY array_position(ARRAY['refused', 'offered', 'accepted', 'waiting'], l.state), l.turn, l.since DESC, l.woman_id
LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class WaitlistRow:
    """`turn` counts those who still wait, 1 is next; `status`, income and measures are those of when she asked."""

    woman_id: UUID
    division: str
    status: str
    since: datetime
    state: str
    until: datetime | None
    problem: str | None
    turn: int | None
    rule: str
    income_year: int | None
    income_fen: int | None
    measures: int

    @property
    def needs(self) -> Needs:
        """What her place rests on."""
        known = self.income_year is not None and self.income_fen is not None
        income = Income(self.income_year or 0, self.income_fen or 0) if known else None
        return Needs(self.status, income, self.measures)


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """In the order of the log."""
    for recorded in events:
        event = recorded.event
        if isinstance(event, WomanQueued):
            await tx.execute(
                QUEUE,
                event.course_id,
                event.woman_id,
                event.division,
                event.unit,
                event.status,
                event.rank,
                event.at,
                event.rule,
                event.income_year,
                event.income_fen,
                event.measures,
            )
            continue
        if isinstance(event, PlacePassed):
            await tx.execute(HAND_ON, event.course_id, event.woman_id, event.survivor_id)
        await tx.execute(MOVE, event.course_id, event.woman_id, *_moved(event))


def _moved(event: Any) -> tuple[str, datetime | None, str | None]:  # noqa: PLR0911 - one answer an event
    match event:
        case PlaceOffered():
            return "offered", event.until, None
        case OfferAccepted():
            return "accepted", None, None
        case OfferDeclined():
            return ("lapsed" if event.lapsed else "declined"), None, None
        case SeatRefused():
            return "refused", None, event.code
        case WomanLeft():
            return "left", None, event.reason
        case PlacePassed():
            return "passed", None, None
        case _:
            return "seated", None, None


class Waitlists:
    """Who waits, of the caller's units only."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    async def of_course(self, division: Division, course_id: UUID, limit: int = 500) -> list[WaitlistRow]:
        """First what a person must do something about, then the queue in its order, then what is settled."""
        rows = await self._pool.fetch(LIST, course_id, *division.range(), limit)
        return [WaitlistRow(**row) for row in rows]

    async def behind(self) -> list[UUID]:
        """Courses on whose lists somebody waits who was erased or merged meanwhile."""
        return [row["course_id"] for row in await self._pool.fetch(BEHIND)]


PROJECTION = Projection("waitlist", HANDLES, apply, tables=("waitlist",))
