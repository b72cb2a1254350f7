"""Names and order of units, versioned by recorded number. They may arrive after the women who live there."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.events.types import Connection
from libs.values.records import values_of
from services.reporting.domain.book import Numbered
from services.reporting.domain.mapping.row import ListsDivisions
from services.reporting.domain.versions import Version, Versions

COLUMNS = ("listing", "code", "recorded", "until", "name", "level", "parent")

HELD = """
SELECT listing, code, recorded, name, level, parent FROM divisions
WHERE listing = ANY($1::text[]) AND until = 9223372036854775807
"""

CLOSE = """
UPDATE divisions d SET until = c.until
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) c(listing, code, recorded, until)
WHERE d.listing = c.listing AND d.code = c.code AND d.recorded = c.recorded
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by name; `parent` as the list says it."""

    name: str
    level: str
    parent: str


_VALUES = values_of(Unit)


async def apply(tx: Connection, facts: Sequence[Numbered]) -> None:
    """A list replaces the earlier list of the same unit."""
    about = [fact for fact in facts if isinstance(fact.row.effect, ListsDivisions)]
    if not about:
        return
    rows = await tx.fetch(HELD, [fact.body["parent"] for fact in about])
    held = {(row["listing"], row["code"]): Version(row["recorded"], Unit(*tuple(row)[3:])) for row in rows}
    versions = Versions(held)
    for fact in about:
        _list(versions, fact)
    if versions.closed:
        closed = [(*key, recorded, until) for key, recorded, until in versions.closed]
        await tx.execute(CLOSE, *(list(column) for column in zip(*closed, strict=True)))
    records = [(*key, each.recorded, each.until, *_VALUES(each.value)) for key, each in versions.opened]
    await tx.copy_records_to_table("divisions", columns=COLUMNS, records=records)


def _list(versions: Versions[tuple[str, str], Unit], fact: Numbered) -> None:
    listing = fact.body["parent"]
    listed = {
        (listing, item["code"]): Unit(item["name"], item["level"], item["parent"]) for item in fact.body["divisions"]
    }
    for key in versions.present():
        if key[0] == listing and key not in listed:
            versions.settle(key, None, fact.recorded)
    for key, unit in listed.items():
        versions.settle(key, unit, fact.recorded)
