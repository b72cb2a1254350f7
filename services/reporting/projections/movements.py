"""Movements of women between units, versioned by recorded number, from each record's own facts and its merges."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from libs.events.types import Connection, Record
from libs.values.records import values_of
from services.reporting.domain.book import Numbered
from services.reporting.domain.mapping import BY_TYPE
from services.reporting.domain.mapping.row import Merges, Unmerges
from services.reporting.domain.movements import Movement, Told, moved_by, movements
from services.reporting.domain.versions import Version, Versions

COLUMNS: Final = (
    "woman_id", "seq", "recorded", "until", "day", "kind", "from_division", "to_division", "event_id",
    "division",
)  # fmt: skip
HELD: Final = "SELECT * FROM movements WHERE woman_id = ANY($1::uuid[]) AND until = 9223372036854775807"
CLOSE: Final = """
UPDATE movements m SET until = c.until
FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[]) c(woman_id, seq, recorded, until)
WHERE m.woman_id = c.woman_id AND m.seq = c.seq AND m.recorded = c.recorded
"""
OWN: Final = """
SELECT number, event_id, type, body FROM facts
WHERE key = ANY($1::uuid[]) AND recorded < $2 AND type = ANY($3::text[])
"""
MERGED: Final = """
SELECT number, event_id, type, body FROM facts
WHERE (body ->> 'merged_id')::uuid = ANY($1::uuid[]) AND recorded < $2
  AND type IN ('registry.woman-merged.v1', 'registry.woman-unmerged.v1')
"""
_VALUES: Final = values_of(Movement)
_OWN_TYPES: Final = [
    contract
    for contract, row in BY_TYPE.items()
    if not isinstance(row.effect, Merges | Unmerges) and row.women and moved_by(row, {"woman_id": UUID(int=0)})
]


async def apply(tx: Connection, facts: Sequence[Numbered]) -> None:
    """Each fact at its own number: what was known at any number stays readable, however facts were batched."""
    about = [(record, fact) for fact in facts if (record := moved_by(fact.row, fact.body)) is not None]
    if not about:
        return
    records = {record for record, _ in about}
    told = await _history(tx, records, before=facts[0].recorded)
    rows = await tx.fetch(HELD, list(records))
    versions = Versions({(row["woman_id"], row["seq"]): Version(row["recorded"], _movement(row)) for row in rows})
    lengths = defaultdict(int, {row["woman_id"]: 0 for row in rows})
    for row in rows:
        lengths[row["woman_id"]] = max(lengths[row["woman_id"]], row["seq"])
    for record, fact in about:
        told[record].append(Told(fact.number, fact.event_id, fact.row, fact.body))
        found = movements(told[record])
        for seq in range(1, max(len(found), lengths[record]) + 1):
            versions.settle((record, seq), found[seq - 1] if seq <= len(found) else None, fact.recorded)
        lengths[record] = len(found)
    await _write(tx, versions)


async def _history(tx: Connection, records: Collection[UUID], before: int) -> defaultdict[UUID, list[Told]]:
    found: defaultdict[UUID, list[Told]] = defaultdict(list)
    rows = await tx.fetch(OWN, list(records), before, _OWN_TYPES)
    rows += await tx.fetch(MERGED, list(records), before)
    for row in rows:
        meaning = BY_TYPE[row["type"]]
        record = moved_by(meaning, row["body"])
        assert record is not None
        found[record].append(Told(row["number"], row["event_id"], meaning, row["body"]))
    return found


async def _write(tx: Connection, versions: Versions[tuple[UUID, int], Movement]) -> None:
    closed = [(*key, recorded, until) for key, recorded, until in versions.closed]
    if closed:
        await tx.execute(CLOSE, *(list(column) for column in zip(*closed, strict=True)))
    fresh = [
        (*key, each.recorded, each.until, *_VALUES(each.value), each.value.division) for key, each in versions.opened
    ]
    await tx.copy_records_to_table("movements", columns=COLUMNS, records=fresh)


def _movement(row: Record) -> Movement:
    return Movement(row["day"], row["kind"], row["from_division"], row["to_division"], row["event_id"])
