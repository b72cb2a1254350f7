"""The order by need (最需要的在前): its inputs for some women, and the women of a unit in that order.

Nothing is kept of it: state, income of the latest year and measures are read where they stand, so the order is never
behind them. The range of divisions goes by an index; the unit's women are then sorted.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.types import Pool, Record
from libs.values.priority import Income, Needs, PriorityRule
from services.registry.projections.women import COLUMNS, HERE, Presence

START: Final[tuple[Any, ...]] = (-1, False, 0, 0, UUID(int=0))

# Her own record and all that were merged into it; a class told under two of them is one measure.
_INPUTS: Final = """
LEFT JOIN LATERAL (
    SELECT year, per_head_fen FROM incomes WHERE household_id = w.household_id ORDER BY year DESC LIMIT 1
) income ON true
CROSS JOIN LATERAL (
    WITH RECURSIVE records(id) AS (
        SELECT w.woman_id
        UNION
        SELECT a.merged FROM records r, LATERAL (
            SELECT merged FROM aliases WHERE survivor = r.id AND ended IS NULL OFFSET 0
        ) a
    )
    SELECT count(DISTINCT m.measure)::int AS measures FROM records r, LATERAL (
        SELECT measure FROM woman_measures WHERE woman_id = r.id AND holds OFFSET 0
    ) m
) told
"""
NEEDS: Final = f"""
SELECT w.woman_id, w.status, income.year, income.per_head_fen, told.measures FROM women w {_INPUTS}
WHERE w.woman_id = ANY($1)
"""  # noqa: S608 - constants
LIST: Final = f"""
SELECT * FROM (
    SELECT {COLUMNS}, coalesce(($5::int[])[array_position($4::text[], w.status)], $6::int) AS class,
           income.per_head_fen IS NULL AS unknown, coalesce(income.per_head_fen, 0) AS fen, told.measures
    FROM women w {_INPUTS}
    WHERE merged_into IS NULL AND division BETWEEN $1 AND $2 AND {HERE}
) ranked
WHERE (class, unknown, fen, measures, woman_id) > ($7::int, $8::bool, $9::bigint, $10::int, $11::uuid)
ORDER BY class, unknown, fen, measures, woman_id LIMIT $12
"""  # noqa: S608 - constants


def listed(pool: Pool, scope: tuple[str, str], presence: Presence, rule: PriorityRule) -> Listing:
    """Women of a range of divisions, poorest first; a key is that of `PriorityRule.key`, then the id."""
    states = [state for each in rule.classes for state in each]
    places = [place for place, each in enumerate(rule.classes) for _ in each]
    return Listing(pool, LIST, (*scope, presence, states, places, len(rule.classes)), START)


async def needs(pool: Pool, women: Sequence[UUID]) -> Mapping[UUID, Needs]:
    """The inputs of each of these women; whoever asks has asked for rights."""
    return {row["woman_id"]: _needs(row) for row in await pool.fetch(NEEDS, list(women))}


def _needs(row: Record) -> Needs:
    income = None if row["per_head_fen"] is None else Income(row["year"], row["per_head_fen"])
    return Needs(row["status"], income, row["measures"])
