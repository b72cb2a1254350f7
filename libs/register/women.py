"""Who a woman's id means now and where she is registered, as far as the registry's facts have arrived."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from libs.events.types import Pool

KNOWN: Final = """
SELECT asked.id, w.woman_id, w.division, w.restricted
FROM unnest($1::uuid[]) AS asked(id) LEFT JOIN canonical_ids c ON c.id = asked.id
JOIN women w ON w.woman_id = coalesce(c.canonical, asked.id)
WHERE NOT w.erased AND NOT w.gone
"""
# Her records, in whichever of them she is asked for; nothing when one of them lies outside the units.
RECORDS: Final = """
WITH RECURSIVE her(id) AS (
    SELECT coalesce((SELECT canonical FROM canonical_ids WHERE id = $1), $1::uuid)
    UNION
    SELECT a.merged FROM her h, LATERAL (
        SELECT merged FROM aliases WHERE survivor = h.id AND ended IS NULL OFFSET 0
    ) a
)
SELECT id FROM her WHERE (
    SELECT bool_and(w.division BETWEEN $2 AND $3) FROM women w WHERE w.woman_id IN (SELECT id FROM her))
ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A woman by the id she is known by, where she is registered, and whether her data may only be stored."""

    woman_id: UUID
    division: str
    restricted: bool


class Women:
    """The read copy, asked by ids."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    async def known(self, ids: Collection[UUID]) -> Mapping[UUID, Known]:
        """Asked id → the woman; who is not known, has left or is erased, is absent."""
        rows = await self._pool.fetch(KNOWN, list(ids)) if ids else []
        return {row["id"]: Known(row["woman_id"], row["division"], row["restricted"]) for row in rows}

    async def records(self, woman_id: UUID, scope: tuple[str, str]) -> list[UUID]:
        """All ids that are one woman, when all of them lie in these units; else none."""
        return [row["id"] for row in await self._pool.fetch(RECORDS, woman_id, *scope)]
