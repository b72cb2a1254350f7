"""One run of a seed: a rough phase of faults, then a healed one, at whose end everything must have converged."""

import asyncio
import gc
import random
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from libs.events.runtime import Runtime
from libs.events.service import Service
from libs.events.testing.simulation import checks, topic_checks
from libs.events.testing.simulation.broker import Broker
from libs.events.testing.simulation.clients import Client
from libs.events.testing.simulation.database import Database, Model
from libs.events.testing.simulation.faults import Faults, draw
from libs.events.testing.simulation.incidents import Incidents
from libs.events.testing.simulation.kafka_clients import SimulatedKafka
from libs.events.testing.simulation.kernel import kernel_database
from libs.events.testing.simulation.loop import VirtualLoop
from libs.events.testing.simulation.nodes import MakeKafka, MakeRuntime, Node, Surroundings
from libs.events.testing.simulation.tallies import TALLY_MODELS, Put, accounts, add_tallies, reader
from libs.events.testing.simulation.trace import Trace
from libs.events.testing.simulation.weather import Weather

HEALING = 300.0  # virtual seconds within which a healed house must have converged
LOG = UUID(int=0x10C)


@dataclass(frozen=True)
class Variant:
    """What a test may break on purpose; the default breaks nothing."""

    make_runtime: MakeRuntime = Runtime
    make_kafka: MakeKafka = SimulatedKafka
    client: Callable[..., Client] = Client
    models: Mapping[str, Model] = field(default_factory=dict)
    publisher: Callable[[], Service] = accounts
    prepare: Callable[[Database], None] = add_tallies


RIGHT = Variant()


@dataclass
class Outcome:
    """What a run left."""

    seed: int
    faults: Faults
    violations: list[str]
    trace: Trace
    counts: dict[str, int]  # events, steps, waits answered yes, incidents, virtual seconds
    steps: "array[int]" = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """The same in every run of the seed."""
        return self.trace.fingerprint(self.steps)

    def __str__(self) -> str:
        """For whoever must find out why."""
        lines = "\n".join(self.trace.last(40))
        wrong = "\n".join(f"  {each}" for each in self.violations)
        return (
            f"seed {self.seed}:\n{wrong}\nfaults: {self.faults}\nlast steps:\n{lines}\n"
            f"the whole trace: python -m libs.events.testing.simulation --seed {self.seed}"
        )


def run(seed: int, variant: Variant = RIGHT) -> Outcome:
    """Run a seed to its end; nothing is raised for a guarantee that is broken: see `violations`."""
    house = House(seed, variant)
    enabled = gc.isenabled()
    gc.disable()  # when garbage is found is nobody's business here
    try:
        with house.world.trace.listening():
            outcome = house.run()
            house.world.loop.close()
            return outcome
    finally:
        if enabled:
            gc.enable()


class House:
    """Two publishers over one database, two readers over another, perhaps a broker between, three clients, and fate."""

    def __init__(self, seed: int, variant: Variant) -> None:
        """Everything of a run is drawn from `seed`."""
        rng = random.Random(seed)  # noqa: S311 - a seeded simulation
        loop = VirtualLoop(rng)  # type: ignore[abstract]
        trace, faults = Trace(loop.time), draw(rng)
        weather = Weather(loop, rng, faults)
        source, target = (_database(name, loop, variant, trace, weather) for name in ("source", "target"))
        self.seed = seed
        self.world = Surroundings(
            loop=loop,
            trace=trace,
            rng=rng,
            faults=faults,
            weather=weather,
            databases=(source, target),
            make_runtime=variant.make_runtime,
        )
        if faults.kafka:
            self.world.broker, self.world.make_kafka = Broker(loop, rng), variant.make_kafka
        self.publishers = [Node(f"publisher-{n}", variant.publisher(), source, self.world) for n in (1, 2)]
        self.readers = [Node(f"reader-{n}", reader(), target, self.world) for n in (1, 2)]
        names = [f"client-{n}" for n in (1, 2, 3)]
        self.clients = [variant.client(name, self.world, self.publishers, self.readers) for name in names]
        self.incidents = Incidents(self.world, [*self.publishers, *self.readers])

    def run(self) -> Outcome:
        """The whole run."""
        world = self.world
        try:
            world.loop.run_until_complete(self._live())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding of this seed
            world.violations.append(f"{type(error).__name__}: {error}")
        return Outcome(
            seed=self.seed,
            faults=world.faults,
            violations=world.violations,
            trace=world.trace,
            counts={
                "events": len(world.databases[0].tables["events"].committed()),
                "steps": len(world.loop.steps),
                "waits": sum(client.waited for client in self.clients),
                "incidents": self.incidents.count,
                "seconds": round(world.loop.time()),
            },
            steps=world.loop.steps,
        )

    async def _live(self) -> None:
        world = self.world
        for node in (*self.publishers, *self.readers):
            node.start()
        happening = asyncio.create_task(self.incidents.run(), name="incidents")
        await asyncio.gather(*(client.run(self._puts()) for client in self.clients))
        happening.cancel()
        await asyncio.wait((happening,))
        world.trace.note("from here on nothing goes wrong")
        await self.incidents.heal()
        await self._converge()
        requests = [request for client in self.clients for request in client.requests]
        world.violations += checks.violations(*world.databases, requests)
        if world.broker is not None:
            world.violations += topic_checks.violations(world.broker, world.databases[0])

    async def _converge(self) -> None:
        world, deadline = self.world, self.world.loop.time() + HEALING
        while not checks.converged(*world.databases, world.broker):
            if world.loop.time() > deadline:
                world.violations.append(f"not converged {HEALING:.0f} s after everything was healed")
                return
            await asyncio.sleep(0.5)
        await asyncio.sleep(1.0)  # whoever would do something twice does it now

    def _puts(self) -> list[Put]:
        rng = self.world.rng
        return [
            Put(
                UUID(int=rng.randrange(4) + 1),
                tuple(rng.randint(1, 9) for _ in range(rng.choice([1, 1, 2, 3]))),
                limit=rng.choice([30, 1_000_000, 1_000_000]),
            )
            for _ in range(rng.randint(2, 5))
        ]


def _database(name: str, loop: VirtualLoop, variant: Variant, trace: Trace, weather: Weather) -> Database:
    database = kernel_database(loop, LOG, {**TALLY_MODELS, **variant.models})
    variant.prepare(database)
    database.name, database.note, database.pauses = name, trace.note, weather
    return database
