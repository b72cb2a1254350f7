"""What commanded and sliceworkz ask of subscriptions, asked of a service's projection.

Theirs hand out events and wait to be told that they were handled; ours write in the transaction that moves the cursor,
so "acknowledged" means committed. That of two subscribers under one name one moves at a time is in test_leases.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.runtime import Runtime, Tuning
from libs.events.service import Projection, Service
from libs.events.store import ANY, Append, Recorded
from libs.events.testing.store_suite import META, Counted, Labelled, append, suite_codec
from libs.events.types import Connection
from tests.conftest import KERNEL, MakeDatabase
from tests.integration.events.conftest import OpenRuntime

LIMIT = 45.0  # longer than a lease that its owner could not give back
TABLE = "CREATE TABLE IF NOT EXISTS got (at bigint GENERATED ALWAYS AS IDENTITY, name text, stream uuid, version int)"
Got = list[tuple[UUID, int]]


@dataclass
class Subscriber:
    """Writes down what it was handed; `before` may hold it up or fail."""

    name: str = "first"
    handles: tuple[type, ...] = (Counted, Labelled)
    before: Callable[[Sequence[Recorded[Any]]], Awaitable[None]] | None = None
    pages: list[int] = field(default_factory=list)

    def projection(self) -> Projection:
        return Projection(self.name, self.handles, self.apply)

    async def apply(self, tx: Connection, events: Sequence[Recorded[Any]]) -> None:
        self.pages.append(len(events))
        rows = [(self.name, each.stream_id, each.version) for each in events]
        await tx.executemany("INSERT INTO got (name, stream, version) VALUES ($1, $2, $3)", rows)
        if self.before is not None:
            await self.before(events)


@dataclass
class Log:
    """One log on which services with these subscribers are opened, one after another."""

    dsn: str
    open_runtime: OpenRuntime

    async def listen(self, *subscribers: Subscriber, tuning: Tuning | None = None) -> Runtime:
        service = Service("suite", suite_codec(), lambda _: (), tuple(each.projection() for each in subscribers))
        runtime = await self.open_runtime(service, self.dsn, tuning=tuning)
        await runtime.pool.execute(TABLE)
        await runtime.start()
        return runtime


@pytest.fixture
async def log(make_database: MakeDatabase, open_runtime: OpenRuntime) -> Log:
    return Log(await make_database(KERNEL), open_runtime)


async def got(runtime: Runtime, name: str = "first") -> Got:
    rows = await runtime.pool.fetch("SELECT stream, version FROM got WHERE name = $1 ORDER BY at", name)
    return [(row["stream"], row["version"]) for row in rows]


async def write(runtime: Runtime, stream: UUID, *numbers: int) -> int:
    return (await runtime.store.append(append(stream, ANY, *numbers))).xid


async def test_what_lay_there_comes_first_and_then_what_is_appended_to_any_stream(log: Log) -> None:
    one, two = uuid7(), uuid7()
    quiet = await log.listen()
    await write(quiet, one, 1, 2)
    await quiet.stop()
    runtime = await log.listen(Subscriber())
    await write(runtime, two, 1)
    last = await write(runtime, one, 3)
    assert await runtime.wait_projected(last, "first", LIMIT)
    assert await got(runtime) == [(one, 1), (one, 2), (two, 1), (one, 3)]


async def test_events_it_did_not_ask_for_are_not_handed_to_it(log: Log) -> None:
    subscriber, stream = Subscriber(handles=(Labelled,)), uuid7()
    runtime = await log.listen(subscriber)
    await write(runtime, stream, 1, 2)
    await runtime.store.append(Append(stream, 2, [Labelled("asked", {})], META))
    last = await write(runtime, stream, 4)
    assert await runtime.wait_projected(last, "first", LIMIT)
    assert await got(runtime) == [(stream, 3)]


async def test_it_goes_on_from_where_it_stood(log: Log) -> None:
    stream = uuid7()
    first = await log.listen(Subscriber())
    assert await first.wait_projected(await write(first, stream, 1, 2), "first", LIMIT)
    await first.stop()
    away = await log.listen()
    await write(away, stream, 3)
    await away.stop()
    again = await log.listen(Subscriber())
    assert await again.wait_projected(await write(again, stream, 4), "first", LIMIT)
    assert await got(again) == [(stream, version) for version in (1, 2, 3, 4)]


async def test_what_was_not_committed_comes_again_and_left_nothing(log: Log) -> None:
    handed: list[list[int]] = []

    async def fail_twice(events: Sequence[Recorded[Any]]) -> None:
        handed.append([each.version for each in events])
        if len(handed) <= 2:
            raise RuntimeError("not now")

    runtime, stream = await log.listen(Subscriber(before=fail_twice)), uuid7()
    assert await runtime.wait_projected(await write(runtime, stream, 1), "first", LIMIT)
    assert handed == [[1], [1], [1]]
    assert await got(runtime) == [(stream, 1)]


async def test_a_subscriber_that_fails_or_is_slow_holds_up_neither_writers_nor_others(log: Log) -> None:
    gate = asyncio.Event()

    async def wait(_events: Sequence[Recorded[Any]]) -> None:
        await gate.wait()

    async def fail(_events: Sequence[Recorded[Any]]) -> None:
        raise RuntimeError("never")

    slow, broken = Subscriber("slow", before=wait), Subscriber("broken", before=fail)
    runtime, stream = await log.listen(Subscriber(), slow, broken), uuid7()
    for n in range(1, 6):
        last = await write(runtime, stream, n)
    assert await runtime.wait_projected(last, "first", LIMIT)
    assert (await got(runtime, "slow"), await got(runtime, "broken")) == ([], [])
    gate.set()
    assert await runtime.wait_projected(last, "slow", LIMIT)
    assert await got(runtime, "slow") == await got(runtime) == [(stream, version) for version in range(1, 6)]


async def test_a_subscriber_that_comes_later_gets_the_whole_past_and_the_first_nothing_again(log: Log) -> None:
    stream = uuid7()
    before = await log.listen(Subscriber())
    assert await before.wait_projected(await write(before, stream, 1, 2, 3), "first", LIMIT)
    await before.stop()
    runtime = await log.listen(Subscriber(), Subscriber("second"))
    last = await write(runtime, stream, 4)
    assert await runtime.wait_projected(last, "first", LIMIT)
    assert await runtime.wait_projected(last, "second", LIMIT)
    assert await got(runtime) == await got(runtime, "second") == [(stream, version) for version in (1, 2, 3, 4)]


@pytest.mark.parametrize("page", [1, 2, 7, 100])
async def test_in_steps_of_any_size_it_gets_the_same(log: Log, page: int) -> None:
    streams = [uuid7() for _ in range(3)]
    quiet = await log.listen()
    await quiet.store.append_many([append(stream, ANY, n) for n in range(5) for stream in streams])
    await quiet.stop()
    subscriber = Subscriber()
    runtime = await log.listen(subscriber, tuning=Tuning(page=page))
    assert await runtime.wait_projected(await write(runtime, streams[0], 9), "first", LIMIT)
    expected = [(stream, version) for version in range(1, 6) for stream in streams]
    assert await got(runtime) == [*expected, (streams[0], 6)]
    assert max(subscriber.pages) <= page


async def test_a_subscriber_may_read_the_log_and_finds_what_it_was_told(log: Log) -> None:
    found: list[int] = []

    async def look(events: Sequence[Recorded[Any]]) -> None:
        for each in events:
            found.append(len(await runtime.store.load(each.stream_id)) - each.version)

    runtime, stream = await log.listen(Subscriber(before=look)), uuid7()
    for n in range(1, 4):
        last = await write(runtime, stream, n)
    assert await runtime.wait_projected(last, "first", LIMIT)
    assert len(found) == 3
    assert min(found) >= 0
