"""Income per head of each household and year: what was assessed, what a register says, and which of both counts.

The year of a register's 人均纯收入 is that of its as-of day. An assessment of the same year is before it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from services.registry.domain.household import HouseholdChanged, HouseholdRegistered
from services.registry.domain.incomes.assessing import HouseholdIncomeAssessed

NAME = "incomes"
HANDLES = (HouseholdRegistered, HouseholdChanged, HouseholdIncomeAssessed)

ASSESSED: Final = """
INSERT INTO incomes (household_id, year, per_head_fen, as_of, source, persons, assessed_fen, assessed_on)
SELECT household_id, year, fen, on_day, 'assessment', persons, fen, on_day
FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::date[], $5::smallint[])
    AS n(household_id, year, fen, on_day, persons)
ON CONFLICT (household_id, year) DO UPDATE SET per_head_fen = excluded.per_head_fen, as_of = excluded.as_of,
    source = excluded.source, persons = excluded.persons, assessed_fen = excluded.assessed_fen,
    assessed_on = excluded.assessed_on
"""
STATED: Final = """
INSERT INTO incomes (household_id, year, per_head_fen, as_of, source, persons, register_fen, register_as_of)
SELECT household_id, year, fen, as_of, 'register', persons, fen, as_of
FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::date[], $5::smallint[])
    AS n(household_id, year, fen, as_of, persons)
ON CONFLICT (household_id, year) DO UPDATE SET register_fen = excluded.register_fen,
    register_as_of = excluded.register_as_of,
    per_head_fen = coalesce(incomes.assessed_fen, excluded.register_fen),
    as_of = coalesce(incomes.assessed_on, excluded.register_as_of),
    persons = CASE WHEN incomes.assessed_fen IS NULL THEN excluded.persons ELSE incomes.persons END
"""
OF_HOUSEHOLD: Final = """
SELECT i.year, i.per_head_fen, i.as_of, i.source, i.persons, i.assessed_fen, i.assessed_on, i.register_fen,
       i.register_as_of
FROM incomes i WHERE i.household_id = $1 ORDER BY i.year DESC
"""
UNASSESSED: Final = """
SELECT h.household_id, h.division, h.persons, h.status, h.income_fen, h.as_of
FROM households h
WHERE h.division BETWEEN $1 AND $2 AND NOT h.dissolved AND h.status <> 'monitored'
  AND NOT EXISTS (SELECT FROM incomes i WHERE i.household_id = h.household_id AND i.year = $3
                  AND i.assessed_fen IS NOT NULL)
  AND (h.division, h.household_id) > ($4, $5)
ORDER BY h.division, h.household_id LIMIT $6
"""
_Rows = dict[tuple[UUID, int], tuple[int, date, int]]


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """The last of the page wins in each year; what a register says and what was assessed do not touch each other."""
    assessed: _Rows = {}
    stated: _Rows = {}
    for recorded in events:
        event: HouseholdRegistered | HouseholdChanged | HouseholdIncomeAssessed = recorded.event
        if isinstance(event, HouseholdIncomeAssessed):
            assessed[event.household_id, event.year] = (event.per_head_fen, event.on, event.persons)
        elif event.facts.income_fen is not None:
            said = (event.facts.income_fen, event.as_of, event.facts.persons)
            stated[event.household_id, event.as_of.year] = said
    for statement, rows in ((STATED, stated), (ASSESSED, assessed)):
        if rows:
            told = [(*key, *row) for key, row in rows.items()]
            await tx.execute(statement, *(list(column) for column in zip(*told, strict=True)))


async def of_household(pool: Pool, household_id: UUID) -> list[Record]:
    """Year by year, the last first; whoever asks has asked for rights."""
    return list(await pool.fetch(OF_HOUSEHOLD, household_id))


def unassessed(pool: Pool, scope: tuple[str, str], year: int) -> Listing:
    """Households of a range of divisions whose income of that year nobody has assessed, by division and id."""
    return Listing(pool, UNASSESSED, (*scope, year), (before(scope), UUID(int=0)))


PROJECTION = Projection(NAME, HANDLES, apply, tables=("incomes",))
