"""The event-sourcing kernel alone, on an embedded PostgreSQL that writes to disk as in production."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.figure import figure, percentile
from jinguo.postgres import EmbeddedPostgres
from libs.events.codec import Codec
from libs.events.commands import Idempotency
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.pool import connect
from libs.events.runtime import Runtime
from libs.events.service import Consumer, Projection, Service
from libs.events.store import NO_STREAM, Append, Recorded
from libs.events.types import Connection
from libs.events.vault import MemoryVault

META = Meta("bench", "bench", "522634000000", UUID(int=1))
TABLE = "CREATE TABLE seen (stream uuid NOT NULL, n int NOT NULL)"
COUNT = "INSERT INTO seen SELECT * FROM unnest($1::uuid[], $2::int[])"


@dataclass(frozen=True, slots=True)
class Noted:
    """An event of usual size."""

    stream: UUID
    n: int
    words: str = "望丰乡 2016 年第三期刺绣培训班，学员到课"


class NoteTaken(Contract):
    """The same for the world."""

    topic: ClassVar[str] = "notes"
    type: ClassVar[str] = "notes.taken.v1"

    stream: UUID
    n: int


def _publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:
    yield Outgoing(recorded.event.stream, NoteTaken(stream=recorded.event.stream, n=recorded.event.n))


async def _project(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    await tx.execute(COUNT, [each.event.stream for each in events], [each.event.n for each in events])


async def _consume(tx: Connection, facts: Sequence[Fact[NoteTaken]]) -> None:
    await tx.execute(COUNT, [fact.body.stream for fact in facts], [fact.body.n for fact in facts])


NOTES = Service("notes", Codec().add("noted", Noted), _publish, (Projection("seen", (Noted,), _project),))
READER = Service("reader", Codec(), lambda _: (), consumers=(Consumer("seen", "notes", (NoteTaken,), _consume),))


@asynccontextmanager
async def services() -> AsyncIterator[tuple[Runtime, Runtime]]:
    """A publisher and a reader of it in one process, each with a database, not started."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "pg")
        server.start()
        try:
            opened = [await _open(server, service) for service in (NOTES, READER)]
            yield opened[0], opened[1]
            for runtime in reversed(opened):
                await runtime.stop()
        finally:
            server.stop()


async def _open(server: EmbeddedPostgres, service: Service) -> Runtime:
    admin = await connect(server.dsn())
    await admin.execute(f"CREATE DATABASE {service.name}")
    await admin.close()
    dsn = server.dsn(service.name)
    runtime = await Runtime.open(service, dsn, vault=MemoryVault(), clock=lambda: datetime.now(UTC), ids=uuid7)
    await runtime.pool.execute(TABLE)
    return runtime


def _note(n: int) -> Append:
    stream = uuid7()
    return Append(stream, NO_STREAM, [Noted(stream, n)], META)


async def _consumed(publisher: Runtime, reader: Runtime, xid: int) -> None:
    number = await publisher.wait_published(xid, 60)
    assert number is not None
    assert await reader.wait_consumed("seen", number, 60)


async def lone_event() -> list[str]:
    """From before the append to the other service's read model, one event at a time with rests between."""
    async with services() as (publisher, reader):
        await publisher.start()
        await reader.start({"notes": publisher.dsn})
        taken = []
        for n in range(330):
            began = perf_counter()
            done = await publisher.store.append(_note(n))
            await _consumed(publisher, reader, done.xid)
            taken.append((perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)
        return [figure("lone_event", percentile(taken[30:], 99), "ms p99", 50, "<")]


async def append() -> list[str]:
    """Appends of one event by 8 writers, whole idempotent commands by 8, and batches; writing to disk each time."""
    async with services() as (publisher, _):
        bare = await _rate(lambda n: publisher.store.append(_note(n)), 4_000)
        count: Decider[int, int, Noted] = Decider(0, lambda _state, n: [Noted(UUID(int=0), n)], lambda s, _: s + 1)

        async def command(n: int) -> object:
            request = Idempotency(uuid7(), "bench", str(n))
            return await publisher.commands.handle(
                count, uuid7(), n, META, idempotency=request, respond=lambda receipt: str(receipt.version).encode()
            )

        commands = await _rate(command, 2_000)
        batch = await _rate(lambda _: publisher.store.append_many([_note(n) for n in range(2_000)]), 12, writers=2)
        return [
            figure("append", bare, "events/s", 1_000, "≥"),
            figure("append_command", commands, "commands/s", 500, "≥"),
            figure("append_many", batch * 2_000, "events/s", 5_000, "≥"),
        ]


async def flow() -> list[str]:
    """50,000 events in batches, from the first append to the other service's read model."""
    async with services() as (publisher, reader):
        await publisher.start()
        await reader.start({"notes": publisher.dsn})
        began, xid = perf_counter(), 0
        for _ in range(25):
            xid = (await publisher.store.append_many([_note(n) for n in range(2_000)]))[-1].xid
        await _consumed(publisher, reader, xid)
        assert await publisher.wait_projected(xid, "seen", 60)
        return [figure("flow", 50_000 / (perf_counter() - began), "events/s", 2_000, "≥")]


async def _rate(work: Callable[[int], Awaitable[object]], count: int, writers: int = 8) -> float:
    """Calls a second by so many writers."""
    numbers = iter(range(count))

    async def write() -> None:
        for n in numbers:
            await work(n)

    await work(0)
    began = perf_counter()
    await asyncio.gather(*(write() for _ in range(writers)))
    return count / (perf_counter() - began)


CASES: dict[str, Callable[[], Awaitable[list[str]]]] = {"lone_event": lone_event, "append": append, "flow": flow}
