"""The women and households behind a number of the match report: filtered by the same columns that it sums."""

from datetime import date
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.values.division import Division
from services.reporting.domain.mapping import KINDS
from services.reporting.domain.report import HOUSEHOLDS, WOMEN
from services.reporting.projections.ages import ages
from services.reporting.projections.snapshot import Snapshot

COLUMNS = (HOUSEHOLDS, *WOMEN, *KINDS)

WOMEN_BEHIND = """
SELECT woman_id, household_id, division, status, target_group, measures
FROM women_cells($5::int, $6::int, $7::int, $8::int, $9::int, $10::text[])
WHERE division BETWEEN $1 AND $2 AND recorded <= $3 AND until > $3 AND (division, woman_id) > ($11, $12)
  AND CASE $4
      WHEN 'population' THEN population
      WHEN 'exited' THEN exited
      WHEN 'not_exited' THEN not_exited
      WHEN 'baseline_exited' THEN baseline_exited
      WHEN 'lifted' THEN lifted
      WHEN 'returned' THEN returned
      WHEN 'matched' THEN matched
      WHEN 'matched_exited' THEN matched_exited
      WHEN 'matched_not_exited' THEN matched_not_exited
      WHEN 'unmatched' THEN unmatched
      WHEN 'able_adults' THEN able_adults
      WHEN 'unmatched_able_adults' THEN unmatched_able_adults
      WHEN 'girls' THEN girls
      WHEN 'unmatched_girls' THEN unmatched_girls
      WHEN 'pupils' THEN pupils
      WHEN 'unmatched_pupils' THEN unmatched_pupils
      WHEN 'adults_without_labour' THEN adults_without_labour
      WHEN 'unmatched_adults_without_labour' THEN unmatched_adults_without_labour
      WHEN 'elders' THEN elders
      WHEN 'unmatched_elders' THEN unmatched_elders
      WHEN 'monitored' THEN monitored
      ELSE population AND $4 = ANY (measures)
  END
ORDER BY division, woman_id LIMIT $13
"""

HOUSEHOLDS_BEHIND = """
SELECT household_id, division, persons, women, status FROM households
WHERE division BETWEEN $1 AND $2 AND recorded <= $3 AND until > $3 AND (division, household_id) > ($4, $5)
ORDER BY division, household_id LIMIT $6
"""


def behind(known: Snapshot, division: Division, column: str, on: date | None = None) -> Listing:
    """Women (households of `households`) behind one of COLUMNS, in the order of unit and id; ages as of `on`."""
    scope = division.range()
    start = (before(scope), UUID(int=0))
    if column == HOUSEHOLDS:
        return Listing(known.tx, HOUSEHOLDS_BEHIND, (*scope, known.at), start)
    return Listing(known.tx, WOMEN_BEHIND, (*scope, known.at, column, *ages(on)), start)
