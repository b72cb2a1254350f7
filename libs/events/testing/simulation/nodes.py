"""The processes of a simulated house: publishers with their readers and commands, and readers of another service."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from libs.events.forwarder import ForwarderTuning
from libs.events.kafka import Kafka
from libs.events.runtime import Runtime, Tuning
from libs.events.service import Service
from libs.events.table_transport import TableTransport
from libs.events.testing.simulation.broker import Broker
from libs.events.testing.simulation.connections import Pool
from libs.events.testing.simulation.database import Database
from libs.events.testing.simulation.faults import Faults
from libs.events.testing.simulation.kafka_clients import SimulatedKafka
from libs.events.testing.simulation.loop import Process, VirtualLoop
from libs.events.testing.simulation.trace import Trace
from libs.events.testing.simulation.transactions import EPOCH
from libs.events.testing.simulation.weather import BrokerLine, Line, UnkindTransport, Weather
from libs.events.testing.simulation.wire import Wire
from libs.events.transport import Numbered
from libs.events.types import Pool as RealPool
from libs.events.vault import MemoryVault

REQUEST = 2.0  # seconds that the broker's answer is waited for
REFETCH = 3.0  # seconds that a hole lasts before the feed is asked
AGAIN = 0.5  # seconds after which whoever watches over processes starts one anew

MakeRuntime = Callable[..., Runtime]
MakeKafka = Callable[..., Kafka]


def seeded_ids(rng: random.Random) -> Callable[[], UUID]:
    """Ids like any other, but the same in every run of a seed."""
    return lambda: UUID(int=rng.getrandbits(128), version=4)


class Node:
    """One process that is started again whenever it ends."""

    def __init__(self, name: str, service: Service, database: Database, world: "Surroundings") -> None:
        """Not yet running. `service` is moved over `database`; its facts come from the world's publisher."""
        self.name = name
        self.runtime: Runtime | None = None
        self.process = Process(name)
        self.process.alive = False
        self._service = service
        self._database = database
        self._world = world
        self._starts = 0
        self.skew = timedelta()

    @property
    def up(self) -> bool:
        """Whether it runs and answers."""
        return self.process.alive and not self.process.frozen and self.runtime is not None

    def start(self) -> None:
        """A new process, which knows nothing of the one before."""
        self._starts += 1
        self.process = Process(f"{self.name}.{self._starts}")
        self.runtime = None
        self._world.trace.note(self.process.name, "starts")
        self._world.loop.spawn(self.process, self._main(), name=self.process.name)

    def kill(self) -> None:
        """It ends where it stands; the servers hear of it now or later."""
        self._world.trace.note(self.process.name, "is killed")
        self._world.loop.kill(self.process)
        for database in self._world.databases:
            for backend in database.backends(self.process):
                self._world.weather.leave(backend)

    async def _main(self) -> None:
        while True:
            runtime = self._open()
            try:
                await runtime.start(self._feeds())
            except Exception as error:  # noqa: BLE001 - like a process that ends, and is started again
                self._world.trace.note(self.process.name, "cannot start:", type(error).__name__)
                await runtime.stop()
                await asyncio.sleep(AGAIN)
                continue
            self.runtime = runtime
            return

    def _open(self) -> Runtime:
        world, faults = self._world, self._world.faults
        forwarder = ForwarderTuning(faults.page, faults.tick, faults.check, polling=faults.polling)
        tuning = Tuning(
            lease=faults.lease,
            page=faults.page,
            batch=faults.batch,
            polling=faults.polling,
            forwarder=forwarder,
            refetch_after=REFETCH,
        )
        more = {"vault": MemoryVault(), "clock": self._clock, "ids": world.ids, "tuning": tuning}
        dsn = f"simulated://{self.process.name}"  # so that no two processes share a pulse
        runtime = world.make_runtime(self._service, dsn, self._pool(self._database), **more)
        feed = TableTransport(self._pool(world.databases[0]))
        if world.broker is None:
            runtime._given = dict.fromkeys(self._sources, UnkindTransport(feed, world.weather))
        else:
            runtime._use(self._kafka(world.broker))
            runtime._transports = dict.fromkeys(self._sources, cast(Numbered, feed))
        return runtime

    @property
    def _sources(self) -> list[str]:
        return sorted({consumer.source for consumer in self._service.consumers})

    def _feeds(self) -> Mapping[str, str]:
        """Where a reader of a topic may read the table, too."""
        feed = self._world.broker is not None and self._world.faults.feed
        return dict.fromkeys(self._sources, f"simulated://{self.process.name}") if feed else {}

    def _kafka(self, broker: Broker) -> Kafka:
        faults = self._world.faults
        wire = Wire(broker, BrokerLine(self._world.weather, self.name), REQUEST)
        return self._world.make_kafka("simulated", wire=wire, session_timeout=faults.session, request_timeout=REQUEST)

    def _pool(self, database: Database) -> RealPool:
        line = Line(self._world.weather, self.name)
        return cast(RealPool, Pool(database, self.process, line, max_size=4))

    def _clock(self) -> datetime:
        return EPOCH + timedelta(seconds=self._world.loop.time()) + self.skew


class Surroundings:
    """What all processes of a run share."""

    def __init__(
        self,
        *,
        loop: VirtualLoop,
        trace: Trace,
        rng: random.Random,
        faults: Faults,
        weather: Weather,
        databases: tuple[Database, Database],
        make_runtime: MakeRuntime = Runtime,
    ) -> None:
        """`databases`: the publisher's and the reader's."""
        self.loop = loop
        self.trace = trace
        self.rng = rng
        self.faults = faults
        self.weather = weather
        self.databases = databases
        self.broker: Broker | None = None  # without one the transport is the table
        self.make_runtime = make_runtime
        self.make_kafka: MakeKafka = SimulatedKafka
        self.ids: Callable[[], Any] = seeded_ids(rng)
        self.violations: list[str] = []
