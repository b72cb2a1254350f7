"""Published records said once more, under new numbers: for readers that could not use them when they came.

A replay is a record of its own on the way (own number, own event id, own place in the chain); its meta names the
record it repeats. What a consumer is handed is the original: its number, its id, its time. So whatever makes a second
delivery harmless makes a replay harmless: a fact kept by event id is kept once, a state kept by the newest number
stays the newest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from libs.events.contract import PARTITIONS
from libs.events.publisher import LASTS, PUBLISHER
from libs.events.types import Connection
from libs.values.errors import Invalid

MOST = 5_000  # records of one call: more would hold up the publisher

LOCK = "SELECT last_number FROM cursors WHERE name = $1 FOR UPDATE"
RANGE = """
SELECT number, partition, event_id, type, key, data, meta, at FROM published
WHERE number BETWEEN $1 AND $2 AND ($3::text IS NULL OR type = $3) ORDER BY number LIMIT $4
"""
INSERT = """
INSERT INTO published (number, partition, previous, event_id, type, key, data, meta, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
MOVE = "UPDATE cursors SET last_number = $2 WHERE name = $1"


@dataclass(frozen=True, slots=True)
class ReplayOf:
    """The record that a replay repeats."""

    number: int
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Replayed:
    """The new numbers, from `first` to `last`; both 0 when nothing was in the range."""

    records: int
    first: int
    last: int


def replay_of(meta: Mapping[str, Any]) -> ReplayOf | None:
    """What a published record repeats; None for an original."""
    if "replayof" not in meta:
        return None
    return ReplayOf(int(meta["replayof"]), UUID(meta["replayid"]))


def replay_id(original: UUID, number: int) -> UUID:
    """The event id of a replay under this number."""
    return uuid5(original, f"replay:{number}")


async def replay(tx: Connection, first: int, last: int, type_name: str | None = None) -> Replayed:
    """Publish the records of a range (of one type) once more, in the caller's transaction.

    Raises Invalid for a range that is none, or too long. The publisher's cursor is locked to commit; its owner finds
    it moved and reads it anew. A replay of a replay repeats the original.
    """
    if not 1 <= first <= last:
        raise Invalid(
            "events.replay_range", f"{first} to {last} is no range of numbers.", field="from", rule="1 ≤ from ≤ to"
        )
    head: int | None = await tx.fetchval(LOCK, PUBLISHER)
    rows = await tx.fetch(RANGE, first, last, type_name, MOST + 1)
    if len(rows) > MOST:
        raise Invalid(
            "events.replay_too_many",
            f"More than {MOST} records lie between {first} and {last}.",
            field="to",
            value=str(last),
            rule=f"at most {MOST} records in one call, so that the publisher is not held up",
            right="replay a shorter range, then the next",
        )
    if not rows or head is None:
        return Replayed(0, 0, 0)
    before = {row["partition"]: row["number"] for row in await tx.fetch(LASTS, PARTITIONS)}
    records = []
    for number, row in enumerate(rows, start=head + 1):
        original = replay_of(row["meta"]) or ReplayOf(row["number"], row["event_id"])
        meta = {**row["meta"], "replayof": str(original.number), "replayid": str(original.event_id)}
        records.append(
            (
                number,
                row["partition"],
                before[row["partition"]],
                replay_id(original.event_id, number),
                row["type"],
                row["key"],
                row["data"],
                meta,
                row["at"],
            )
        )
        before[row["partition"]] = number
    await tx.executemany(INSERT, records)
    await tx.execute(MOVE, PUBLISHER, records[-1][0])
    return Replayed(len(records), records[0][0], records[-1][0])
