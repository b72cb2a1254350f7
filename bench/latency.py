"""From the call of append to another service's effect: alone and at 500 events a second, over the table and over Kafka.

In one process and across processes. The peer's nearest equal is its projection runner in one process, measured beside.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from bench import peer_eventsourcing as theirs
from bench.disks import Server, server
from bench.figure import percentile
from bench.results import Figure, Outcome, printed
from bench.scale import SCALE
from libs.events import collector
from libs.events.contract import Fact
from libs.events.kafka import Kafka
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM
from libs.events.types import Connection
from libs.events.vault import MemoryVault
from tests.integration.events import counting
from tests.support import kafka as broker_support

RATE = 500  # events a second
SECONDS = max(2.0, 6 * SCALE.seconds)
LONE = 200
PAUSE = 0.06  # between lone events: everybody has fallen idle
LIMIT = 60.0


class Seen:
    """When each stream's event was applied, by the clock that all processes of the machine share."""

    def __init__(self) -> None:
        self.at: dict[UUID, float] = {}
        self._change = asyncio.Event()

    def tell(self, stream: UUID, at: float) -> None:
        """One event was applied."""
        self.at[stream] = at
        self._change.set()

    async def all_of(self, streams: Sequence[UUID]) -> None:
        """Wait until all were applied."""
        while not all(stream in self.at for stream in streams):
            self._change.clear()
            await asyncio.wait_for(self._change.wait(), LIMIT)


def _consumer(seen: Any) -> Any:
    async def consume(tx: Connection, facts: Sequence[Fact[counting.NoteTaken]]) -> None:
        await counting.consume(tx, facts)
        for fact in facts:
            seen(fact.body.stream)

    service = counting.reader()
    return replace(service, consumers=(replace(service.consumers[0], apply=consume),))


async def _open(service: Any, dsn: str, kafka: Kafka | None) -> Runtime:
    return await Runtime.open(service, dsn, vault=MemoryVault(), clock=counting.clock, ids=uuid7, kafka=kafka)


@asynccontextmanager
async def pair(running: Server, kafka: Kafka | None, *, apart: bool) -> AsyncIterator[tuple[Runtime, Seen]]:
    """A publisher that runs here and a reader of it, here or in a process of its own."""
    source = running.dsn(await running.database("source"))
    target = running.dsn(await running.database("target"))
    seen = Seen()
    async with AsyncExitStack() as stack:
        publisher = await _open(counting.notes(), source, kafka)
        stack.push_async_callback(publisher.stop)
        await publisher.start()
        if apart:
            await stack.enter_async_context(_process(source, target, kafka, seen))
        else:
            reader = await _open(_consumer(lambda stream: seen.tell(stream, time.perf_counter())), target, kafka)
            stack.push_async_callback(reader.stop)
            await reader.start({"notes": source})
        await _lone(publisher, seen)  # connections, plans, the group's first assignment
        collector.settled()  # as `jinguo up` does when it has started
        yield publisher, seen


@asynccontextmanager
async def _process(source: str, target: str, kafka: Kafka | None, seen: Seen) -> AsyncIterator[None]:
    arguments = [source, target, *([kafka.bootstrap, kafka.prefix] if kafka else [])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.latency", *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    output = process.stdout
    assert output is not None

    async def listen() -> None:
        async for line in output:
            stream, at = line.decode().split()
            seen.tell(UUID(stream), float(at))

    listening = asyncio.create_task(listen())
    try:
        yield
    finally:
        process.stdin.close()
        await process.wait()
        await listening


async def _lone(publisher: Runtime, seen: Seen) -> float:
    stream, began = uuid7(), time.perf_counter()
    await publisher.store.append(counting.note(stream, 1, NO_STREAM))
    await seen.all_of([stream])
    return seen.at[stream] - began


async def lone(publisher: Runtime, seen: Seen) -> list[float]:
    """One event at a time, everybody idle before it."""
    waits = []
    for _ in range(LONE):
        await asyncio.sleep(PAUSE)
        waits.append(await _lone(publisher, seen))
    return waits


@dataclass(frozen=True)
class Steady:
    """Waits in seconds: of the first second, in which connections are made and plans kept, and of the time after it."""

    first: list[float]
    later: list[float]


async def steady(publisher: Runtime, seen: Seen) -> Steady:
    """RATE events a second, each at its own moment whether or not the one before was answered."""
    began = time.perf_counter()
    sent: dict[UUID, float] = {}
    appends = []
    for number in range(int(RATE * (1 + SECONDS))):
        due = began + number / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        stream = uuid7()
        sent[stream] = due
        appends.append(asyncio.create_task(publisher.store.append(counting.note(stream, 1, NO_STREAM))))
    await asyncio.gather(*appends)
    await seen.all_of(list(sent))
    waits = [seen.at[stream] - due for stream, due in sent.items()]
    return Steady(waits[:RATE], waits[RATE:])


def steadily(name: str, waits: Steady, goal: float) -> list[Figure]:
    """As `figures`, and the p99 of the first second, which has no goal."""
    return [
        *figures(name, waits.later, goal),
        Figure(f"{name}_first_second_p99", percentile(waits.first, 99) * 1_000, "ms"),
    ]


def figures(name: str, waits: list[float], goal: float) -> list[Figure]:
    """p50 and p95 as they are, p99 against its goal; milliseconds."""
    ms = {percent: percentile(waits, percent) * 1_000 for percent in (50, 95, 99)}
    plain = [Figure(f"{name}_p{percent}", ms[percent], "ms") for percent in (50, 95)]
    return [*plain, Figure(f"{name}_p99", ms[99], "ms", goal, "<")]


async def table() -> Outcome:
    """Over the publisher's table, and the peer's projection runner in the same run."""
    found: list[Figure] = []
    async with server() as running:
        for place, apart, lone_goal in (("one_process", False, 50.0), ("across_processes", True, 600.0)):
            async with pair(running, None, apart=apart) as (publisher, seen):
                found += figures(f"lone_table_{place}", await lone(publisher, seen), lone_goal)
                found += steadily(f"at_500_table_{place}", await steady(publisher, seen), 100.0)
        env = theirs.environment(running, await running.database("theirs"), 2)
        waits = await asyncio.to_thread(_peer, env)
        found += [Figure(f"at_500_eventsourcing_p{p}", percentile(waits, p) * 1_000, "ms") for p in (50, 95, 99)]
    return Outcome(figures=found)


def _peer(env: dict[str, str]) -> list[float]:
    """Their writer at the same rate (or as near as it comes), their runner with the tally view."""
    sent: dict[UUID, float] = {}
    waits: list[float] = []
    done = False
    theirs.TallyProjection.told = staticmethod(
        lambda event, _number: waits.append(time.perf_counter() - sent[event.originator_id])
    )
    with theirs.runner(env) as running:
        began = time.perf_counter()
        for number in range(int(RATE * (1 + SECONDS))):
            due = began + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            notes = theirs.Notes()
            sent[notes.id] = due
            running.app.save(notes)
        deadline = time.perf_counter() + LIMIT
        while len(waits) < len(sent) and time.perf_counter() < deadline:
            time.sleep(0.01)
        done = len(waits) == len(sent)
        running.stop()
    assert done, "the peer's projection did not arrive"
    return waits[RATE:]


async def kafka() -> Outcome:
    """Over a real broker, and how fast the forwarder fills its topic."""
    found: list[Figure] = []
    try:
        with broker_support.broker() as broker:
            async with server() as running:
                for place, apart, goal in (("one_process", False, 600.0), ("across_processes", True, 600.0)):
                    cluster = Kafka(broker.bootstrap, prefix=f"bench-{uuid7().hex}.")
                    async with pair(running, cluster, apart=apart) as (publisher, seen):
                        found += figures(f"lone_kafka_{place}", await lone(publisher, seen), goal)
                        found += steadily(f"at_500_kafka_{place}", await steady(publisher, seen), 300.0)
    except broker_support.NoKafka as why:
        return Outcome(figures=found, remarks=[f"Kafka is left out: {why}"])
    return Outcome(figures=found)


async def read_in_a_process(source: str, target: str, *kafka_of: str) -> None:
    """What the other process does: consume, and say each stream and when; until its input ends."""

    def say(stream: UUID) -> None:
        sys.stdout.write(f"{stream} {time.perf_counter()}\n")
        sys.stdout.flush()

    cluster = Kafka(kafka_of[0], prefix=kafka_of[1]) if kafka_of else None
    reader = await _open(_consumer(say), target, cluster)
    await reader.start({"notes": source})
    collector.settled()
    await asyncio.to_thread(sys.stdin.read)
    await reader.stop()


COMPARISONS = {"latency_table": table, "latency_kafka": kafka}
CASES = {name: printed(case) for name, case in COMPARISONS.items()}

if __name__ == "__main__":
    asyncio.run(read_in_a_process(*sys.argv[1:]))
