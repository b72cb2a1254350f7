"""Figures of the kernel alone: a lone event's way, appends and commands, catching up. Commits are synced to disk."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from bench.figure import figure, percentile
from jinguo.postgres import EmbeddedPostgres
from libs.events.commands import Idempotency, Receipt
from libs.events.decider import Decider
from libs.events.runtime import Runtime
from libs.events.service import Service
from libs.events.store import NO_STREAM
from libs.events.vault import MemoryVault
from tests.integration.events import counting

LONE_EVENTS = 300
PAUSE = 0.05  # seconds between lone events: readers fall idle in between
CLIENTS = 8
SECONDS = 5.0
FACTS = 50_000
APPEND_BATCH = 2_000
LIMIT = 120.0


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Runtime, Runtime, str]]:
    """A publisher and a reader of it, opened and not started, and where the publisher's log may be read."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-", ignore_cleanup_errors=True) as parent:
        server = EmbeddedPostgres(Path(parent) / "postgres")
        server.start()
        try:
            async with AsyncExitStack() as stack:
                source, target = await _database(server, "notes"), await _database(server, "reader")
                publisher = await _open(stack, counting.notes(), source)
                yield publisher, await _open(stack, counting.reader(), target), source
        finally:
            server.stop()


async def _database(server: EmbeddedPostgres, name: str) -> str:
    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return server.dsn(name)


async def _open(stack: AsyncExitStack, service: Service, dsn: str) -> Runtime:
    runtime = await Runtime.open(service, dsn, vault=MemoryVault(), clock=counting.clock, ids=uuid7)
    stack.push_async_callback(runtime.stop)
    return runtime


async def lone_event() -> list[str]:
    """From the call of append to the other service's read model, one event at a time, both in this process."""
    waits = []
    async with pair() as (publisher, reader, source):
        await publisher.start()
        await reader.start({"notes": source})
        await _take(publisher, reader)
        for _ in range(LONE_EVENTS):
            await asyncio.sleep(PAUSE)
            began = time.perf_counter()
            await _take(publisher, reader)
            waits.append(time.perf_counter() - began)
    return [
        figure("lone_event_p50", percentile(waits, 50) * 1_000, "ms", 25, "<"),
        figure("lone_event_p99", percentile(waits, 99) * 1_000, "ms", 50, "<"),
    ]


async def _take(publisher: Runtime, reader: Runtime) -> None:
    done = await publisher.store.append(counting.note(uuid7(), 1, NO_STREAM))
    number = await publisher.wait_published(done.xid, LIMIT)
    assert number is not None
    assert await reader.wait_consumed("notes", number, LIMIT)


async def append() -> list[str]:
    """Eight clients: bare appends of one event, then whole commands with key and stored answer; readers at rest."""
    async with pair() as (publisher, _, _):
        bare = await _rate(lambda: publisher.store.append(counting.note(uuid7(), 1, NO_STREAM)))
        whole = await _rate(lambda: _command(publisher))
    return [
        figure("append", bare, "events/s", 1_000, "≥"),
        figure("command", whole, "commands/s", 1_000, "≥"),
    ]


async def append_while_read() -> list[str]:
    """The same commands while projection, publisher and the other service's consumer follow in the same process."""
    async with pair() as (publisher, reader, source):
        await publisher.start()
        await reader.start({"notes": source})
        rate = await _rate(lambda: _command(publisher))
        await _take(publisher, reader)
    return [figure("command_while_read", rate, "commands/s", 400, "≥")]


def _decide(count: int, stream: UUID) -> list[counting.Noted]:
    return [counting.Noted(stream, count + 1)]


_noting: Decider[int, UUID, counting.Noted] = Decider(0, _decide, lambda _count, event: event.n)


async def _command(publisher: Runtime) -> Receipt:
    stream = uuid7()
    key = Idempotency(uuid7(), "bench", "fingerprint")
    return await publisher.commands.handle(
        _noting,
        stream,
        stream,
        counting.META,
        idempotency=key,
        respond=lambda receipt: b'{"version":%d}' % receipt.version,
    )


async def _rate(once: Callable[[], Awaitable[Any]]) -> float:
    """How many a second CLIENTS clients do, each as fast as it is answered."""
    done = 0
    began = time.perf_counter()

    async def client() -> None:
        nonlocal done
        while time.perf_counter() - began < SECONDS:
            await once()
            done += 1

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return done / (time.perf_counter() - began)


async def catch_up() -> list[str]:
    """A new service reads all that was published before it came; then the publisher's own way through its log."""
    async with pair() as (publisher, reader, source):
        last = 0
        for _ in range(FACTS // APPEND_BATCH):
            done = await publisher.store.append_many(
                [counting.note(uuid7(), 1, NO_STREAM) for _ in range(APPEND_BATCH)]
            )
            last = done[-1].xid
        began = time.perf_counter()
        await publisher.start()
        number = await publisher.wait_published(last, LIMIT)
        published = FACTS / (time.perf_counter() - began)
        assert number == FACTS
        assert await publisher.wait_projected(last, "tally", LIMIT)
        began = time.perf_counter()
        await reader.start({"notes": source})
        assert await reader.wait_consumed("notes", number, LIMIT)
        consumed = FACTS / (time.perf_counter() - began)
    return [
        figure("publish", published, "events/s", 5_000, "≥"),
        figure("catch_up", consumed, "facts/s", 5_000, "≥"),
    ]


CASES = {
    "lone_event": lone_event,
    "append": append,
    "append_while_read": append_while_read,
    "catch_up": catch_up,
}
