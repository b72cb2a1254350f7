"""The processes of a simulated house: publishers with their readers and commands, and readers of another service."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from libs.events.runtime import Runtime, Tuning
from libs.events.service import Service
from libs.events.table_transport import TableTransport
from libs.events.testing.simulation.connections import Pool
from libs.events.testing.simulation.database import Database
from libs.events.testing.simulation.faults import Faults
from libs.events.testing.simulation.loop import Process, VirtualLoop
from libs.events.testing.simulation.trace import Trace
from libs.events.testing.simulation.transactions import EPOCH
from libs.events.testing.simulation.weather import Line, UnkindTransport, Weather
from libs.events.transport import Numbered
from libs.events.types import Pool as RealPool
from libs.events.vault import MemoryVault

AGAIN = 0.5  # seconds after which whoever watches over processes starts one anew

MakeRuntime = Callable[..., Runtime]


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
                await runtime.start()
            except Exception as error:  # noqa: BLE001 - like a process that ends, and is started again
                self._world.trace.note(self.process.name, "cannot start:", type(error).__name__)
                await runtime.stop()
                await asyncio.sleep(AGAIN)
                continue
            self.runtime = runtime
            return

    def _open(self) -> Runtime:
        world, faults = self._world, self._world.faults
        tuning = Tuning(lease=faults.lease, page=faults.page, batch=faults.batch, polling=faults.polling)
        more = {"vault": MemoryVault(), "clock": self._clock, "ids": world.ids, "tuning": tuning}
        dsn = f"simulated://{self.process.name}"  # so that no two processes share a pulse
        runtime = world.make_runtime(self._service, dsn, self._pool(self._database), **more)
        runtime._given = self._transports()
        return runtime

    def _transports(self) -> Mapping[str, Numbered]:
        sources = {consumer.source for consumer in self._service.consumers}
        feed = TableTransport(self._pool(self._world.databases[0]))
        return dict.fromkeys(sorted(sources), UnkindTransport(feed, self._world.weather))

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
        self.make_runtime = make_runtime
        self.ids: Callable[[], Any] = seeded_ids(rng)
        self.violations: list[str] = []
