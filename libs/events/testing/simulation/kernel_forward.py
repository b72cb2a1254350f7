"""Models of the forwarder's statements: what is left to send, and what the topic is held against."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from libs.events import forwarder, topic_check
from libs.events.testing.simulation.database import Call, Database, Model, Rows
from libs.events.testing.simulation.table import Values


def add_forwarded(database: Database) -> None:
    """The table."""
    database.table("forwarded", forwarded_pkey=("partition",))


async def waiting(call: Call, name: str) -> Rows:
    """forwarder.WAITING: one row, of nulls where there is no cursor yet."""
    found = call.database.tables["cursors"].find(name, call.snapshot, call.tx)
    row = dict.fromkeys(("last_number", "told", "owner", "free"))
    if found is not None:
        row = {each: found.values[each] for each in ("last_number", "told", "owner")}
        row["free"] = found.values["lease_until"] < call.database.now()
    return [{**row, "head": max((each["number"] for each in _published(call)), default=0)}]


async def tell(call: Call, name: str, epoch: int, number: int) -> Rows:
    """forwarder.TELL."""

    def other(row: Values) -> bool:
        return bool(row["name"] == name and row["epoch"] == epoch and row["told"] != number)

    return await call.update(call.database.tables["cursors"], other, lambda _: {"told": number})


async def unsent(call: Call, after: int, limit: int) -> Rows:
    """forwarder.READ."""
    rows = sorted((row for row in _published(call) if row["number"] > after), key=_number)
    return [_as_text(row) for row in rows[:limit]]


async def lasts_sent(call: Call, partitions: int, cursor: int) -> Rows:
    """topic_check.LASTS."""
    found: dict[int, Values] = {each: {"number": 0, "event_id": None} for each in range(partitions)}
    for row in sorted(_published(call), key=_number):
        if row["number"] <= cursor:
            found[row["partition"]] = row
    return [{"partition": each, "number": row["number"], "event_id": row["event_id"]} for each, row in found.items()]


async def log(call: Call, number: int) -> Rows:
    """topic_check.LOG."""
    log_id: UUID = call.database.values["log_id"]
    found = call.database.tables["published"].find(number, call.snapshot, call.tx)
    return [{"log_id": log_id, "ours": [log_id], "at": found.values["at"] if found else None}]


async def ids(call: Call, numbers: Sequence[int]) -> Rows:
    """topic_check.IDS."""
    rows = [row for row in _published(call) if row["number"] in numbers]
    return [{name: row[name] for name in ("number", "partition", "event_id")} for row in rows]


async def partition(call: Call, of: int, after: int, up_to: int, limit: int) -> Rows:
    """topic_check.PARTITION."""
    rows = [row for row in _published(call) if row["partition"] == of and after < row["number"] <= up_to]
    return [_as_text(row) for row in sorted(rows, key=_number)[:limit]]


async def before(call: Call, of: int, number: int) -> Rows:
    """topic_check.BEFORE."""
    rows = [row for row in _published(call) if row["partition"] == of and row["number"] <= number]
    return sorted(rows, key=_number)[-1:]


async def beginnings(call: Call) -> Rows:
    """topic_check.BEGINNINGS."""
    return call.rows(call.database.tables["forwarded"])


async def keep_beginnings(call: Call, *columns: Sequence[Any]) -> Rows:
    """topic_check.STORE."""
    made = []
    for row in zip(*columns, strict=True):
        new = dict(zip(("partition", "beginning"), row, strict=True))
        made.append(await call.database.tables["forwarded"].upsert(call.tx, new, partial(_newer, new)))
    return [version.values for version in made]


def _newer(new: Values, _row: Values) -> Values:
    return new


def _published(call: Call) -> Rows:
    return call.rows(call.database.tables["published"])


def _number(row: Values) -> int:
    number: int = row["number"]
    return number


def _as_text(row: Values) -> Values:
    return {**row, "data": orjson.dumps(row["data"]).decode()}


FORWARD_MODELS: dict[str, Model] = {
    forwarder.WAITING: waiting,
    forwarder.READ: unsent,
    forwarder.TELL: tell,
    topic_check.LASTS: lasts_sent,
    topic_check.LOG: log,
    topic_check.IDS: ids,
    topic_check.PARTITION: partition,
    topic_check.BEFORE: before,
    topic_check.BEGINNINGS: beginnings,
    topic_check.STORE: keep_beginnings,
}
