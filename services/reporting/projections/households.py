"""Registered households (户), versioned by recorded number."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.events.types import Connection
from libs.values.records import values_of
from services.reporting.domain.book import Numbered
from services.reporting.domain.mapping.row import DropsHousehold, HoldsHousehold
from services.reporting.domain.versions import Version, Versions

COLUMNS = ("household_id", "recorded", "until", "division", "persons", "women", "status")

HELD = """
SELECT household_id, recorded, division, persons, women, status FROM households
WHERE household_id = ANY($1::uuid[]) AND until = 9223372036854775807
"""

CLOSE = """
UPDATE households h SET until = c.until
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) c(household_id, recorded, until)
WHERE h.household_id = c.household_id AND h.recorded = c.recorded
"""


@dataclass(frozen=True, slots=True)
class Household:
    """What reports count of a household."""

    division: str
    persons: int
    women: int
    status: str


_VALUES = values_of(Household)


async def apply(tx: Connection, facts: Sequence[Numbered]) -> None:
    """Each fact is the full state of its household, or that it is none of the register any more."""
    kinds = HoldsHousehold | DropsHousehold
    about = [(UUID(f.body["household_id"]), f) for f in facts if isinstance(f.row.effect, kinds)]
    if not about:
        return
    rows = await tx.fetch(HELD, [household_id for household_id, _ in about])
    versions = Versions({row[0]: Version(row[1], Household(*tuple(row)[2:])) for row in rows})
    for household_id, fact in about:
        body, holds = fact.body, isinstance(fact.row.effect, HoldsHousehold)
        household = Household(body["division"], body["persons"], body["women"], body["status"]) if holds else None
        versions.settle(household_id, household, fact.recorded)
    if versions.closed:
        await tx.execute(CLOSE, *(list(column) for column in zip(*versions.closed, strict=True)))
    records = [(key, held.recorded, held.until, *_VALUES(held.value)) for key, held in versions.opened]
    await tx.copy_records_to_table("households", columns=COLUMNS, records=records)
