"""Our read copy of the register: where each woman is registered, and which ids are one woman."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from libs.events.types import Connection, Pool, Record
from libs.values.priority import Income, Needs

# All ids of a woman `w`: hers and those merged into it.
RECORDS: Final = """
    WITH RECURSIVE records(id) AS (
        SELECT w.woman_id
        UNION
        SELECT a.merged FROM records r, LATERAL (
            SELECT merged FROM aliases WHERE survivor = r.id AND ended IS NULL OFFSET 0
        ) a
    )
"""
DIVISIONS: Final = "SELECT woman_id, division FROM women WHERE woman_id = ANY($1)"
# With what her priority rests on: the latest income of her household, and the classes she attended by any of her ids.
STANDING: Final = f"""
SELECT w.woman_id, w.division, w.status, income.year, income.per_head_fen, told.measures
FROM women w
LEFT JOIN LATERAL (
    SELECT year, per_head_fen FROM household_incomes WHERE household_id = w.household_id ORDER BY year DESC LIMIT 1
) income ON true
CROSS JOIN LATERAL (
    {RECORDS}
    SELECT count(DISTINCT e.course_id)::int AS measures FROM records r, LATERAL (
        SELECT course_id FROM enrolments WHERE woman_id = r.id AND NOT withdrawn AND days > 0 OFFSET 0
    ) e
) told
WHERE w.woman_id = ANY($1) AND NOT w.erased AND NOT w.gone
"""  # noqa: S608 - a constant part
HER_RECORDS: Final = f"""
SELECT r.id FROM women w, LATERAL ({RECORDS} SELECT id FROM records) r WHERE w.woman_id = $1
"""  # noqa: S608 - a constant part
CANONICAL: Final = "SELECT id, canonical FROM canonical_ids WHERE id = ANY($1)"

FOLLOWED: Final = """
SELECT asked.id, c.canonical, coalesce(bool_or(w.erased), false) AS erased,
       coalesce(bool_or(w.gone) FILTER (WHERE w.woman_id = coalesce(c.canonical, asked.id)), false) AS gone
FROM unnest($1::uuid[]) AS asked(id) LEFT JOIN canonical_ids c ON c.id = asked.id
LEFT JOIN women w ON w.woman_id IN (asked.id, c.canonical) GROUP BY asked.id, c.canonical
"""


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of ids: merged id → the id she is known by, whose data are erased, who has left the register."""

    known: Mapping[UUID, UUID]
    erased: frozenset[UUID]
    gone: frozenset[UUID]  # by the ids they are known by


async def followed(database: Pool | Connection, ids: Collection[UUID]) -> Followed:
    """As far as the registry's facts have arrived; in a transaction, as it sees them."""
    rows = await database.fetch(FOLLOWED, list(ids))
    known = {row["id"]: row["canonical"] for row in rows if row["canonical"]}
    gone = frozenset(known.get(row["id"], row["id"]) for row in rows if row["gone"])
    return Followed(known, frozenset(row["id"] for row in rows if row["erased"]), gone)


class Women:
    """Answers the ports Aliases and Residence of the handlers."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    async def divisions(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Woman → division; who is not known is absent."""
        rows = await self._pool.fetch(DIVISIONS, list(ids))
        return {row["woman_id"]: row["division"] for row in rows}

    async def standing(self, ids: Collection[UUID]) -> Mapping[UUID, tuple[str, Needs]]:
        """Woman → division and what her priority rests on; who is not known, has left or is erased, is absent."""
        rows = await self._pool.fetch(STANDING, list(ids))
        return {row["woman_id"]: (row["division"], _needs(row)) for row in rows}

    async def records(self, woman_id: UUID) -> frozenset[UUID]:
        """All ids of the woman who is known by this one."""
        return frozenset(row["id"] for row in await self._pool.fetch(HER_RECORDS, woman_id))

    async def canonical(self, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Ids that were merged → the id she is known by now; other ids are absent."""
        rows = await self._pool.fetch(CANONICAL, list(ids)) if ids else []
        return {row["id"]: row["canonical"] for row in rows}


def _needs(row: Record) -> Needs:
    income = None if row["per_head_fen"] is None else Income(row["year"], row["per_head_fen"])
    return Needs(row["status"], income, row["measures"])
