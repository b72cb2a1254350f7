"""The published log → its Kafka topic, in the order of numbers, by whichever process holds the forwarder's lease.

The cursor moves after the brokers have answered, so a restart sends the last page again and consumers drop it. The
topic is not believed: at every start, with every new producer and once a minute its ends are held against the log. How
far ticks have told it stands beside the cursor: an owner that dies before its last tick leaves that to the next one.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.events import envelope, failpoints
from libs.events.chain import Fork
from libs.events.ending import end, told_to_end
from libs.events.kafka import Kafka
from libs.events.lease import Cursor, Lease, LeaseLost
from libs.events.metrics import SILENT, Metrics
from libs.events.outlet import Message, Outlet
from libs.events.pool import database
from libs.events.publisher import FORWARDER
from libs.events.status import describe
from libs.events.topic_check import Last, TopicCheck, published_of
from libs.events.transport import Published
from libs.events.types import Pool, Record
from libs.events.wake import Patience, Polling, Pulse
from libs.values.errors import Unavailable

PAGE = 2_000
TICK_EVERY = 0.25  # seconds
CHECK_EVERY = 60.0
RETRY_LONGEST = 5.0
STANDBY = 1.0  # seconds between tries to take a cursor that a running page holds

WAITING = """
SELECT c.last_number, c.told, c.owner, c.lease_until < clock_timestamp() AS free,
       coalesce((SELECT max(number) FROM published), 0) AS head
FROM (SELECT 1) AS one LEFT JOIN cursors c ON c.name = $1
"""
READ = """
SELECT number, partition, previous, event_id, type, key, data::text AS data, meta, at
FROM published WHERE number > $1 ORDER BY number LIMIT $2
"""
TELL = "UPDATE cursors SET told = $3 WHERE name = $1 AND epoch = $2 AND told IS DISTINCT FROM $3"

_log = logging.getLogger("jinguo.events")


@dataclass(frozen=True, slots=True)
class ForwarderTuning:
    """Sizes and times that tests make small; seconds."""

    page: int = PAGE
    tick_every: float = TICK_EVERY
    check_every: float = CHECK_EVERY
    patience: float = 30.0  # of silence, until it is told as an error
    polling: Polling = field(default_factory=Polling)


class Forwarder:
    """One task; what is wrong stands in `errors` under its name until it goes well again."""

    def __init__(
        self,
        pool: Pool,
        source: str,
        kafka: Kafka,
        lease: Lease,
        published: Pulse,
        errors: dict[str, str],
        tuning: ForwarderTuning | None = None,
        metrics: Metrics = SILENT,
    ) -> None:
        """`lease` is of the one cursor named FORWARDER; `published` beats when this process has published."""
        self.owned = False
        self.number = 0
        self._pool, self._source, self._kafka, self.lease = pool, source, kafka, lease
        self._published, self._errors = published, errors
        self._tuning = tuning or ForwarderTuning()
        self._metrics = metrics.reader(FORWARDER)
        self._messaging = metrics.messaging("kafka", "send", source)
        self._task: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to forward, now or when whoever does it has gone."""
        self._task = [asyncio.create_task(self._run(), name=FORWARDER)]

    async def stop(self) -> None:
        """End; what was sent and not stored is sent again by the next owner."""
        await end(self._task)
        if self._task and self.owned:
            with suppress(Unavailable), database():
                await self.lease.release(self._pool)
        self._task, self.owned = [], False

    async def _run(self) -> None:
        retry, lost = Patience(0.05, RETRY_LONGEST), Patience(0.01, STANDBY)
        while True:
            try:
                cursor = await self._own()
                lost.found()
                await self._forward(cursor, retry)
            except LeaseLost:
                self.owned = False
                await asyncio.sleep(lost.seconds)  # a page that still runs may hold the cursor for long
                lost.nothing()
            except Fork as fork:
                self._errors[FORWARDER] = describe(fork)
                self._metrics.failed(fork)
                _log.critical("forwarder of %s stopped for good: %s", self._source, describe(fork))
                return
            except (Exception, asyncio.CancelledError) as error:  # it never dies silently: it tries again
                if told_to_end():
                    raise
                self._errors[FORWARDER] = said = describe(error)
                self._metrics.failed(error)
                _log.error("forwarder of %s stopped: %s; next try in %.2f s", self._source, said, retry.seconds)
                await asyncio.sleep(retry.seconds)
                retry.nothing()

    async def _own(self) -> Cursor:
        """The cursor, once it is ours; nothing is written while another holds it or there is nothing to do."""
        await self.lease.declare(self._pool)
        patience = self._tuning.polling.patience()
        while True:
            seen = self._published.count
            row = await self._pool.fetchrow(WAITING, FORWARDER)
            assert row is not None
            if row["owner"] == self.lease.owner or row["owner"] is None or (row["free"] and _behind(row)):
                taken = await self.lease.take(self._pool)
                if taken is not None:
                    self.owned = True
                    return taken[FORWARDER]
            await self._published.after(seen, patience.seconds)
            patience.nothing()

    async def _forward(self, cursor: Cursor, retry: Patience) -> None:
        """With one producer, until an error or the loss of the lease."""
        check = TopicCheck(self._pool, self._kafka, self._source)
        await check.prepare()
        topic, patience = self._kafka.topic(self._source), self._tuning.patience
        outlet = await Outlet.open(self._kafka, topic, self._silent, patience)
        work = _Work(self._pool, self._source, self.lease, outlet, cursor, self._tuning)
        try:
            await work.begin(check)
            self.number = cursor.last_number
            self._errors.pop(FORWARDER, None)
            retry.found()
            pause = self._tuning.polling.patience()
            while True:
                seen = self._published.count
                if rows := await work.page():
                    self.number = work.cursor.last_number
                    self._messaging.sent(len(rows), work.answered_after)
                    self._metrics.passed(row["at"] for row in rows)
                    pause.found()
                    await work.checked(check)
                    continue
                await work.quiet()
                await work.checked(check)
                await self._published.after(seen, min(pause.seconds, work.until_tick()))
                pause.nothing()
        finally:
            try:
                await work.close()
            finally:  # a second cancellation must not leave the producer open
                await outlet.close()

    def _silent(self, seconds: float | None) -> None:
        if seconds is None:
            self._errors.pop(FORWARDER, None)
        else:
            self._errors[FORWARDER] = f"Kafka has not answered for {seconds:.0f} s"


class _Work:
    """One producer's forwarding, from a cursor on."""

    def __init__(
        self, pool: Pool, source: str, lease: Lease, outlet: Outlet, cursor: Cursor, tuning: ForwarderTuning
    ) -> None:
        self.cursor = cursor
        self.answered_after = 0.0  # seconds that the last page took at the brokers
        self._pool, self._source, self._lease, self._outlet, self._tuning = pool, source, lease, outlet, tuning
        self._log_id = UUID(int=0)
        self._lasts: dict[int, Last] = {}
        self._told = -1  # the number that the last ticks told; -1 when the topic is to be told anew
        self._noted = -1  # the same, as far as it is noted beside the cursor
        self._at: datetime | None = None
        self._tick_due = self._check_due = 0.0
        self._ahead: asyncio.Task[Sequence[Record]] | None = None

    async def begin(self, check: TopicCheck) -> None:
        """Hold the topic against the log and send again what it lacks."""
        found = await check.find(self.cursor.last_number)
        self._log_id, self._lasts, self._at = found.log_id, dict(found.lasts), found.at
        for partition, after in found.missing.items():
            await self._again(check, partition, after)
        await check.store(found)
        self._told = self.cursor.last_number if found.told else -1
        self._check_due = _now() + self._tuning.check_every
        await self.quiet()

    async def page(self) -> Sequence[Record]:
        """Send the next page and move the cursor; the page, empty when nothing is left."""
        rows = await self._read()
        if not rows:
            return rows
        failpoints.passing("forwarder.read")
        messages = self._messages(rows)
        began = time.perf_counter()
        answered = await self._outlet.send(messages)
        failpoints.passing("forwarder.sent")
        if len(rows) == self._tuning.page:
            self._ahead = asyncio.create_task(self._fetch(rows[-1]["number"]))
        await answered
        self.answered_after = time.perf_counter() - began
        failpoints.passing("forwarder.awaited")
        await self._store(rows[-1]["number"])
        failpoints.passing("forwarder.stored")
        return rows

    async def quiet(self) -> None:
        """What is done when nothing is left to send: a tick that is due, and a note that all is told."""
        number = self.cursor.last_number
        if self._told < number and _now() >= self._tick_due:
            await (await self._outlet.send(self._ticks(number, self._at)))
        if self._told == number != self._noted:
            await self._pool.execute(TELL, FORWARDER, self.cursor.epoch, number)
            self._noted = number

    async def checked(self, check: TopicCheck) -> None:
        """The check once in a while, also while there is always something to send."""
        if _now() >= self._check_due:
            await self.begin(check)

    async def close(self) -> None:
        """Forget the page that was being read ahead."""
        if self._ahead:
            await end([self._ahead])
            self._ahead.cancelled() or self._ahead.exception()

    def until_tick(self) -> float:
        """Seconds until the next tick is due; long when none is."""
        return max(0.0, self._tick_due - _now()) if self._told < self.cursor.last_number else self._tuning.check_every

    async def _read(self) -> Sequence[Record]:
        ahead, self._ahead = self._ahead, None
        return await (ahead or self._fetch(self.cursor.last_number))

    async def _fetch(self, after: int) -> Sequence[Record]:
        rows: Sequence[Record] = await self._pool.fetch(READ, after, self._tuning.page)
        return rows

    async def _store(self, number: int) -> None:
        moved = replace(self.cursor, last_number=number)
        async with self._pool.acquire() as connection, connection.transaction():
            await self._lease.lock(connection, self.cursor)
            await self._lease.store(connection, moved)
        self.cursor = moved

    async def _again(self, check: TopicCheck, partition: int, after: int) -> None:
        """One partition's records after a number, up to the cursor: consumers drop what they have."""
        last = await check.last_before(partition, after)
        async for rows in check.pages(partition, after, self.cursor.last_number, self._tuning.page):
            messages = []
            for row in rows:
                messages.append(self._message(row, last))
                last = Last(row["number"], row["event_id"])
            await (await self._outlet.send({partition: messages}))

    def _messages(self, rows: Sequence[Record]) -> Mapping[int, Sequence[Message]]:
        """By partition, each in order; where a tick is due it ends every partition."""
        found: dict[int, list[Message]] = defaultdict(list)
        for row in rows:
            partition = row["partition"]
            found[partition].append(self._message(row, self._lasts[partition]))
            self._lasts[partition] = Last(row["number"], row["event_id"])
        self._at = rows[-1]["at"]
        if _now() >= self._tick_due:
            for partition, ticks in self._ticks(rows[-1]["number"], self._at).items():
                found[partition].extend(ticks)
        return found

    def _message(self, row: Record, last: Last) -> Message:
        record = published_of(row, last)
        headers = envelope.headers(self._source, self._log_id, record)
        return Message(str(record.key).encode(), row["data"].encode(), headers, _milliseconds(record.at))

    def _ticks(self, number: int, at: datetime | None) -> Mapping[int, Sequence[Message]]:
        made = at or datetime.fromtimestamp(0).astimezone()
        self._told, self._tick_due = number, _now() + self._tuning.tick_every
        return {partition: [self._tick(partition, number, made, last)] for partition, last in self._lasts.items()}

    def _tick(self, partition: int, number: int, at: datetime, last: Last) -> Message:
        record: Published = envelope.tick_of(self._log_id, partition, number, at, (last.number, last.event_id))
        return Message(None, b"{}", envelope.tick(self._source, self._log_id, record), _milliseconds(at))


def _behind(row: Any) -> bool:
    """Whether something is to be sent, or to be told by ticks."""
    return bool((row["last_number"], row["told"]) != (row["head"], row["head"]))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _now() -> float:
    return asyncio.get_running_loop().time()
