"""A running service: its log, its commands, and the tasks that move its readers. One per service per process."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.events import restore, schema, tracing
from libs.events.commands import ReservingCommands
from libs.events.consumer import BATCH, FactReader, Reading, stored
from libs.events.ending import end
from libs.events.fact_tasks import FactTasks
from libs.events.forwarder import Forwarder, ForwarderTuning
from libs.events.group_reader import REFETCH_AFTER, GroupReader
from libs.events.hearing import Hearing, last_said
from libs.events.housekeeping import prune_for_ever
from libs.events.kafka import Kafka
from libs.events.kafka_transport import KafkaTransport
from libs.events.lease import Lease
from libs.events.log_tasks import LogTasks
from libs.events.metrics import Instruments, Metrics
from libs.events.parked import refuse_parked
from libs.events.poison import Poison
from libs.events.pool import make_pool
from libs.events.postgres import PostgresStore
from libs.events.process import Outward, Process, Reactor
from libs.events.publisher import FORWARDER, PUBLISHER, Publisher
from libs.events.reader import LogReader
from libs.events.service import Consumer, Projection, Service
from libs.events.shared_pages import PAGE, SharedPages
from libs.events.status import RuntimeStatus
from libs.events.status_query import Here, read_status
from libs.events.store import Recorded
from libs.events.table_transport import TableTransport
from libs.events.timer_tasks import TimerTasks
from libs.events.timers import PostgresTimers
from libs.events.transport import Numbered, Transport
from libs.events.types import Clock, Connection, Ids, Pool
from libs.events.vault import Vault
from libs.events.wake import Polling, Pulse, published_pulse, until
from libs.events.watch import Watch

POOL_SIZE = 10
PROCESS_PAGE = 100  # causes of one transaction: each may decide on streams, one after another


@dataclass(frozen=True, slots=True)
class Tuning:
    """Sizes that tests make small; the defaults were measured."""

    lease: timedelta = timedelta(seconds=30)
    page: int = PAGE
    batch: int = BATCH
    watch: float = 5.0  # seconds between the looks that gauges show
    forwarder: ForwarderTuning = field(default_factory=ForwarderTuning)
    refetch_after: float = REFETCH_AFTER  # seconds that a hole in a topic may last before the feed is asked
    polling: Polling = field(default_factory=Polling)


class Runtime:
    """Made by `open`; readers move between `start` and `stop`. `commands` and `store` work without them."""

    def __init__(
        self,
        service: Service,
        dsn: str,
        pool: Pool,
        *,
        vault: Vault,
        clock: Clock,
        ids: Ids,
        tuning: Tuning | None = None,
        instruments: Instruments | None = None,
    ) -> None:
        """See `open`."""
        self._instruments = instruments
        self._metrics = metrics = Metrics(service.name, instruments)
        self.service = service
        self.pool = pool
        self.vault = vault
        self.clock = clock
        self.ids = ids
        self._committed = Pulse()
        self._hint = Pulse()
        self.store = PostgresStore(
            pool,
            service.codec,
            vault,
            ids=ids,
            committed=self._committed.beat,
            hinted=self._hint.beat,
            metrics=metrics,
        )
        self.commands = ReservingCommands(self.store, metrics)
        timer_set = Pulse()
        self.timers = PostgresTimers(pool, changed=timer_set.beat)
        self._reactors = {
            each.name: Reactor(service.name, each, self.commands, self.timers, clock) for each in service.processes
        }
        self._timer_tasks = TimerTasks(self.timers, self._reactors, clock, timer_set)
        self._published = published_pulse(dsn)
        self._tuning = tuning or Tuning()
        own = [each for each in service.processes if each.source is None]
        names = [PUBLISHER, *map(cursor_name, service.projections), *map(cursor_name, own)]
        self._lease = Lease(names, ids(), self._tuning.lease)
        beats, polling = (self._committed, self._hint, self._published), self._tuning.polling
        self._shared = SharedPages(pool, service.codec, self._tuning.page, self._committed)
        self._log = LogTasks(pool, self._readers(), self._lease, *beats, metrics, polling)
        self._facts = FactTasks(polling)
        self._kafka: Kafka | None = None
        self._forwarder: Forwarder | None = None
        self._watch = Watch(service.name, self.status, self._standing)
        self._housekeeping: list[asyncio.Task[None]] = []
        self._transports: dict[str, Numbered] = {}
        self._members: list[Transport] = []
        self._given: Mapping[str, Numbered] = {}
        polling = self._tuning.polling
        self.hearing = Hearing(service.consumers, self._transport, self.wait_consumed, polling)

    @classmethod
    async def open(  # noqa: PLR0913 - what a composition root hands in, each named once
        cls,
        service: Service,
        dsn: str,
        *,
        vault: Vault,
        transports: Mapping[str, Numbered] | None = None,
        clock: Clock,
        ids: Ids,
        pool_size: int = POOL_SIZE,
        tuning: Tuning | None = None,
        instruments: Instruments | None = None,
        kafka: Kafka | None = None,
    ) -> "Runtime":
        """Migrate the database and make the pool; `transports` by publisher replace the table transport.

        With `kafka` what this service publishes is forwarded to its topic, and others' facts are read from theirs.
        Without `instruments` nothing is measured.
        """
        await schema.migrate(dsn, *service.folders)
        frozen = (tuning or Tuning()).lease
        pool = await make_pool(dsn, name=f"jinguo-{service.name}", max_size=pool_size, frozen=frozen)
        runtime = cls(service, dsn, pool, vault=vault, clock=clock, ids=ids, tuning=tuning, instruments=instruments)
        runtime._given = transports or {}
        if kafka is not None:
            runtime._use(kafka)
        return runtime

    async def start(
        self,
        sources: Mapping[str, str] | None = None,
        *,
        alone: bool = False,
        outward: Mapping[str, Outward] | None = None,
    ) -> None:
        """Start the readers; `sources`: publisher → DSN at which its published log may be read.

        `outward`: the ports by which this process makes the calls that the service's processes ask for.

        `alone`: no other process can hold the lease, so that of a killed one is not waited for.
        Raises RestoredElsewhere when the database was copied from another cluster.
        """
        await restore.check(self.pool)
        self.hearing.dsns = sources or {}
        if alone:
            await self._lease.expire(self.pool)
        self._log.start()
        if self._forwarder is not None:
            if alone:
                await self._forwarder.lease.expire(self.pool)
            self._forwarder.start()
        prune = prune_for_ever(self.store.prune_commands)
        self._housekeeping = [asyncio.create_task(prune, name="housekeeping")]
        self._timer_tasks.start(outward or {})
        batches = [(each, self._tuning.batch) for each in self.service.consumers]
        batches += [(each, min(PROCESS_PAGE, self._tuning.batch)) for each in self._process_consumers()]
        for consumer, batch in batches:
            dsn = (sources or {}).get(consumer.source, "")
            reader = await self._fact_reader(consumer, dsn)
            reader.batch = batch
            self._facts.start(reader, published_pulse(dsn))
        if self._instruments is not None:
            self._instruments.watch(self._watch)
            self._housekeeping.append(asyncio.create_task(self._watch.run(self._tuning.watch), name="watch"))

    @property
    def consumers(self) -> Sequence[Consumer]:
        """Who reads other services' facts here, with what it does about them: consumers, and processes over them."""
        return [*self.service.consumers, *self._process_consumers()]

    @property
    def published(self) -> Pulse:
        """Beats when a publisher of this process has added to the published log."""
        return self._published

    async def stop(self) -> None:
        """Stop the readers at a page's end or its rollback, give the lease back, close every connection.

        From the last line up; one that fails keeps none of the others from being stopped.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.pool.close)
            for transport in (*self._transports.values(), *self._members):
                stack.push_async_callback(transport.close)
            stack.push_async_callback(self._log.stop)
            if self._forwarder is not None:
                stack.push_async_callback(self._forwarder.stop)
            stack.push_async_callback(self._facts.stop)
            stack.push_async_callback(self._timer_tasks.stop)
            stack.push_async_callback(end, self._housekeeping)
            if self._instruments is not None:
                self._instruments.forget(self._watch)

    async def repair(self) -> restore.NewLog:
        """After a restore into another cluster, instead of `start`: see libs.events.restore."""
        processes = {cursor_name(each) for each in self.service.processes}
        readers = [each for each in self._log.readers if each.name not in processes]
        await restore.finish(self.pool, readers, self._lease)
        async with self.pool.acquire() as connection, connection.transaction():
            return await restore.lower(connection, self.ids)

    async def wait_projected(self, xid: int, projection: str, timeout: float) -> bool:
        """Wait until a projection shows what transaction `xid` appended; False when the time is over."""
        return await self._log.wait(f"projection.{projection}", xid, timeout) is not None

    async def wait_processed(self, xid: int, process: str, timeout: float) -> bool:
        """Wait until a process over the service's own log has reacted to `xid`; False when the time is over."""
        return await self._log.wait(f"process.{process}", xid, timeout) is not None

    async def fire_due(self) -> int:
        """Fire at once the timers that are due by the clock, and those due because of them; how many."""
        return await self._timer_tasks.fire_due()

    async def wait_published(self, xid: int, timeout: float) -> int | None:
        """Wait until the publisher has passed `xid`; the last published number then, None when the time is over."""
        cursor = await self._log.wait(PUBLISHER, xid, timeout)
        return cursor.last_number if cursor else None

    async def wait_consumed(self, consumer: str, number: int, timeout: float) -> bool:
        """Wait until a consumer has taken everything up to its publisher's `number`, in whichever process.

        Raises EventParked when the event of that number was set aside, which no waiting mends.
        """
        there = await self._wait_taken(consumer, number, timeout)
        await refuse_parked(self.pool, consumer, number)
        return there

    async def _wait_taken(self, consumer: str, number: int, timeout: float) -> bool:
        if consumer in self._facts:
            return await self._facts.wait(consumer, number, timeout)

        async def reached() -> bool:
            return (await stored(self.pool, consumer))[0] >= number

        return await until(reached, self._committed, timeout, self._tuning.polling)

    async def said(self, xid: int) -> UUID | None:
        """Id of the last record that transaction `xid` says to the world, published already or not; None: nothing."""
        return await last_said(self.pool, self.service.codec, self.service.publish, xid)

    async def status(self) -> RuntimeStatus:
        """Where every reader stands."""
        owners = {self._lease.owner} | ({self._forwarder.lease.owner} if self._forwarder else set())
        names = [each.name for each in self.consumers]
        here = Here(self._log, self._facts, frozenset(owners), names, self._timer_tasks.error)
        return await read_status(self.pool, self.service.name, here, self.clock())

    async def freshness(self) -> dict[str, dict[str, int | datetime | None]]:
        """Per source: the number up to which everybody here has read it, and when that was recorded."""
        found: dict[str, dict[str, int | datetime | None]] = {}
        for consumer in self.consumers:
            number, at = await self._facts.reached(consumer.name) or await stored(self.pool, consumer.name)
            before = found.get(consumer.source)
            if before is None or number < int(str(before["number"])):
                found[consumer.source] = {"number": number, "at": at}
        return found

    def _readers(self) -> Sequence[LogReader]:
        codec, pool = self.service.codec, self.pool
        if not codec.names:
            return []  # a service without events of its own
        effect = Publisher(self.service.publish).effect
        metrics = self._metrics.reader(PUBLISHER)
        page, shared = self._tuning.page, self._shared
        publisher = LogReader(pool, codec, PUBLISHER, None, effect, page=page, shared=shared, metrics=metrics)
        processes = [self._process(each) for each in self.service.processes if each.source is None]
        return [publisher, *(self._projection(each) for each in self.service.projections), *processes]

    def _process(self, process: Process) -> LogReader:
        reactor = self._reactors[process.name]

        async def effect(tx: Connection, events: Sequence[Recorded[Any]], last_number: int) -> int:
            await reactor.take(tx, events)
            return last_number

        types = frozenset(self.service.codec.name_of(each) for each in process.handles)
        name, page = cursor_name(process), min(PROCESS_PAGE, self._tuning.page)
        metrics = self._metrics.reader(name)
        shared = self._shared
        return LogReader(self.pool, self.service.codec, name, types, effect, page=page, shared=shared, metrics=metrics)

    def _process_consumers(self) -> Sequence[Consumer]:
        """A process that reads another service's facts is a consumer whose effect is what it decides.

        Rules that refuse are events of its own, so what still fails is a mistake: it stops, and parks nothing.
        """
        return [
            Consumer(each.name, each.source, each.handles, self._reactors[each.name].take, Poison(park=False))
            for each in self.service.processes
            if each.source is not None
        ]

    def _projection(self, projection: Projection) -> LogReader:
        async def effect(tx: Connection, events: Sequence[Recorded[Any]], last_number: int) -> int:
            with tracing.span("events.project", projection=projection.name):
                await projection.apply(tx, events)
            return last_number

        types = frozenset(self.service.codec.name_of(each) for each in projection.handles)
        name, page = cursor_name(projection), self._tuning.page
        metrics = self._metrics.reader(name)
        shared = self._shared
        return LogReader(self.pool, self.service.codec, name, types, effect, page=page, shared=shared, metrics=metrics)

    def _use(self, kafka: Kafka) -> None:
        """A service that publishes has a forwarder."""
        self._kafka = kafka
        if self.service.codec.names:
            lease = Lease([FORWARDER], self.ids(), self._tuning.lease)
            errors, tuning, name = self._log.errors, self._tuning.forwarder, self.service.name
            self._forwarder = Forwarder(self.pool, name, kafka, lease, self._published, errors, tuning, self._metrics)

    async def _fact_reader(self, consumer: Consumer, dsn: str) -> Reading:
        """Over Kafka where there is one; the publisher's table, if it may be read, is then its feed for holes."""
        reader = await self._reader_of(consumer, dsn)
        system = getattr(reader.transport, "system", "other")
        reader.metrics = self._metrics.reader(consumer.name)
        reader.messaging = self._metrics.messaging(system, "process", consumer.source, consumer.name)
        return reader

    async def _reader_of(self, consumer: Consumer, dsn: str) -> Reading:
        if self._kafka is None or consumer.source in self._given:
            return FactReader(self.pool, consumer, await self._transport(consumer.source, dsn), self._tuning.batch)
        member = KafkaTransport(self._kafka, consumer.source, consumer.name)
        self._members.append(member)
        feed = await self._transport(consumer.source, dsn) if dsn else None
        after = self._tuning.refetch_after
        return GroupReader(self.pool, consumer, member, self._tuning.batch, feed=feed, refetch_after=after)

    def _standing(self) -> dict[str, bool]:
        """Every reader of this process, and whether an error holds it up; read by other threads, too."""
        failing = {**self._log.errors, **self._facts.errors}
        cursors = [*(reader.name for reader in self._log.readers), *([FORWARDER] if self._forwarder else [])]
        consumers = [reader.consumer.name for reader in tuple(self._facts.readers())]
        return {name: name in failing for name in (*cursors, *consumers)}

    async def _transport(self, source: str, dsn: str) -> Numbered:
        if source in self._given:
            return self._given[source]
        if not dsn:
            raise ValueError(f"{self.service.name} reads {source}, and nobody said where its published log is")
        if source not in self._transports:
            self._transports[source] = await TableTransport.open(dsn)
        return self._transports[source]


def cursor_name(reader: Projection | Process) -> str:
    """Name of a projection's or a process's row in `cursors`."""
    return f"{'projection' if isinstance(reader, Projection) else 'process'}.{reader.name}"
