"""In which years each woman's needs were assessed, and on which day last; what was said stays in the log."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool
from services.registry.domain.needs.assessing import WomanNeedsAssessed

NAME = "needs"
HANDLES = (WomanNeedsAssessed,)

UPSERT: Final = """
INSERT INTO woman_needs (woman_id, year, assessed_on)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::date[])
ON CONFLICT (woman_id, year) DO UPDATE SET assessed_on = excluded.assessed_on
"""
UNASSESSED: Final = """
SELECT w.woman_id, w.household_id, w.division, w.birth_year, w.labour, w.status
FROM women w
WHERE w.merged_into IS NULL AND w.gone IS NULL AND NOT w.erased AND w.status <> 'monitored'
  AND w.division BETWEEN $1 AND $2
  AND NOT EXISTS (SELECT FROM woman_needs n WHERE n.woman_id = w.woman_id AND n.year = $3)
  AND NOT EXISTS (SELECT FROM persons p JOIN woman_needs n ON n.woman_id = p.person_id AND n.year = $3
                  WHERE p.survivor_id = w.woman_id)
  AND (w.division, w.woman_id) > ($4, $5)
ORDER BY w.division, w.woman_id LIMIT $6
"""


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """The last day of each year."""
    days: dict[tuple[UUID, int], date] = {}
    for recorded in events:
        event: WomanNeedsAssessed = recorded.event
        days[event.woman_id, event.on.year] = event.on
    women, years = [woman_id for woman_id, _ in days], [year for _, year in days]
    await tx.execute(UPSERT, women, years, list(days.values()))


def unassessed(pool: Pool, scope: tuple[str, str], year: int) -> Listing:
    """Women who are here and whom nobody asked in that year, also not under a record that was merged into hers."""
    return Listing(pool, UNASSESSED, (*scope, year), (before(scope), UUID(int=0)))


PROJECTION = Projection(NAME, HANDLES, apply, tables=("woman_needs",))
