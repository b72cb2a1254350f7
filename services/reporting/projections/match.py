"""The match report by SQL over states and lines, at any recorded number."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from libs.events.types import Connection, Record
from libs.values.division import Division
from services.reporting.domain.mapping import KINDS
from services.reporting.domain.report import HOUSEHOLDS, WOMEN, MatchReport, MeasureCell, Row, figures, total
from services.reporting.projections import units
from services.reporting.projections.ages import ages

WOMEN_PER_UNIT = """
SELECT rpad(left(division, $4), 12, '0') AS unit,
       count(*) FILTER (WHERE population) AS population,
       count(*) FILTER (WHERE exited) AS exited,
       count(*) FILTER (WHERE not_exited) AS not_exited,
       count(*) FILTER (WHERE baseline_exited) AS baseline_exited,
       count(*) FILTER (WHERE lifted) AS lifted,
       count(*) FILTER (WHERE returned) AS returned,
       count(*) FILTER (WHERE matched) AS matched,
       count(*) FILTER (WHERE matched_exited) AS matched_exited,
       count(*) FILTER (WHERE matched_not_exited) AS matched_not_exited,
       count(*) FILTER (WHERE unmatched) AS unmatched,
       count(*) FILTER (WHERE able_adults) AS able_adults,
       count(*) FILTER (WHERE unmatched_able_adults) AS unmatched_able_adults,
       count(*) FILTER (WHERE girls) AS girls,
       count(*) FILTER (WHERE unmatched_girls) AS unmatched_girls,
       count(*) FILTER (WHERE pupils) AS pupils,
       count(*) FILTER (WHERE unmatched_pupils) AS unmatched_pupils,
       count(*) FILTER (WHERE adults_without_labour) AS adults_without_labour,
       count(*) FILTER (WHERE unmatched_adults_without_labour) AS unmatched_adults_without_labour,
       count(*) FILTER (WHERE elders) AS elders,
       count(*) FILTER (WHERE unmatched_elders) AS unmatched_elders,
       count(*) FILTER (WHERE monitored) AS monitored
FROM women_cells($5::int, $6::int, $7::int, $8::int, $9::int, $10::text[])
WHERE division BETWEEN $1 AND $2 AND recorded <= $3 AND until > $3
GROUP BY 1
"""

HOUSEHOLDS_PER_UNIT = """
SELECT rpad(left(division, $4), 12, '0') AS unit, count(*) AS households FROM households
WHERE division BETWEEN $1 AND $2 AND recorded <= $3 AND until > $3
GROUP BY 1
"""

WOMEN_PER_KIND = """
SELECT rpad(left(division, $4), 12, '0') AS unit, kind, count(*) AS women
FROM women_cells(NULL, NULL, NULL, NULL, NULL, NULL), unnest(measures) AS kind
WHERE division BETWEEN $1 AND $2 AND recorded <= $3 AND until > $3 AND population
GROUP BY 1, 2
"""

ACTS_PER_KIND = """
WITH acts AS (
    SELECT rpad(left(unit, $4), 12, '0') AS unit, measure_kind AS kind, measure_id,
           sum(times) AS times, sum(quantity) AS quantity, sum(fen) AS fen
    FROM lines
    WHERE measure_kind = ANY($5::text[]) AND unit BETWEEN $1 AND $2 AND recorded <= $3
    GROUP BY 1, 2, 3
)
SELECT unit, kind, sum(times)::bigint AS times, sum(quantity)::bigint AS quantity, sum(fen)::bigint AS fen,
       count(DISTINCT measure_id) FILTER (WHERE times > 0) AS measures
FROM acts
GROUP BY GROUPING SETS ((unit, kind), (kind))
"""


async def match_report(tx: Connection, division: Division, as_known: int, on: date | None = None) -> MatchReport:
    """Figures of every child unit (a village answers with itself). `tx` should be one snapshot.

    Target groups are those of the day `on`; without it those of each woman's register.
    """
    low, high = division.range()
    width = units.width_of_children(division)
    where = (low, high, as_known, width)
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in await tx.fetch(WOMEN_PER_UNIT, *where, *ages(on)):
        counts[row["unit"]] |= {column: row[column] for column in WOMEN}
    for row in await tx.fetch(HOUSEHOLDS_PER_UNIT, *where):
        counts[row["unit"]][HOUSEHOLDS] = row["households"]
    women = await tx.fetch(WOMEN_PER_KIND, *where)
    acts = await tx.fetch(ACTS_PER_KIND, *where, list(KINDS))
    cells = _cells(women, acts)
    names = await units.children(tx, division, as_known)
    listed = sorted({*names, *counts, *(unit for unit, _ in cells)})
    rows = tuple(_row(unit, names.get(unit, unit), counts[unit], cells) for unit in listed)
    name = await units.name(tx, division, as_known) or division.code
    distinct = {row["kind"]: row["measures"] for row in acts if row["unit"] is None}
    return MatchReport(division.code, name, as_known, rows, total(division.code, name, rows, distinct), on)


def _row(unit: str, name: str, counts: Mapping[str, int], cells: Mapping[tuple[str, str], MeasureCell]) -> Row:
    return Row(unit, name, figures(counts), {kind: cells.get((unit, kind), MeasureCell()) for kind in KINDS})


def _cells(women: Sequence[Record], acts: Sequence[Record]) -> dict[tuple[str, str], MeasureCell]:
    distinct = {(row["unit"], row["kind"]): row["women"] for row in women}
    done = {(row["unit"], row["kind"]): row for row in acts if row["unit"] is not None}
    return {key: _cell(distinct.get(key, 0), done.get(key)) for key in distinct.keys() | done.keys()}


def _cell(women: int, acts: Record | None) -> MeasureCell:
    if acts is None:
        return MeasureCell(women=women)
    return MeasureCell(women, acts["times"], acts["quantity"], acts["measures"], acts["fen"])
