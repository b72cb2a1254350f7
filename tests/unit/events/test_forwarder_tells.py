"""A forwarder tells its topic to the end: made anew in quiet, left by an owner that died, cut while it is busy."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from libs.events import envelope, forwarder, publisher
from libs.events.contract import PARTITIONS
from libs.events.forwarder import Forwarder, ForwarderTuning
from libs.events.kafka import Kafka
from libs.events.lease import Lease
from libs.events.publisher import FORWARDER
from libs.events.testing.simulation.broker import Broker, Partition
from libs.events.testing.simulation.connections import Pool
from libs.events.testing.simulation.database import Database
from libs.events.testing.simulation.kafka_clients import Producer, SimulatedKafka
from libs.events.testing.simulation.kernel import kernel_database
from libs.events.testing.simulation.loop import Process, VirtualLoop
from libs.events.testing.simulation.wire import Fine, Wire
from libs.events.transport import Published
from libs.events.types import Pool as RealPool
from libs.events.wake import Pulse

NOW = datetime(2016, 5, 3, tzinfo=UTC)
TUNING = ForwarderTuning(check_every=5.0)


class Slow(Fine):
    """A broker whose every answer takes some time."""

    seconds = 0.0

    def way(self) -> float:
        """See Weather."""
        return self.seconds


@dataclass
class World:
    """A published log, a broker, and processes that forward between them."""

    loop: VirtualLoop = field(default_factory=lambda: VirtualLoop(random.Random(1)))
    weather: Slow = field(default_factory=Slow)

    def __post_init__(self) -> None:
        self.database: Database = kernel_database(self.loop, UUID(int=1))
        self.broker = Broker(self.loop, random.Random(1))
        self.kafka: Kafka = SimulatedKafka("simulated", wire=Wire(self.broker, self.weather, 60.0))
        self.topic = self.kafka.topic("notes")

    def run(self, what: Callable[["World"], Awaitable[None]]) -> None:
        self.loop.run_until_complete(what(self))
        self.loop.close()

    def forwarder(self, owner: int, tuning: ForwarderTuning = TUNING, pool: Pool | None = None) -> Forwarder:
        lease = Lease([FORWARDER], UUID(int=owner), timedelta(seconds=2))
        real = cast(RealPool, pool or Pool(self.database, f"process {owner}"))
        return Forwarder(real, "notes", self.kafka, lease, Pulse(), {}, tuning)

    async def publish(self, count: int) -> None:
        """So many records: the first in partition 1, the others in partition 0."""
        rows = [
            (n, int(n == 1), n - 1 if n > 2 else 0, UUID(int=n), "notes.taken.v1", UUID(int=9), {}, {}, NOW)
            for n in range(1, count + 1)
        ]
        await Pool(self.database, "publisher").execute(publisher.INSERT, *map(list, zip(*rows, strict=True)))

    def said(self, partition: int) -> list[Published]:
        """What lies in a partition, ticks too."""
        records = self.broker.topics[self.topic][partition].records if self.topic in self.broker.topics else []
        return [
            envelope.read(each.headers, each.value, partition=partition, place=each.offset).record for each in records
        ]

    def cursor(self) -> dict[str, Any]:
        """The forwarder's row."""
        (row,) = self.database.tables["cursors"].committed()
        return row

    def told(self) -> list[int]:
        """The number up to which each partition is told."""
        return [max((each.number for each in self.said(partition)), default=-1) for partition in range(PARTITIONS)]


def test_a_topic_made_anew_while_nothing_is_published_is_told_to_its_end() -> None:
    async def anew(world: World) -> None:
        await world.publish(3)
        running = world.forwarder(1)
        running.start()
        await asyncio.sleep(2)
        assert world.told() == [3] * PARTITIONS
        del world.broker.topics[world.topic]
        await asyncio.sleep(10)
        await running.stop()
        assert world.told() == [3] * PARTITIONS

    world = World()
    world.run(anew)
    assert [each.number for each in world.said(0)][:2] == [2, 3]


def test_what_an_owner_did_not_live_to_tell_is_told_by_the_next_one() -> None:
    """Nothing is left to send, and nothing more is published."""

    async def dies(world: World) -> None:
        first = Process("first")
        world.loop.spawn(first, _forwards(world, replace(TUNING, tick_every=60.0)))
        await asyncio.sleep(1)
        await world.publish(3)
        await asyncio.sleep(1)
        assert (world.told()[:2], set(world.told()[2:])) == ([3, 1], {0})
        world.loop.kill(first)
        others = [world.forwarder(owner) for owner in (2, 3)]
        for other in others:
            other.start()
        await asyncio.sleep(20)
        assert world.told() == [3] * PARTITIONS
        before = world.cursor()
        await asyncio.sleep(20)
        assert world.cursor() == before, "once it is told, those that wait leave the cursor alone"
        for other in others:
            await other.stop()

    world = World()
    world.run(dies)
    assert world.cursor()["told"] == 3


async def _forwards(world: World, tuning: ForwarderTuning) -> None:
    world.forwarder(1, tuning).start()


def test_a_topic_is_checked_while_there_is_always_something_to_send() -> None:
    async def busy(world: World) -> None:
        world.weather.seconds = 0.05
        await world.publish(400)
        running = world.forwarder(1, replace(TUNING, page=1, tick_every=600.0))
        running.start()
        await asyncio.sleep(3)
        world.broker.topics[world.topic] = [Partition() for _ in range(PARTITIONS)]
        await asyncio.sleep(8)
        assert 0 < running.number < 400
        assert 1 in {each.number for each in world.said(1)}
        await running.stop()

    world = World()
    world.run(busy)
    assert len(world.said(0)) > 100


class Deaf(Pool):
    """Its answer to the page that is read ahead does not come, and the first wish to cancel is not heard."""

    async def fetch(self, sql: str, *args: Any) -> Any:
        """See Pool."""
        if sql == forwarder.READ and args[0] > 0:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await asyncio.Event().wait()
        return await super().fetch(sql, *args)


def test_a_stop_that_takes_long_leaves_no_producer_behind() -> None:
    stopped: list[int] = []

    class Watched(Producer):
        async def cut(self) -> None:
            stopped.append(1)
            await super().cut()

    class Watching(SimulatedKafka):
        def producer(self) -> Any:
            return Watched(self._wire, idempotent=True)

    async def stops(world: World) -> None:
        world.kafka = Watching("simulated", wire=Wire(world.broker, world.weather, 60.0))
        running = world.forwarder(1, replace(TUNING, page=1), Deaf(world.database, "deaf"))
        running.start()
        await asyncio.sleep(1)
        world.weather.seconds = 50.0
        await world.publish(3)
        await asyncio.sleep(1)
        assert stopped == []
        await running.stop()

    World().run(stops)
    assert stopped == [1]
