"""Reads another service's facts: the offset and what is written for them are one transaction.

The first statement locks the offsets; what was read is filtered by the numbers found under that lock, so a crash, a
zombie and a second delivery change nothing. The chain of `previous` numbers shows every hole and every fork.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar
from uuid import UUID

from opentelemetry.trace import SpanKind

from libs.events import failpoints, tracing
from libs.events.chain import Fork, Next, follow
from libs.events.contract import PARTITIONS, Contract, by_type
from libs.events.facts import to_facts
from libs.events.metric_names import BATCH_COUNT
from libs.events.metrics import SILENT, Messaging, ReaderMetrics
from libs.events.parking import Culprit, Parking, Taken
from libs.events.poison import Paused
from libs.events.pool import database
from libs.events.rate import Rate
from libs.events.service import Consumer
from libs.events.store import retried
from libs.events.transport import Head, Numbered, Offset, Published, Transport
from libs.events.types import Connection, Pool
from libs.events.wake import Pulse

__all__ = ["BATCH", "FactReader", "Fork", "Reading", "stored"]

BATCH = 1_000
LOOK = 1.0  # seconds between looks at what people have decided; a pause is seen by every batch besides

SUBSCRIBE = """
INSERT INTO offsets (consumer, log_id, partition, number)
SELECT $1, $2, partition, 0 FROM generate_series(0, $3 - 1) AS partition ON CONFLICT DO NOTHING
"""
LOGS = "SELECT DISTINCT log_id FROM offsets WHERE consumer = $1"
DECIDED = """
SELECT coalesce(max(id), 0) FROM consumer_actions WHERE consumer = $1 AND action IN ('pause', 'resume', 'start')
"""
POSITIONS = """
SELECT partition, number, event_id, place, paused, parked FROM offsets
WHERE consumer = $1 AND log_id = $2 ORDER BY partition
"""
LOCK = """
SELECT partition, number, event_id, place, paused, parked FROM offsets
WHERE consumer = $1 AND log_id = $2 AND partition = ANY($3::smallint[]) ORDER BY partition FOR UPDATE
"""
STORED = """
WITH partitions AS (
    SELECT log_id, all_through, at, greatest(number, through) AS number,
           CASE WHEN through > number THEN through_at ELSE at END AS number_at
    FROM offsets WHERE consumer = $1),
logs AS (
    SELECT max(all_through) AS all_through, max(at) AS at, min(number) AS number,
           (array_agg(number_at ORDER BY number))[1] AS number_at
    FROM partitions GROUP BY log_id)
SELECT greatest(all_through, number) AS number, CASE WHEN all_through >= number THEN at ELSE number_at END AS at
FROM logs ORDER BY 1 DESC LIMIT 1
"""
MOVE = """
UPDATE offsets SET number = new.number, event_id = new.event_id, at = new.at,
    place = coalesce(new.place, offsets.place), all_through = greatest(offsets.all_through, $8)
FROM unnest($3::smallint[], $4::bigint[], $5::uuid[], $6::timestamptz[], $7::bigint[])
    AS new(partition, number, event_id, at, place)
WHERE consumer = $1 AND log_id = $2 AND offsets.partition = new.partition
"""
TELL = """
UPDATE offsets SET through = new.through, through_at = new.at
FROM unnest($3::smallint[], $4::bigint[], $5::timestamptz[]) AS new(partition, through, at)
WHERE consumer = $1 AND log_id = $2 AND offsets.partition = new.partition AND offsets.through < new.through
"""


@dataclass
class Reading(ABC):
    """One consumer's reading of one publisher. `through`: every record up to this number has been taken."""

    pool: Pool
    consumer: Consumer
    transport: Transport
    batch: int = BATCH
    through: int = 0
    through_at: datetime | None = None
    head: Head | None = None
    handled: int = 0
    rate: Rate = field(default_factory=Rate)
    oldest_at: datetime | None = None  # when the oldest record was made that was delivered and not yet taken
    metrics: ReaderMetrics = field(default_factory=lambda: SILENT.reader(""))
    messaging: Messaging = field(default_factory=lambda: SILENT.messaging("", "process", ""))
    holes: frozenset[int] = frozenset()  # partitions held back until what is missing arrives
    paused: bool = False  # by a person, until a person resumes it
    told: ClassVar[bool] = False  # whether the transport tells when something has arrived, so that nobody need look
    _offsets: dict[int, Offset] = field(default_factory=dict)
    _types: Mapping[str, type[Contract]] = field(default_factory=dict)
    _parking: Parking = field(init=False)
    _decided: int = 0  # the last decision of a person that is known here
    _looked: float = -LOOK

    def __post_init__(self) -> None:
        self._types = by_type(self.consumer.handles)
        self._parking = Parking(self.consumer.name, self._types, self.consumer.poison)

    @abstractmethod
    async def resume(self) -> None:
        """Find the offsets, or subscribe from the beginning when there are none; raises Fork for another log."""

    @abstractmethod
    async def step(self) -> bool:
        """Take the next batch; False when nothing moved. Raises Fork, and whatever `apply` raises."""

    async def _stand(self, head: Head) -> None:
        """Where the offsets are in the log of this head."""
        self.head, self.holes = head, frozenset()
        known = {row["log_id"] for row in await self.pool.fetch(LOGS, self.consumer.name)}
        if not known:
            await self.pool.execute(SUBSCRIBE, self.consumer.name, head.log_id, PARTITIONS)
        elif head.log_id not in known:
            raise Fork(f"{self.consumer.source} has a new log {head.log_id}: it was restored or made anew")
        rows = await self.pool.fetch(POSITIONS, self.consumer.name, head.log_id)
        self._offsets, self.paused = offsets_of(rows), any(row["paused"] for row in rows)
        self._parking.stand(self._offsets)

    async def reached(self, number: int) -> bool:
        """Whether every record up to a number is taken."""
        return self.through >= number

    @abstractmethod
    async def refresh(self) -> None:
        """Learn how far it is read when others read it too."""

    async def arrived(self, published: Pulse, seen: int, timeout: float) -> None:
        """Wait until there may be something to read, at most so many seconds."""
        await published.after(seen, timeout)

    async def _may_read(self) -> bool:
        """False while a person has paused it; looks anew where it stands when somebody has decided something."""
        now = asyncio.get_running_loop().time()
        if not self.paused and now - self._looked < LOOK:
            return True
        self._looked = now
        decided = await self.pool.fetchval(DECIDED, self.consumer.name)
        if decided != self._decided:
            number, at = await stored(self.pool, self.consumer.name)
            if number < self.through:
                self.through, self.through_at = number, at
            await self.resume()
            self._decided = decided
        return not self.paused

    async def _take(self, log_id: UUID, batch: Sequence[Published]) -> bool:
        """Whether an offset moved; when a person has paused it, nothing is done, and `paused` is known."""

        async def once(part: Sequence[Published], culprit: Culprit | None = None) -> Taken:
            return await retried(lambda: self._take_once(log_id, part, culprit))

        try:
            taken = await self._parking.take(once, batch)
        except Paused:
            self.paused, self.holes = True, frozenset()
            return False
        self.holes = self._held_back(taken)
        return taken.moved

    async def _take_once(self, log_id: UUID, batch: Sequence[Published], culprit: Culprit | None) -> Taken:
        name, before, began = self.consumer.name, self._offsets, time.perf_counter()
        async with self.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(LOCK, name, log_id, sorted({each.partition for each in batch}))
            failpoints.passing("consumer.locked")
            if not rows or any(row["paused"] for row in rows):  # without rows: moved at this moment, look again
                raise Paused(name)
            locked = offsets_of(rows)
            found = follow(locked, batch)
            if found.taken:
                looked = {row["partition"] for row in rows if row["parked"]}
                fine = found.taken
                if looked or culprit:
                    fine = await self._parking.sort(connection, log_id, found.taken, looked, culprit)
                await self._apply(connection, log_id, fine)
                failpoints.passing("consumer.applied")
                all_through = self._all_through(batch, found)
                await connection.execute(MOVE, name, log_id, *_columns(found.taken), all_through)
                failpoints.passing("consumer.stored")
            if found.ticks:
                await connection.execute(TELL, name, log_id, *_told(found.ticks))
        failpoints.passing("consumer.committed")
        self._offsets = before | locked | {each.partition: _offset(each) for each in found.taken}
        self.handled += len(found.taken)
        self._measure(found.taken, time.perf_counter() - began)
        self._took(batch, found)
        return Taken(bool(found.taken) or self._offsets != before, found.holes)

    def _all_through(self, batch: Sequence[Published], found: Next) -> int:
        """The number up to which every partition has been taken with this batch, 0 where that cannot be said."""
        return 0 if found.holes or not _in_order(batch) else batch[-1].number

    @abstractmethod
    def _took(self, batch: Sequence[Published], found: Next) -> None:
        """Called when a part of a batch, or all of it, was committed."""

    def _held_back(self, taken: Taken) -> frozenset[int]:
        """The partitions held back after a batch: those in which it showed a hole, since it began at the offsets."""
        return taken.holes

    def _measure(self, taken: Sequence[Published], seconds: float) -> None:
        self.rate.add(len(taken))
        self.messaging.processed(seconds)
        self.metrics.passed(record.at for record in taken)

    async def _apply(self, tx: Connection, log_id: UUID, taken: Sequence[Published]) -> None:
        source, types = self.consumer.source, self._types
        facts = to_facts(source, log_id, taken, types)
        if not facts:
            return
        traceparents = (fact.meta.traceparent for fact in facts)
        about: dict[str, str | int] = {**self.messaging.attributes, BATCH_COUNT: len(facts)}
        with tracing.span("events.consume", traceparents, kind=SpanKind.CONSUMER, semantic=about):
            await self.consumer.apply(tx, facts)


@dataclass
class FactReader(Reading):
    """Reads all partitions alone, in a transport that knows the id of every number."""

    transport: Numbered
    _drained_at: Head | None = None  # nothing was left at this head

    async def resume(self) -> None:
        """See `Reading.resume`; what was taken last must still be there."""
        self._drained_at = None
        await self._stand(await self.transport.head())
        assert self.head is not None
        self._check_same_log(self.head)
        await self._check_newest()

    async def step(self) -> bool:
        """See `Reading.step`.

        A transport gives fewer than it was asked for only when it has no more, and the order of numbers or none.
        """
        if not await self._may_read():
            return False
        head = await self.transport.head()
        if head == self._drained_at:
            return False  # it was checked when it was new
        self._check_same_log(head)
        self.head = head
        positions = {partition: offset.number for partition, offset in self._offsets.items()}
        batch = await self.transport.read(positions, self.batch)
        self._drained_at, self.oldest_at = None, min((record.at for record in batch), default=None)
        self.messaging.consumed(len(batch))
        moved = await self._take(head.log_id, batch) if batch else False
        if self.holes or self.paused:
            return moved
        if len(batch) < self.batch:
            self._drained(head)
        elif _in_order(batch):
            self.through, self.through_at = max(self.through, batch[-1].number), batch[-1].at
        return moved

    def _drained(self, head: Head) -> None:
        """Up to the head, not up to the newest that was taken: another member may have a hole before that."""
        self._drained_at, self.oldest_at = head, None
        self.through = max(self.through, head.number)
        self.through_at = head.at or self.through_at

    async def refresh(self) -> None:
        """One who reads alone knows."""

    def _took(self, batch: Sequence[Published], found: Next) -> None:
        """Nothing to remember: what was taken is what was read."""

    def _check_same_log(self, head: Head) -> None:
        """The log may only grow."""
        if self.head is not None and head.log_id != self.head.log_id:
            raise Fork(f"{self.consumer.source} has a new log {head.log_id}: it was restored or made anew")
        newest = self._newest().number
        if newest > head.number:
            raise Fork(f"{self.consumer.source} ends at {head.number}, {newest} was read before: restored?")

    def _newest(self) -> Offset:
        return max(self._offsets.values(), key=lambda offset: offset.number, default=Offset(0, None))

    async def _check_newest(self) -> None:
        """What was taken last must still be there, under the same id."""
        newest = self._newest()
        if newest.event_id is not None and await self.transport.at(newest.number) != newest.event_id:
            raise Fork(f"{self.consumer.source} has another record under number {newest.number} than was read before")


async def stored(pool: Pool, consumer: str) -> tuple[int, datetime | None]:
    """The number up to which a consumer has taken everything, by whichever processes, and when that was recorded."""
    with database():
        row = await pool.fetchrow(STORED, consumer)
    return (row["number"], row["at"]) if row else (0, None)


def _columns(taken: Sequence[Published]) -> tuple[list[Any], ...]:
    last = {record.partition: record for record in taken}.values()
    return (
        [record.partition for record in last],
        [record.number for record in last],
        [record.event_id for record in last],
        [record.at for record in last],
        [record.place for record in last],
    )


def _told(ticks: Sequence[Published]) -> tuple[list[Any], ...]:
    last = {record.partition: record for record in ticks}.values()
    return [each.partition for each in last], [each.number for each in last], [each.at for each in last]


def _in_order(batch: Sequence[Published]) -> bool:
    return all(a.number < b.number for a, b in pairwise(batch))


def _offset(record: Published) -> Offset:
    return Offset(record.number, record.event_id, record.place)


def offsets_of(rows: Sequence[Any]) -> dict[int, Offset]:
    """Rows of `offsets` by partition."""
    return {row["partition"]: Offset(row["number"], row["event_id"], row["place"]) for row in rows}
