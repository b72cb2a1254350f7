"""Models of the statements over `offsets` and `counters`: how far consumers have read, and recorded numbers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from libs.events import consumer, recorded
from libs.events.testing.simulation.database import Call, Database, Model, Rows


def add_facts(database: Database) -> None:
    """The tables."""
    database.table("offsets", offsets_pkey=("consumer", "log_id", "partition"))
    database.table("counters", counters_pkey=("name",))


async def subscribe(call: Call, name: str, log_id: UUID, partitions: int) -> Rows:
    """consumer.SUBSCRIBE."""
    made = []
    for partition in range(partitions):
        values = {"consumer": name, "log_id": log_id, "partition": partition, "number": 0, "event_id": None, "at": None}
        made.append(await call.database.tables["offsets"].insert_or_skip(call.tx, values))
    return [version.values for version in made if version is not None]


async def logs(call: Call, name: str) -> Rows:
    """consumer.LOGS."""
    found = {row["log_id"]: None for row in _offsets(call) if row["consumer"] == name}
    return [{"log_id": log_id} for log_id in found]


async def positions(call: Call, name: str, log_id: UUID) -> Rows:
    """consumer.POSITIONS."""
    rows = [row for row in _offsets(call) if row["consumer"] == name and row["log_id"] == log_id]
    return sorted(rows, key=lambda row: row["partition"])


async def lock(call: Call, name: str, log_id: UUID) -> Rows:
    """consumer.LOCK."""
    found = await call.lock(
        call.database.tables["offsets"],
        lambda row: row["consumer"] == name and row["log_id"] == log_id,
        "partition",
    )
    return [version.values for version in found]


async def move(call: Call, name: str, log_id: UUID, *columns: Sequence[Any]) -> Rows:
    """consumer.MOVE."""
    new = {row[0]: dict(zip(("number", "event_id", "at"), row[1:], strict=True)) for row in zip(*columns, strict=True)}
    return await call.update(
        call.database.tables["offsets"],
        lambda row: row["consumer"] == name and row["log_id"] == log_id and row["partition"] in new,
        lambda row: new[row["partition"]],
    )


async def stored(call: Call, name: str) -> Rows:
    """consumer.STORED."""
    rows = [row for row in _offsets(call) if row["consumer"] == name]
    number = max((row["number"] for row in rows), default=0)
    return [{"number": number, "at": max((row["at"] for row in rows if row["at"]), default=None)}]


async def next_number(call: Call, name: str, count: int) -> Rows:
    """recorded.NEXT."""
    counters = call.database.tables["counters"]
    version = await counters.upsert(call.tx, {"name": name, "last": count}, lambda row: {"last": row["last"] + count})
    return [{"last": version.values["last"]}]


async def last_number(call: Call, name: str) -> Rows:
    """recorded.LAST."""
    found = call.database.tables["counters"].find(name, call.snapshot, call.tx)
    return [{"last": found.values["last"]}] if found else []


def _offsets(call: Call) -> Rows:
    return call.rows(call.database.tables["offsets"])


FACT_MODELS: dict[str, Model] = {
    consumer.SUBSCRIBE: subscribe,
    consumer.LOGS: logs,
    consumer.POSITIONS: positions,
    consumer.LOCK: lock,
    consumer.MOVE: move,
    consumer.STORED: stored,
    recorded.NEXT: next_number,
    recorded.LAST: last_number,
}
