"""Pause, resume and start in the middle: what a person may do with a consumer, and what is kept of it.

The pause stands in the offsets rows that each batch locks first: when `pause` returns, no batch is under way, and none
begins before `resume`, in whichever process and after whatever restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.events.consumer import SUBSCRIBE
from libs.events.contract import PARTITIONS
from libs.events.parked import ACTION
from libs.events.transport import Head
from libs.events.types import Connection, Pool
from libs.values.errors import Conflict, Invalid

STATES = """
SELECT o.consumer, o.number, o.at, o.paused, p.reason, p.actor, p.at AS since, k.parked, k.waiting
FROM (SELECT consumer, max(number) AS number, max(at) AS at, bool_or(paused) AS paused FROM offsets
      GROUP BY consumer) o
LEFT JOIN LATERAL (
    SELECT reason, actor, at FROM consumer_actions
    WHERE consumer = o.consumer AND action = 'pause' ORDER BY id DESC LIMIT 1) p ON o.paused
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE error IS NOT NULL) AS parked, count(*) FILTER (WHERE error IS NULL) AS waiting
    FROM parked WHERE consumer = o.consumer AND discarded_at IS NULL) k ON true
ORDER BY o.consumer
"""
LOCK = "SELECT log_id, partition, paused FROM offsets WHERE consumer = $1 ORDER BY log_id, partition FOR UPDATE"
PAUSE = "UPDATE offsets SET paused = $2 WHERE consumer = $1"
PREDECESSORS = """
SELECT p.partition, coalesce(last.number, 0) AS number, last.event_id, last.at
FROM generate_series(0, $1 - 1) AS p(partition)
LEFT JOIN LATERAL (
    SELECT number, event_id, at FROM published
    WHERE published.partition = p.partition AND published.number < $2 ORDER BY number DESC LIMIT 1) last ON true
"""
HEAD = "SELECT feed_log_id() AS log_id, coalesce(max(number), 0) AS number FROM published"
# Partition by partition, since each has its own offset.
MOVED = """
SELECT count(*) FILTER (WHERE p.number > o.number AND p.number < $3) AS skipped,
       count(*) FILTER (WHERE p.number <= o.number AND p.number >= $3) AS again
FROM unnest($1::smallint[], $2::bigint[]) AS o(partition, number)
JOIN published p ON p.partition = o.partition AND p.number BETWEEN least(o.number, $3) AND greatest(o.number, $3)
"""
OFFSETS = "SELECT partition, number FROM offsets WHERE consumer = $1 AND log_id = $2"
CLEAR = "DELETE FROM offsets WHERE consumer = $1"
PLACE = """
INSERT INTO offsets (consumer, log_id, partition, number, event_id, at, paused, all_through, parked)
SELECT $1, $2, o.partition, o.number, o.event_id, o.at, $7, $8,
       (SELECT count(*) FROM parked WHERE consumer = $1 AND log_id = $2 AND parked.partition = o.partition)
FROM unnest($3::smallint[], $4::bigint[], $5::uuid[], $6::timestamptz[]) AS o(partition, number, event_id, at)
"""


@dataclass(frozen=True, slots=True)
class ConsumerState:
    """Where a consumer stands in its database; `reason`, `actor`, `since` are of its pause.

    `parked` events failed themselves, `waiting` ones are parked behind one of the same key.
    """

    consumer: str
    number: int
    at: datetime | None
    paused: bool
    reason: str | None
    actor: str | None
    since: datetime | None
    parked: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a reader of a publisher's log begins: the record before `number` in each partition."""

    log_id: UUID
    number: int
    head: int
    last: Sequence[tuple[int, int, UUID | None, datetime | None]]


async def states(pool: Pool | Connection) -> dict[str, ConsumerState]:
    """Every consumer that has begun to read, by name."""
    return {row["consumer"]: ConsumerState(**dict(row)) for row in await pool.fetch(STATES)}


async def pause(pool: Pool, consumer: str, reason: str, by: str) -> bool:
    """Stop taking facts; returns once no batch is under way. False when it was paused already (the reason is kept)."""
    if not reason.strip():
        raise Invalid("consumer.reason", "A pause needs a reason.", field="reason", rule="others must know why")
    async with pool.acquire() as tx, tx.transaction():
        before = await _lock(tx, consumer)
        await tx.execute(PAUSE, consumer, True)
        await tx.execute(ACTION, consumer, "pause", None, reason.strip(), by)
    return not before


async def resume(pool: Pool, consumer: str, by: str) -> None:
    """Go on where it stopped; raises Conflict when it is not paused."""
    async with pool.acquire() as tx, tx.transaction():
        if not await _lock(tx, consumer):
            raise Conflict("consumer.not_paused", f"{consumer} is not paused.", field="consumer", value=consumer)
        await tx.execute(PAUSE, consumer, False)
        await tx.execute(ACTION, consumer, "resume", None, None, by)


async def head(source: Pool) -> Head:
    """Which log the publisher has, and how far it goes."""
    row = await source.fetchrow(HEAD)
    assert row is not None
    return Head(row["log_id"], row["number"], None)


async def beginning(source: Pool, number: int) -> Beginning:
    """Ask the publisher's database what lies before `number`; raises Invalid when its log does not go so far."""
    log = await head(source)
    if not 1 <= number <= log.number + 1:
        raise Invalid(
            "consumer.at",
            f"--at {number} is not in the log.",
            field="at",
            value=str(number),
            rule="the number of the first event to read",
            right=f"1 to {log.number + 1}",
        )
    rows = await source.fetch(PREDECESSORS, PARTITIONS, number)
    last = [(row["partition"], row["number"], row["event_id"], row["at"]) for row in rows]
    return Beginning(log.log_id, number, log.number, last)


async def moved(pool: Pool, source: Pool, consumer: str, where: Beginning) -> tuple[int, int]:
    """How many records a consumer would never take, and how many a second time, if it began at `where`."""
    taken = dict.fromkeys(range(PARTITIONS), 0)
    taken |= {row["partition"]: row["number"] for row in await pool.fetch(OFFSETS, consumer, where.log_id)}
    row = await source.fetchrow(MOVED, list(taken), list(taken.values()), where.number)
    assert row is not None
    return row["skipped"], row["again"]


async def start_at(pool: Pool, consumer: str, where: Beginning, by: str, *, alone: bool = False) -> None:
    """Read from `where` on, not from where it stopped. `alone`: no process reads for this consumer now.

    Raises Conflict when it may be reading (pause it first) and when it has read another log than this one.
    """
    async with pool.acquire() as tx, tx.transaction():
        rows = await tx.fetch(LOCK, consumer)
        paused = any(row["paused"] for row in rows)
        if rows and not paused and not alone:
            raise reading(consumer)
        if any(row["log_id"] != where.log_id for row in rows):
            raise Conflict(
                "consumer.other_log",
                f"{consumer} has read another log than its publisher has now: the publisher was restored or made anew.",
                field="consumer",
                value=consumer,
                right="restore both from the same backup",
            )
        await tx.execute(CLEAR, consumer)
        await tx.execute(
            PLACE, consumer, where.log_id, *map(list, zip(*where.last, strict=True)), paused, where.number - 1
        )
        await tx.execute(ACTION, consumer, "start", where.number, None, by)


def reading(consumer: str) -> Conflict:
    """The refusal to move a consumer under its reader's feet."""
    return Conflict(
        "consumer.running",
        f"{consumer} is reading now.",
        field="consumer",
        value=consumer,
        rule="only a paused consumer is moved",
        right=f"jinguo consumer pause {consumer} --reason …, then start, then resume",
    )


async def subscribe(pool: Pool, consumer: str, log_id: UUID) -> None:
    """Make the offsets of a consumer that never ran, so that it can be paused before it begins."""
    await pool.execute(SUBSCRIBE, consumer, log_id, PARTITIONS)


async def _lock(tx: Connection, consumer: str) -> bool:
    """Wait for a batch under way; whether the consumer is paused. Raises Conflict when it never began."""
    rows = await tx.fetch(LOCK, consumer)
    if not rows:
        raise Conflict(
            "consumer.not_begun",
            f"{consumer} has not begun to read.",
            field="consumer",
            value=consumer,
            right="start jinguo once",
        )
    return any(row["paused"] for row in rows)
