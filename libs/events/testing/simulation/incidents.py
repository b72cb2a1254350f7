"""Incidents while a run is rough: processes die and freeze, servers crash, clocks jump, leases and nets are cut."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from libs.events import lease
from libs.events.publisher import FORWARDER, PUBLISHER
from libs.events.runtime import cursor_name
from libs.events.testing.simulation.connections import Pool
from libs.events.testing.simulation.database import Database
from libs.events.testing.simulation.nodes import Node, Surroundings
from libs.events.testing.simulation.tallies import accounts

CURSORS = [PUBLISHER, FORWARDER, *(cursor_name(each) for each in accounts().projections)]


class Incidents:
    """Draws one after another, from the kinds of the run."""

    def __init__(self, world: Surroundings, nodes: Sequence[Node]) -> None:
        """`nodes` are all processes that may be hit."""
        self.count = 0
        self._world = world
        self._nodes = nodes

    async def run(self) -> None:
        """Until cancelled."""
        world = self._world
        while world.faults.happen:
            await asyncio.sleep(world.rng.expovariate(1 / world.faults.gap))
            kind = world.rng.choice(world.faults.happen)
            self.count += 1
            await getattr(self, f"_{kind}")(world.rng.choice(self._nodes), world.rng.choice(world.databases))

    async def heal(self) -> None:
        """Everybody runs, every server answers, nothing is lost any more."""
        world = self._world
        world.weather.calm()
        for database in world.databases:
            database.down = False
        for node in self._nodes:
            if node.process.frozen:
                world.loop.thaw(node.process)
            if not node.process.alive:
                node.start()

    async def _kill(self, node: Node, _database: Database) -> None:
        if node.process.alive:
            node.kill()
            self._world.loop.call_later(self._world.rng.uniform(0, 4), self._restart, node)

    def _restart(self, node: Node) -> None:
        if not node.process.alive:
            node.start()

    async def _freeze(self, node: Node, _database: Database) -> None:
        process, world = node.process, self._world
        if not process.alive or process.frozen:
            return
        longest = world.rng.choice([0.3, 3.0, 15.0, 90.0])
        world.trace.note(process.name, "freezes")
        world.loop.freeze(process)
        world.loop.call_later(world.rng.uniform(0, longest), self._thaw, node)

    def _thaw(self, node: Node) -> None:
        if node.process.frozen:
            self._world.trace.note(node.process.name, "thaws")
            self._world.loop.thaw(node.process)

    async def _crash(self, _node: Node, database: Database) -> None:
        self._world.trace.note(database.name, "crashes")
        database.crash()
        self._world.loop.call_later(self._world.rng.uniform(0, 3), self._up, database)

    def _up(self, database: Database) -> None:
        database.down = False

    async def _jump(self, node: Node, database: Database) -> None:
        by = timedelta(seconds=self._world.rng.uniform(-15, 15))
        self._world.trace.note(database.name, node.name, "clocks jump by", by)
        if self._world.rng.random() < 0.5:
            database.jumped += by
        else:
            node.skew += by

    async def _steal(self, _node: Node, _database: Database) -> None:
        self._world.trace.note("an operator takes the lease away")
        source = self._world.databases[0]
        if not source.down:
            await Pool(source, "operator").execute(lease.EXPIRE, CURSORS)

    async def _expel(self, _node: Node, _database: Database) -> None:
        """A member is forgotten that lives and goes on reading until it hears of it."""
        broker = self._world.broker
        if broker is not None and broker.expel():
            self._world.trace.note("the broker forgets a member of a group")

    async def _cut(self, node: Node, _database: Database) -> None:
        seconds = self._world.rng.uniform(0, self._world.rng.choice([0.5, 5.0, 20.0]))
        self._world.trace.note(node.name, "cannot reach its servers for", round(seconds, 3))
        self._world.weather.cut(node.name, seconds)

    async def _outage(self, _node: Node, _database: Database) -> None:
        seconds = self._world.rng.uniform(0, 5)
        self._world.trace.note("the transport is away for", round(seconds, 3))
        self._world.weather.out(seconds)
        broker = self._world.broker
        if broker is not None and self._world.rng.random() < 0.2:
            self._world.trace.note("the broker comes back without the state of its producers")
            broker.forget_producers()
