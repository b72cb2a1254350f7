"""Reach per unit and topic: registered women on at least one list (人), and apart what was held (场次, 人次, 份).

A woman counts once, where she is registered now, by whichever of her ids she was named; an act stays where it was held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.types import Pool
from libs.values.division import LEVELS, Division

LISTED: Final = """
SELECT coalesce(c.canonical, r.woman_id) AS woman_id, max(coalesce(w.division, r.division)) AS division,
       max(r.sessions) AS sessions
FROM reached r LEFT JOIN canonical_ids c ON c.id = r.woman_id
LEFT JOIN women w ON w.woman_id = coalesce(c.canonical, r.woman_id)
WHERE r.activity_id = $1 AND coalesce(w.division, r.division) BETWEEN $2 AND $3
  AND ($4::uuid IS NULL OR coalesce(c.canonical, r.woman_id) > $4)
GROUP BY 1 ORDER BY 1 LIMIT $5
"""
# Women of the register as the reports count them: not those who left it, are only watched, or are another record's.
REGISTERED: Final = """
SELECT rpad(left(w.division, $3), 12, '0') AS unit, count(*) AS women
FROM women w
WHERE w.division BETWEEN $1 AND $2 AND NOT w.gone AND w.status <> 'monitored'
  AND NOT EXISTS (SELECT FROM aliases a WHERE a.merged = w.woman_id AND a.ended IS NULL)
GROUP BY 1
"""
REACHED: Final = """
SELECT rpad(left(w.division, $3), 12, '0') AS unit, count(DISTINCT w.woman_id) AS women
FROM reached r LEFT JOIN canonical_ids c ON c.id = r.woman_id
JOIN women w ON w.woman_id = coalesce(c.canonical, r.woman_id)
WHERE w.division BETWEEN $1 AND $2 AND NOT w.gone AND w.status <> 'monitored'
  AND r.first_day BETWEEN $4 AND $5 AND ($6::text IS NULL OR r.topic = $6)
GROUP BY 1
"""
HELD: Final = """
SELECT rpad(left(division, $3), 12, '0') AS unit, count(*) AS activities, sum(sessions)::bigint AS sessions,
       sum(attendances)::bigint AS attendances, sum(women)::bigint AS women_attendances,
       sum(registered)::bigint AS registered_attendances, sum(materials)::bigint AS materials
FROM activities
WHERE division BETWEEN $1 AND $2 AND phase = 'reported'
  AND first_day BETWEEN $4 AND $5 AND ($6::text IS NULL OR topic = $6)
GROUP BY 1
"""
FIGURES: Final = (
    "registered_women",
    "reached_women",
    "activities",
    "sessions",
    "attendances",
    "women_attendances",
    "registered_attendances",
    "materials",
)
_WIDTHS: Final = {"nation": 0, "province": 2, "prefecture": 4, "county": 6, "township": 9, "village": 12}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report of reach is about; `topic` None: of every topic."""

    division: Division
    first: date
    last: date
    topic: str | None = None

    @property
    def width(self) -> int:
        """Digits of the units below; a village answers with itself."""
        below = LEVELS.index(self.division.level) + 1
        return _WIDTHS[LEVELS[min(below, len(LEVELS) - 1)]]


@dataclass(frozen=True, slots=True)
class UnitReach:
    """The figures of one unit, by FIGURES."""

    division: str
    figures: Mapping[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        """A figure, zero where nothing was counted."""
        return self.figures.get(name, 0)


class Reach:
    """Queries, each limited to a division inside the SQL."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    def listed(self, division: Division, activity_id: UUID) -> Listing:
        """Women of these units on the list of an activity, in the order of their ids."""
        return Listing(self._pool, LISTED, (activity_id, *division.range()), (None,))

    async def report(self, asked: Asked) -> list[UnitReach]:
        """A row for each unit below of which anything is known, in the order of codes."""
        scope = (*asked.division.range(), asked.width)
        when = (asked.first, asked.last, asked.topic)
        found: dict[str, dict[str, int]] = {}
        async with self._pool.acquire() as tx, tx.transaction(isolation="repeatable_read", readonly=True):
            for row in await tx.fetch(REGISTERED, *scope):
                found.setdefault(row["unit"], {})["registered_women"] = row["women"]
            for row in await tx.fetch(REACHED, *scope, *when):
                found.setdefault(row["unit"], {})["reached_women"] = row["women"]
            for row in await tx.fetch(HELD, *scope, *when):
                held = {name: row[name] for name in FIGURES[2:]}
                found[row["unit"]] = found.get(row["unit"], {}) | held
        return [UnitReach(unit, found[unit]) for unit in sorted(found)]
