"""Roster lines, above all those that wait for a person; the words of a line stay sealed until a page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.personal import Personal
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool
from libs.values.division import Division
from services.training.domain.roster_line import LineConfirmed, LineDropped, LineErased, LineKept, LineRefused

HANDLES = (LineKept, LineConfirmed, LineRefused, LineDropped, LineErased)

# A line that comes back after it was dropped keeps a person's decision, as the aggregate says.
KEEP: Final = """
INSERT INTO roster_lines (line_id, course_id, unit, division, state, kind, match, reasons, candidate, seated, days,
                          signed_by_other, sheet, row, name, resident_id, village)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (line_id) DO UPDATE SET
    state = CASE WHEN roster_lines.state = 'dropped' AND (roster_lines.before_drop = 'confirmed'
                      OR roster_lines.before_drop = 'refused'
                         AND coalesce(excluded.candidate = roster_lines.candidate, excluded.candidate IS NULL))
                 THEN roster_lines.before_drop ELSE excluded.state END,
    before_drop = NULL, unit = excluded.unit, division = excluded.division, kind = excluded.kind,
    match = excluded.match, reasons = excluded.reasons,
    candidate = CASE WHEN roster_lines.before_drop = 'refused' THEN coalesce(excluded.candidate, roster_lines.candidate)
                     ELSE excluded.candidate END,
    seated = excluded.seated, days = excluded.days, signed_by_other = excluded.signed_by_other,
    sheet = excluded.sheet, row = excluded.row, name = excluded.name, resident_id = excluded.resident_id,
    village = excluded.village
"""
DECIDE: Final = "UPDATE roster_lines SET state = $2 WHERE line_id = $1"
DROP: Final = """
UPDATE roster_lines SET state = 'dropped', before_drop = CASE WHEN state IN ('confirmed', 'refused') THEN state END
WHERE line_id = $1
"""
ERASE: Final = """
UPDATE roster_lines SET state = 'erased', name = NULL, resident_id = NULL, village = NULL WHERE line_id = $1
"""
WAITING: Final = """
SELECT l.line_id, l.course_id, k.title, coalesce(w.division, l.division) AS division, l.match, l.reasons,
       coalesce(c.canonical, l.candidate) AS candidate, l.days, l.signed_by_other, l.sheet, l.row, l.name,
       l.resident_id, l.village
FROM roster_lines l JOIN courses k USING (course_id)
LEFT JOIN canonical_ids c ON c.id = l.candidate
LEFT JOIN women w ON w.woman_id = coalesce(c.canonical, l.candidate)
WHERE l.state = 'waiting' AND k.cancelled_on IS NULL AND coalesce(w.division, l.division) BETWEEN $1 AND $2
  AND ($3::uuid IS NULL OR l.course_id = $3)
  AND ($4::uuid IS NULL OR (l.course_id, l.row, l.line_id) > ($4, $5::int, $6::uuid))
ORDER BY l.course_id, l.row, l.line_id LIMIT $7
"""
ERASABLE: Final = """
SELECT l.line_id FROM women w JOIN roster_lines l ON l.candidate = w.woman_id
WHERE w.erased AND l.state <> 'erased' ORDER BY l.line_id LIMIT $1
"""
FORGETTABLE: Final = "SELECT woman_id FROM women WHERE erased AND NOT forgotten"
FORGOTTEN: Final = "UPDATE women SET forgotten = true WHERE woman_id = ANY($1)"
UNSEATED: Final = "SELECT line_id FROM roster_lines WHERE course_id = $1 AND state = 'waiting' AND NOT seated"


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A line to decide; name, resident id and village are ciphertext."""

    line_id: UUID
    course_id: UUID
    title: str
    division: str
    match: str
    reasons: list[str]
    candidate: UUID
    days: int
    signed_by_other: int
    sheet: str
    row: int
    name: str | None
    resident_id: str | None
    village: str | None


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """In the order of the log."""
    for recorded in events:
        match recorded.event:
            case LineKept() as event:
                await tx.execute(KEEP, *_columns(event))
            case LineConfirmed() as event:
                await tx.execute(DECIDE, event.line_id, "confirmed")
            case LineRefused() as event:
                await tx.execute(DECIDE, event.line_id, "refused")
            case LineDropped() as event:
                await tx.execute(DROP, event.line_id)
            case LineErased() as event:
                await tx.execute(ERASE, event.line_id)


class Waiting:
    """Queries over lines, scoped to a division inside the SQL."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    def listed(self, division: Division, course_id: UUID | None) -> Listing:
        """Lines, for `WaitingRow`, whose candidate is registered in the caller's units; by course, row and id."""
        return Listing(self._pool, WAITING, (*division.range(), course_id), (None, None, None))

    async def unseated(self, course_id: UUID) -> Sequence[UUID]:
        """Lines that wait beside an enrolment (days another person signed)."""
        return [row["line_id"] for row in await self._pool.fetch(UNSEATED, course_id)]

    async def erasable(self, limit: int = 100) -> Sequence[UUID]:
        """Lines that still hold words of a woman whom the registry has erased."""
        return [row["line_id"] for row in await self._pool.fetch(ERASABLE, limit)]

    async def forgettable(self) -> Sequence[UUID]:
        """Erased women who may still be quoted in results of imports."""
        return [row["woman_id"] for row in await self._pool.fetch(FORGETTABLE)]

    async def forgotten(self, women: Sequence[UUID]) -> None:
        """No result quotes these women any more."""
        await self._pool.execute(FORGOTTEN, list(women))


def _columns(event: LineKept) -> tuple[Any, ...]:
    said, words = event.said, event.words
    return (
        event.line_id,
        event.course_id,
        said.unit,
        said.division,
        "waiting" if said.kind == "waiting" else "head",
        said.kind,
        said.match,
        list(said.reasons),
        said.candidate,
        said.seated,
        said.attendance.days,
        said.signed_by_other,
        event.sheet,
        event.row,
        _sealed(words.name),
        _sealed(words.resident_id),
        _sealed(words.village),
    )


def _sealed(personal: Personal[str] | None) -> str | None:
    return personal.sealed if personal else None


PROJECTION = Projection("waiting", HANDLES, apply, tables=("roster_lines",))
