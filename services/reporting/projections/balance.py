"""The balance of persons by SQL over movements, at any recorded number, and the movements behind each number."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.types import Connection, Record
from libs.values.division import Division
from libs.values.period import Period
from services.reporting.domain.balance import CAME, CLOSING, COLUMNS, LEFT, OPENING, Balance, BalanceRow
from services.reporting.projections import units
from services.reporting.projections.snapshot import Snapshot

# `$4` digits name a row: whoever moves inside one is neither in nor out of it.
PER_UNIT: Final = """
WITH crossed AS (
    SELECT rpad(left(to_division, $4), 12, '0') AS unit, day, kind, 1 AS n FROM movements
    WHERE to_division BETWEEN $1 AND $2 AND recorded <= $3 AND until > $3 AND day <= $6
      AND left(from_division, $4) IS DISTINCT FROM left(to_division, $4)
    UNION ALL
    SELECT rpad(left(from_division, $4), 12, '0'), day, kind, -1 FROM movements
    WHERE from_division BETWEEN $1 AND $2 AND recorded <= $3 AND until > $3 AND day <= $6
      AND left(from_division, $4) IS DISTINCT FROM left(to_division, $4)
)
SELECT unit,
       coalesce(sum(n) FILTER (WHERE day < $5), 0)::bigint AS opening,
       count(*) FILTER (WHERE day >= $5 AND n = 1 AND kind = 'identified') AS identified,
       count(*) FILTER (WHERE day >= $5 AND n = 1 AND kind = 'born') AS born,
       count(*) FILTER (WHERE day >= $5 AND n = 1 AND kind = 'married_in') AS married_in,
       count(*) FILTER (WHERE day >= $5 AND n = 1 AND kind IN ('moved_in', 'moved')) AS moved_in,
       count(*) FILTER (WHERE day >= $5 AND n = 1 AND kind = 'correction') AS corrected_in,
       count(*) FILTER (WHERE day >= $5 AND n = -1 AND kind = 'died') AS died,
       count(*) FILTER (WHERE day >= $5 AND n = -1 AND kind = 'married_out') AS married_out,
       count(*) FILTER (WHERE day >= $5 AND n = -1 AND kind IN ('moved_out', 'moved')) AS moved_out,
       count(*) FILTER (WHERE day >= $5 AND n = -1 AND kind = 'deregistered') AS deregistered,
       count(*) FILTER (WHERE day >= $5 AND n = -1 AND kind = 'correction') AS corrected_out,
       sum(n)::bigint AS closing
FROM crossed GROUP BY unit
"""

# A unit's codes are named only where they lie inside the reader's range: where a woman went to is not his to know.
_SHOWN: Final = """
SELECT woman_id, seq, day, kind, event_id,
       CASE WHEN from_division BETWEEN $3 AND $4 THEN from_division END AS came_from,
       CASE WHEN to_division BETWEEN $3 AND $4 THEN to_division END AS went_to
FROM movements m
WHERE recorded <= $5 AND until > $5 AND (day, woman_id, seq) >"""
WHO_CAME: Final = f"""{_SHOWN} ($9, $10, $11) AND day BETWEEN $6 AND $7 AND kind = ANY($8::text[])
  AND to_division BETWEEN $1 AND $2 AND (from_division IS NULL OR from_division NOT BETWEEN $1 AND $2)
ORDER BY day, woman_id, seq LIMIT $12
"""
WHO_LEFT: Final = f"""{_SHOWN} ($9, $10, $11) AND day BETWEEN $6 AND $7 AND kind = ANY($8::text[])
  AND from_division BETWEEN $1 AND $2 AND (to_division IS NULL OR to_division NOT BETWEEN $1 AND $2)
ORDER BY day, woman_id, seq LIMIT $12
"""
WHO_IS_THERE: Final = f"""{_SHOWN} ($7, $8, $9) AND day <= $6 AND to_division BETWEEN $1 AND $2
  AND NOT EXISTS (SELECT FROM movements later WHERE later.woman_id = m.woman_id AND later.seq > m.seq
                  AND later.day <= $6 AND later.recorded <= $5 AND later.until > $5)
ORDER BY day, woman_id, seq LIMIT $10
"""


async def balance(tx: Connection, division: Division, period: Period, as_known: int) -> Balance:
    """A row per child unit (a village answers with itself) and the unit's own. `tx` should be one snapshot."""
    found = await _rows(tx, division, period, as_known, units.width_of_children(division))
    names = await units.children(tx, division, as_known)
    rows = tuple(_row(code, names.get(code, code), found.get(code)) for code in sorted({*names, *found}))
    own = await _rows(tx, division, period, as_known, units.WIDTHS[division.level])
    name = await units.name(tx, division, as_known) or division.code
    return Balance(division.code, name, period, as_known, rows, _row(division.code, name, own.get(division.code)))


async def _rows(tx: Connection, division: Division, period: Period, as_known: int, width: int) -> dict[str, Record]:
    rows = await tx.fetch(PER_UNIT, *division.range(), as_known, width, period.first, period.last)
    return {row["unit"]: row for row in rows}


def _row(code: str, name: str, found: Record | None) -> BalanceRow:
    return BalanceRow(code, name, {column: found[column] if found else 0 for column in COLUMNS})


def behind(known: Snapshot, division: Division, period: Period, column: str, reader: Division) -> Listing:
    """The movements behind one of COLUMNS; of opening and closing those that brought each woman there."""
    scope = (*division.range(), *reader.range(), known.at)
    start = (date.min, UUID(int=0), 0)
    if column in (OPENING, CLOSING):
        day = period.last if column == CLOSING else period.first - timedelta(days=1)
        return Listing(known.tx, WHO_IS_THERE, (*scope, day), start)
    came = column in CAME
    kinds = list((CAME if came else LEFT)[column])
    return Listing(known.tx, WHO_CAME if came else WHO_LEFT, (*scope, period.first, period.last, kinds), start)
