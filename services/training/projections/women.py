"""Our read copy of the register: where each woman is registered, and which ids are one woman."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from libs.events.types import Connection, Pool

DIVISIONS: Final = "SELECT woman_id, division FROM women WHERE woman_id = ANY($1)"
STANDING: Final = "SELECT woman_id, division, status FROM women WHERE woman_id = ANY($1) AND NOT erased AND NOT gone"
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

    async def standing(self, ids: Collection[UUID]) -> Mapping[UUID, tuple[str, str]]:
        """Woman → division and state in the register; who is not known, has left or is erased, is absent."""
        rows = await self._pool.fetch(STANDING, list(ids))
        return {row["woman_id"]: (row["division"], row["status"]) for row in rows}

    async def canonical(self, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Ids that were merged → the id she is known by now; other ids are absent."""
        rows = await self._pool.fetch(CANONICAL, list(ids)) if ids else []
        return {row["id"]: row["canonical"] for row in rows}
