"""What a person does about parked events: look, retry a key's events in their order, discard one with a reason.

Every change locks the offsets row of the partition first, as a batch does, so a later event of the key either waits
for it or is parked before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.events import failpoints
from libs.events.contract import Contract, by_type
from libs.events.facts import record_from_json, to_fact
from libs.events.poison import is_poison, why
from libs.events.service import Consumer
from libs.events.types import Connection, Pool
from libs.values.errors import Conflict, Invalid, NotFound, Refused

COLUMNS = """
consumer, log_id, partition, number, key, event, error, attempts, first_at, last_at, discarded_at, discarded_by,
discarded_reason
"""
LIST = f"""
SELECT {COLUMNS} FROM parked
WHERE ($1::text IS NULL OR consumer = $1) AND ($2 OR discarded_at IS NULL)
ORDER BY consumer, number LIMIT $3
"""  # noqa: S608 - our own words
ONE = f"SELECT {COLUMNS} FROM parked WHERE consumer = $1 AND number = $2 ORDER BY discarded_at NULLS FIRST"  # noqa: S608
KEYS = """
SELECT key, min(number) AS number FROM parked WHERE consumer = $1 AND discarded_at IS NULL GROUP BY key ORDER BY 2
"""
OPEN = f"""
SELECT {COLUMNS} FROM parked WHERE consumer = $1 AND key = $2 AND discarded_at IS NULL ORDER BY number
"""  # noqa: S608
LOCK = "SELECT 1 FROM offsets WHERE consumer = $1 AND log_id = $2 AND partition = $3 FOR UPDATE"
REMOVE = "DELETE FROM parked WHERE consumer = $1 AND log_id = $2 AND number = ANY($3::bigint[])"
LESS = """
UPDATE offsets SET parked = parked - $4 WHERE consumer = $1 AND log_id = $2 AND partition = $3
"""
FAILED = """
UPDATE parked SET error = $4, attempts = attempts + 1, last_at = clock_timestamp()
WHERE consumer = $1 AND log_id = $2 AND number = $3 AND discarded_at IS NULL
"""
DISCARD = """
UPDATE parked SET discarded_at = clock_timestamp(), discarded_by = $4, discarded_reason = $5
WHERE consumer = $1 AND log_id = $2 AND number = $3 AND discarded_at IS NULL
"""
IS_PARKED = "SELECT 1 FROM parked WHERE consumer = $1 AND number = $2 AND discarded_at IS NULL LIMIT 1"
ACTION = "INSERT INTO consumer_actions (consumer, action, number, reason, actor) VALUES ($1, $2, $3, $4, $5)"
MOST = 10_000  # rows of a list


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """A row of `parked`; `error` is None for an event that only waits behind an earlier one of its key."""

    consumer: str
    log_id: UUID
    partition: int
    number: int
    key: UUID
    event: dict[str, Any]
    error: str | None
    attempts: int
    first_at: datetime
    last_at: datetime
    discarded_at: datetime | None
    discarded_by: str | None
    discarded_reason: str | None


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry of one key did: the numbers applied, or the number that still fails and why."""

    key: UUID
    applied: tuple[int, ...]
    failed: int | None = None
    error: str | None = None
    left: int = 0  # events of the key that are parked still


class EventParked(Conflict):
    """An awaited event was set aside: no waiting makes it appear."""

    def __init__(self, consumer: str, number: int) -> None:
        """Said to whoever waits for `number`."""
        super().__init__(
            "event.parked",
            f"Event {number} could not be taken by {consumer} and was parked; a person must look at it.",
            field="number",
            value=str(number),
            rule="a parked event is applied only by a retry",
            right=f"jinguo parked list {consumer}, then retry or discard it",
        )


async def listed(
    pool: Pool, consumer: str | None = None, *, discarded: bool = False, limit: int = MOST
) -> list[ParkedEvent]:
    """What is parked, by number; with `discarded` also what was discarded."""
    return [ParkedEvent(**dict(row)) for row in await pool.fetch(LIST, consumer, discarded, limit)]


async def refuse_parked(pool: Pool, consumer: str, number: int) -> None:
    """Raises EventParked when the record of this number is parked."""
    if await pool.fetchval(IS_PARKED, consumer, number):
        raise EventParked(consumer, number)


async def keys_of(pool: Pool, consumer: str) -> list[UUID]:
    """The keys with parked events, in the order of their first."""
    return [row["key"] for row in await pool.fetch(KEYS, consumer)]


async def retry_key(pool: Pool, consumer: Consumer, key: UUID, by: str) -> Retried:
    """Apply a key's parked events in order and remove them, all or nothing, in one transaction.

    Raises NotFound when none is parked, and what is no event's fault (the database is away).
    """
    return await _retry(pool, consumer, key, None, by)


async def retry_number(pool: Pool, consumer: Consumer, number: int, by: str) -> Retried:
    """Apply one parked event, the first of its key; the later ones stay. Raises NotFound, Refused out of order."""
    found = await _one(pool, consumer.name, number)
    return await _retry(pool, consumer, found.key, number, by)


async def discard(pool: Pool, consumer: str, number: int, reason: str, by: str) -> ParkedEvent:
    """Decide that an event is never applied; who, when and why stay for ever. Raises NotFound, Conflict, Invalid."""
    if not reason.strip():
        raise Invalid("parked.reason", "A discarded event needs a reason.", field="reason", rule="it is kept for ever")
    found = await _one(pool, consumer, number)
    async with pool.acquire() as tx, tx.transaction():
        await tx.execute(LOCK, consumer, found.log_id, found.partition)
        if await tx.execute(DISCARD, consumer, found.log_id, number, by, reason.strip()) == "UPDATE 0":
            raise _not_parked(consumer, number)  # retried or discarded by somebody else meanwhile
        await tx.execute(ACTION, consumer, "discard", number, reason.strip(), by)
        failpoints.passing("park.discarded")
    return found


async def _one(pool: Pool, consumer: str, number: int) -> ParkedEvent:
    row = await pool.fetchrow(ONE, consumer, number)
    if row is None:
        raise _not_parked(consumer, number)
    found = ParkedEvent(**dict(row))
    if found.discarded_at is not None:
        raise Conflict(
            "parked.discarded",
            f"Event {number} of {consumer} was discarded on {found.discarded_at:%Y-%m-%d %H:%M} UTC "
            f"by {found.discarded_by}: {found.discarded_reason}",
            field="number",
            value=str(number),
        )
    return found


async def _retry(pool: Pool, consumer: Consumer, key: UUID, number: int | None, by: str) -> Retried:
    types = by_type(consumer.handles)
    failing: ParkedEvent | None = None
    try:
        async with pool.acquire() as tx, tx.transaction():
            rows = await _lock_open(tx, consumer.name, key)
            chosen = _chosen(consumer.name, key, rows, number)
            for row in chosen:
                failing = row
                await _apply(tx, consumer, row, types)
            failpoints.passing("park.retried")
            await _remove(tx, consumer.name, chosen, by)
            failpoints.passing("park.removed")
    except Exception as error:
        if failing is None or not is_poison(error):
            raise
        await pool.execute(FAILED, consumer.name, failing.log_id, failing.number, why(error))
        return Retried(key, (), failing.number, why(error), len(rows))
    return Retried(key, tuple(row.number for row in chosen), left=len(rows) - len(chosen))


async def _lock_open(tx: Connection, consumer: str, key: UUID) -> list[ParkedEvent]:
    """A key lies in one partition; what is parked is read after its lock, so it is what is there now."""
    for row in await tx.fetch(
        "SELECT DISTINCT log_id, partition FROM parked WHERE consumer = $1 AND key = $2 ORDER BY 1, 2", consumer, key
    ):
        await tx.execute(LOCK, consumer, row["log_id"], row["partition"])
    return [ParkedEvent(**dict(row)) for row in await tx.fetch(OPEN, consumer, key)]


def _chosen(consumer: str, key: UUID, rows: Sequence[ParkedEvent], number: int | None) -> Sequence[ParkedEvent]:
    if not rows:
        raise NotFound("parked.none", f"Nothing of key {key} is parked for {consumer}.", field="key", value=str(key))
    if number is None:
        return rows
    if number not in {row.number for row in rows}:
        raise _not_parked(consumer, number)
    if rows[0].number != number:
        raise Refused(
            "parked.order",
            f"Event {number} waits behind event {rows[0].number} of the same key.",
            field="number",
            value=str(number),
            rule="the events of a key are applied in their order",
            right=f"retry --key {key}, or retry or discard {rows[0].number} first",
        )
    return rows[:1]


async def _apply(tx: Connection, consumer: Consumer, row: ParkedEvent, types: Mapping[str, type[Contract]]) -> None:
    record = record_from_json(row.event)
    if record.type in types:
        await consumer.apply(tx, [to_fact(consumer.source, row.log_id, record, types)])


async def _remove(tx: Connection, consumer: str, rows: Sequence[ParkedEvent], by: str) -> None:
    for log_id, partition in {(row.log_id, row.partition) for row in rows}:
        numbers = [row.number for row in rows if (row.log_id, row.partition) == (log_id, partition)]
        await tx.execute(REMOVE, consumer, log_id, numbers)
        await tx.execute(LESS, consumer, log_id, partition, len(numbers))
    await tx.executemany(ACTION, [(consumer, "retry", row.number, row.error, by) for row in rows])


def _not_parked(consumer: str, number: int) -> NotFound:
    return NotFound(
        "parked.unknown",
        f"No event {number} is parked for {consumer}.",
        field="number",
        value=str(number),
        right=f"a number of jinguo parked list {consumer}",
    )
