"""Whom to ask what became of her after a course, and what the last answer was; the answers stay in the log."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from libs.values.division import Division
from services.training.domain.enrolment import AttendanceRecorded, EnrolmentWithdrawn
from services.training.domain.follow_up import FollowUpRecorded
from services.training.policies import FOLLOW_UP, months_after
from services.training.projections.women import RECORDS

HANDLES = (AttendanceRecorded, EnrolmentWithdrawn, FollowUpRecorded)

DUE: Final = """
INSERT INTO follow_ups (enrolment_id, after_months, course_id, woman_id, due)
SELECT $1, months, $2, $3, due FROM unnest($4::int[], $5::date[]) AS t(months, due)
ON CONFLICT (enrolment_id, after_months) DO UPDATE SET due = excluded.due, void = false
"""
VOID: Final = "UPDATE follow_ups SET void = true WHERE enrolment_id = $1"
ANSWER: Final = """
UPDATE follow_ups SET result = $3, next_try = $4, tries = $5 WHERE enrolment_id = $1 AND after_months = $2
"""
VERSION: Final = "UPDATE follow_ups SET version = $2 WHERE enrolment_id = $1"

# By village, then by day. A woman stands here once a course and month, under the id she is known by, whichever of her
# records sat in it; what was answered for one of them is answered. Who has left, is erased or may not be processed, is
# not asked.
LIST: Final = f"""
SELECT w.division, coalesce(f.next_try, f.due) AS due_on, f.enrolment_id, f.after_months, w.woman_id, f.course_id,
       k.title AS course_title, f.result, f.tries, f.version
FROM women w
CROSS JOIN LATERAL (
    {RECORDS}
    SELECT DISTINCT ON (of_one.course_id, of_one.after_months) of_one.*
    FROM records r, LATERAL (SELECT * FROM follow_ups WHERE woman_id = r.id AND NOT void OFFSET 0) of_one
    ORDER BY of_one.course_id, of_one.after_months, of_one.waits, of_one.enrolment_id
) f
JOIN courses k ON k.course_id = f.course_id
WHERE w.division BETWEEN $1 AND $2 AND NOT w.erased AND NOT w.gone AND NOT w.restricted
  AND NOT EXISTS (SELECT FROM aliases WHERE merged = w.woman_id AND ended IS NULL)
  AND f.waits AND coalesce(f.next_try, f.due) BETWEEN $3 AND $4
  AND w.division >= $5
  AND (w.division, coalesce(f.next_try, f.due), f.enrolment_id, f.after_months) > ($5, $6, $7, $8)
ORDER BY w.division, due_on, f.enrolment_id, f.after_months LIMIT $9
"""  # noqa: S608 - a constant part
HERS: Final = """
SELECT e.enrolment_id, e.course_id, e.woman_id AS record_id, w.woman_id, w.division, k.title AS course_title
FROM enrolments e LEFT JOIN canonical_ids c ON c.id = e.woman_id
JOIN women w ON w.woman_id = coalesce(c.canonical, e.woman_id)
JOIN courses k ON k.course_id = e.course_id
WHERE e.enrolment_id = $1 AND NOT e.withdrawn AND NOT w.erased AND w.division BETWEEN $2 AND $3
"""
OF_ONE: Final = """
SELECT after_months, due, result, next_try, tries, waits FROM follow_ups WHERE enrolment_id = $1 AND NOT void
ORDER BY after_months
"""


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """In the order of the log."""
    for recorded in events:
        match recorded.event:
            case AttendanceRecorded() as event if event.attendance.completed:
                last_day = event.attendance.last_day
                months = FOLLOW_UP.on(last_day).value.months
                due = [months_after(last_day, each) for each in months]
                await tx.execute(DUE, event.enrolment_id, event.course_id, event.woman_id, list(months), due)
            case AttendanceRecorded() | EnrolmentWithdrawn() as event:
                await tx.execute(VOID, event.enrolment_id)
            case FollowUpRecorded() as event:
                said = event.said
                answer = (said.result, said.next_try, event.tries)
                await tx.execute(ANSWER, event.enrolment_id, said.after_months, *answer)
                await tx.execute(VERSION, event.enrolment_id, recorded.version)


class FollowUps:
    """Queries, each scoped to a division inside the SQL."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    def due(self, division: Division, since: date, until: date) -> Listing:
        """What waits and falls due from one day to another, by village, day and enrolment."""
        scope = division.range()
        start = (before(scope), date.min, UUID(int=0), 0)
        return Listing(self._pool, LIST, (*scope, since, until), start)

    async def hers(self, division: Division, enrolment_id: UUID) -> Record | None:
        """The enrolment, its course and the woman as she is known now; None where it is not the caller's."""
        return await self._pool.fetchrow(HERS, enrolment_id, *division.range())

    async def of_one(self, enrolment_id: UUID) -> list[Record]:
        """The months at which is asked, with the last answer of each."""
        return list(await self._pool.fetch(OF_ONE, enrolment_id))


PROJECTION = Projection("follow_ups", HANDLES, apply, tables=("follow_ups",))
