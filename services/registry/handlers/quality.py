"""The standing report of the quality of data: what the rules said of each household when a register last named it.

A list without values: which rule, which column, of whom. A register that names the household again, as of the same day
or a later one, replaces what was said; rows of households that are not registered go back to who sent them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.types import Pool, Record
from services.registry.handlers.answers import RowAnswer

FORGET: Final = "DELETE FROM quality_findings WHERE household_id = ANY($1)"
KEEP: Final = """
INSERT INTO quality_findings (household_id, place, rule, severity, column_name, row_number, person_id, import_id, as_of)
SELECT n.*, $8, $9 FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::int[], $7::uuid[]) AS n
"""
BY_RULE: Final = """
SELECT q.rule, min(q.severity) AS severity, count(DISTINCT (q.household_id, q.row_number)) AS rows,
       count(DISTINCT q.household_id) AS households
FROM household_codes h JOIN quality_findings q USING (household_id)
WHERE h.division BETWEEN $1 AND $2 GROUP BY q.rule ORDER BY severity, rows DESC, q.rule
"""
ROWS: Final = """
SELECT h.division, q.household_id, q.place, q.rule, q.severity, q.column_name, q.row_number, q.as_of, q.import_id,
       p.person_id AS woman_id
FROM household_codes h JOIN quality_findings q USING (household_id)
LEFT JOIN persons p ON p.person_id = q.person_id AND p.woman AND NOT p.erased
WHERE ($1::text IS NULL OR q.rule = $1) AND h.division BETWEEN $2 AND $3
  AND (h.division, q.household_id, q.place) > ($4, $5, $6)
ORDER BY h.division, q.household_id, q.place LIMIT $7
"""


@dataclass(frozen=True, slots=True)
class Said:
    """The answers to all rows of a registered household; `persons` are those of its rows that name one."""

    household_id: UUID
    answers: Sequence[RowAnswer]
    persons: dict[int, UUID]

    def lines(self) -> Iterable[tuple[Any, ...]]:
        """A line a finding that a person must look at."""
        told = (
            (finding, answer.row)
            for answer in self.answers
            for finding in answer.findings
            if finding.severity != "accepted"
        )
        for place, (finding, row) in enumerate(told):
            person = self.persons.get(row)
            yield self.household_id, place, finding.rule, finding.severity, finding.column, row, person


async def replace(pool: Pool, import_id: UUID, as_of: date, said: Sequence[Said]) -> None:
    """Keep what a register says of these households instead of what an older one, or this one before, said."""
    lines = [line for each in said for line in each.lines()]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(FORGET, [each.household_id for each in said])
        if lines:
            columns = (list(column) for column in zip(*lines, strict=True))
            await connection.execute(KEEP, *columns, import_id, as_of)


async def by_rule(pool: Pool, scope: tuple[str, str]) -> list[Record]:
    """How many rows and households of a range of divisions each rule speaks of, errors before warnings."""
    return list(await pool.fetch(BY_RULE, *scope))


def rows(pool: Pool, scope: tuple[str, str], rule: str | None) -> Listing:
    """What one rule speaks of, or any, by division and household."""
    return Listing(pool, ROWS, (rule, *scope), (before(scope), UUID(int=0), -1))
