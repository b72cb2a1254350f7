"""Models of the statements over `offsets` and `counters`: how far consumers have read, and recorded numbers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from libs.events import consumer, parked, recorded
from libs.events.testing.simulation.database import Call, Database, Model, Rows
from libs.events.testing.simulation.table import Values

BEGINNING: Values = {
    "number": 0,
    "event_id": None,
    "at": None,
    "place": None,
    "through": 0,
    "through_at": None,
    "all_through": 0,
    "paused": False,
    "parked": 0,
}


def add_facts(database: Database) -> None:
    """The tables."""
    database.table("offsets", offsets_pkey=("consumer", "log_id", "partition"))
    database.table("parked", parked_pkey=("consumer", "log_id", "number"))
    database.table("consumer_actions", consumer_actions_pkey=("id",))
    database.table("counters", counters_pkey=("name",))


async def subscribe(call: Call, name: str, log_id: UUID, partitions: int) -> Rows:
    """consumer.SUBSCRIBE."""
    made = []
    for partition in range(partitions):
        values = {"consumer": name, "log_id": log_id, "partition": partition, **BEGINNING}
        made.append(await call.database.tables["offsets"].insert_or_skip(call.tx, values))
    return [version.values for version in made if version is not None]


async def logs(call: Call, name: str) -> Rows:
    """consumer.LOGS."""
    return [{"log_id": log_id} for log_id in {row["log_id"]: None for row in _offsets(call, name)}]


async def decided(call: Call, name: str) -> Rows:
    """consumer.DECIDED."""
    actions = call.rows(call.database.tables["consumer_actions"])
    return [{"coalesce": max((row["id"] for row in actions if row["consumer"] == name), default=0)}]


async def positions(call: Call, name: str, log_id: UUID) -> Rows:
    """consumer.POSITIONS."""
    rows = [row for row in _offsets(call, name) if row["log_id"] == log_id]
    return sorted(rows, key=lambda row: row["partition"])


async def lock(call: Call, name: str, log_id: UUID, partitions: Sequence[int]) -> Rows:
    """consumer.LOCK."""
    offsets = call.database.tables["offsets"]
    among = call.found(offsets, ((name, log_id, each) for each in partitions))
    found = await call.lock(offsets, _any, "partition", among=among)
    return [version.values for version in found]


async def move(call: Call, name: str, log_id: UUID, *columns: Any) -> Rows:
    """consumer.MOVE."""
    *new, all_through = columns
    fields = ("number", "event_id", "at", "place")
    moved = {row[0]: dict(zip(fields, row[1:], strict=True)) for row in zip(*new, strict=True)}

    def changed(row: Values) -> Values:
        change = dict(moved[row["partition"]])
        if change["place"] is None:
            change["place"] = row["place"]
        return change | {"all_through": max(row["all_through"], all_through)}

    offsets = call.database.tables["offsets"]
    return await call.update(offsets, _any, changed, call.found(offsets, ((name, log_id, each) for each in moved)))


async def tell(call: Call, name: str, log_id: UUID, *columns: Sequence[Any]) -> Rows:
    """consumer.TELL."""
    told = {partition: (through, at) for partition, through, at in zip(*columns, strict=True)}

    def later(row: Values) -> bool:
        return bool(row["through"] < told[row["partition"]][0])

    offsets = call.database.tables["offsets"]
    return await call.update(
        offsets,
        later,
        lambda row: dict(zip(("through", "through_at"), told[row["partition"]], strict=True)),
        call.found(offsets, ((name, log_id, each) for each in told)),
    )


async def stored(call: Call, name: str) -> Rows:
    """consumer.STORED: of each log the greatest number up to which all is taken, of these the greatest."""
    by_log: dict[UUID, Rows] = {}
    for row in _offsets(call, name):
        by_log.setdefault(row["log_id"], []).append(row)
    found = [_through(rows) for rows in by_log.values()]
    return sorted(found, key=lambda row: row["number"], reverse=True)[:1]


def _through(rows: Rows) -> Values:
    number = min(max(row["number"], row["through"]) for row in rows)
    all_through = max(row["all_through"] for row in rows)
    least = min(rows, key=lambda row: max(row["number"], row["through"]))
    at = max((row["at"] for row in rows if row["at"]), default=None)
    if all_through < number:
        at = least["through_at"] if least["through"] > least["number"] else least["at"]
    return {"number": max(number, all_through), "at": at}


async def is_parked(call: Call, name: str, number: int) -> Rows:
    """parked.IS_PARKED."""
    rows = call.rows(call.database.tables["parked"])
    return [{"?column?": 1} for row in rows if row["consumer"] == name and row["number"] == number][:1]


async def next_number(call: Call, name: str, count: int) -> Rows:
    """recorded.NEXT."""
    counters = call.database.tables["counters"]
    version = await counters.upsert(call.tx, {"name": name, "last": count}, lambda row: {"last": row["last"] + count})
    return [{"last": version.values["last"]}]


async def last_number(call: Call, name: str) -> Rows:
    """recorded.LAST."""
    found = call.database.tables["counters"].find(name, call.snapshot, call.tx)
    return [{"last": found.values["last"]}] if found else []


def _any(_row: Values) -> bool:
    return True


def _offsets(call: Call, name: str) -> Rows:
    return [row for row in call.rows(call.database.tables["offsets"]) if row["consumer"] == name]


FACT_MODELS: dict[str, Model] = {
    consumer.SUBSCRIBE: subscribe,
    consumer.LOGS: logs,
    consumer.DECIDED: decided,
    consumer.POSITIONS: positions,
    consumer.LOCK: lock,
    consumer.MOVE: move,
    consumer.TELL: tell,
    consumer.STORED: stored,
    parked.IS_PARKED: is_parked,
    recorded.NEXT: next_number,
    recorded.LAST: last_number,
}
