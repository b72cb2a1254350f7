"""Who sits in which course, with days and completion: ids only, names are the registry's."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool
from libs.values.division import Division
from services.training.domain.enrolment import AttendanceRecorded, EnrolmentWithdrawn, WomanEnrolled

HANDLES = (WomanEnrolled, AttendanceRecorded, EnrolmentWithdrawn)

# The last enrolment and the last attendance of each stream in the page are all that matters.
ENROL: Final = """
INSERT INTO enrolments (enrolment_id, course_id, woman_id, division, unit, source, version)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[])
ON CONFLICT (enrolment_id) DO UPDATE SET division = excluded.division, unit = excluded.unit, source = excluded.source,
    days = NULL, completed = false, result = NULL, withdrawn = false, version = excluded.version
"""
ATTEND: Final = """
UPDATE enrolments SET days = t.days, completed = t.completed, result = t.result, version = t.version
FROM unnest($1::uuid[], $2::int[], $3::boolean[], $4::text[], $5::int[]) AS t(id, days, completed, result, version)
WHERE enrolment_id = t.id
"""
WITHDRAW: Final = """
UPDATE enrolments SET withdrawn = true, days = NULL, completed = false, result = NULL, version = t.version
FROM unnest($1::uuid[], $2::int[]) AS t(id, version) WHERE enrolment_id = t.id
"""
LIST: Final = """
SELECT e.enrolment_id, coalesce(c.canonical, e.woman_id) AS woman_id, coalesce(w.division, e.division) AS division,
       e.days, e.completed, e.result, e.version
FROM enrolments e LEFT JOIN canonical_ids c ON c.id = e.woman_id
LEFT JOIN women w ON w.woman_id = coalesce(c.canonical, e.woman_id)
WHERE e.course_id = $1 AND NOT e.withdrawn AND coalesce(w.division, e.division) BETWEEN $2 AND $3
  AND ($4::uuid IS NULL OR e.enrolment_id > $4)
ORDER BY e.enrolment_id LIMIT $5
"""


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """Set-based: runs of one kind of event are written together, in the order of the log."""
    run: list[Recorded[Any]] = []
    for recorded in events:
        seen = {item.stream_id for item in run}
        if run and (type(run[0].event) is not type(recorded.event) or recorded.stream_id in seen):
            await _write(tx, run)
            run = []
        run.append(recorded)
    if run:
        await _write(tx, run)


async def _write(tx: Connection, run: Sequence[Recorded[Any]]) -> None:
    ids = [item.stream_id for item in run]
    versions = [item.version for item in run]
    events = [item.event for item in run]
    match events[0]:
        case WomanEnrolled():
            columns = ("course_id", "woman_id", "division", "unit", "source")
            await tx.execute(ENROL, ids, *([getattr(e, name) for e in events] for name in columns), versions)
        case AttendanceRecorded():
            kept = [event.attendance for event in events]
            days, completed, results = [a.days for a in kept], [a.completed for a in kept], [a.result for a in kept]
            await tx.execute(ATTEND, ids, days, completed, results, versions)
        case EnrolmentWithdrawn():
            await tx.execute(WITHDRAW, ids, versions)


class EnrolmentList:
    """Who sits in a course, of the caller's units only."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    def of_course(self, division: Division, course_id: UUID) -> Listing:
        """Enrolments in the order of their ids; `days` is None until attendance is recorded."""
        return Listing(self._pool, LIST, (course_id, *division.range()), (None,))


PROJECTION = Projection("enrolments", HANDLES, apply, tables=("enrolments",))
