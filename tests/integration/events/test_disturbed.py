"""Servers that go away, effects that fail, sources that are not there yet: visible, retried, and then all is well."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events import fact_tasks
from libs.events.contract import Fact
from libs.events.housekeeping import prune_for_ever
from libs.events.lease import LeaseLost
from libs.events.pool import connect
from libs.events.publisher import Publisher
from libs.events.runtime import Runtime
from libs.events.schema import migrate
from libs.events.service import Consumer, Projection
from libs.events.status import ReaderStatus
from libs.events.store import NO_STREAM, Recorded
from libs.events.transport import Head, Published
from libs.events.types import Connection
from libs.values.errors import Refused, Unavailable
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.test_consumer import Told, record
from tests.support.postgres import with_database

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def _note(runtime: Runtime, stream: UUID, n: int) -> int:
    return (await runtime.store.append(counting.note(stream, n, n - 1 or NO_STREAM))).xid


async def _shown(runtime: Runtime, name: str, wanted: Callable[[ReaderStatus], bool]) -> ReaderStatus:
    """Ask the status until a reader is as wanted."""
    async with asyncio.timeout(20):
        while True:
            status = await runtime.status()
            for each in (*status.cursors, *status.consumers):
                if each.name == name and wanted(each):
                    return each
            await asyncio.sleep(0.01)


class Failing:
    """An effect that fails until it is mended."""

    def __init__(self, effect: Any, error: Exception) -> None:
        self.effect = effect
        self.error: Exception | None = error

    async def __call__(self, tx: Connection, items: Sequence[Any]) -> None:
        await self.effect(tx, items)
        if self.error is not None:
            raise self.error


async def test_a_failing_projection_says_why_stops_alone_and_goes_on_when_mended(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    failing = Failing(counting.project, Refused("tally.shut", "the tally is shut"))
    projections = (Projection("tally", (counting.Noted,), failing),)
    runtime = await open_runtime(replace(counting.notes(), projections=projections), await make_database())
    await runtime.start()
    xid = await _note(runtime, uuid7(), 1)
    shown = await _shown(runtime, "projection.tally", lambda each: each.error is not None)
    assert shown.error == "Refused: the tally is shut"
    assert shown.lag_events == 1
    assert await runtime.wait_published(xid, 10) == 1
    failing.error = None
    assert await runtime.wait_projected(xid, "tally", 10)
    assert await checks.tally(runtime.pool, "projection") == await checks.log(runtime.pool)
    assert (await _shown(runtime, "projection.tally", lambda each: each.error is None)).lag_seconds == 0


async def test_a_failing_consumer_says_so_without_its_data_and_goes_on_when_mended(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    failing = Failing(counting.consume, ValueError("杨花"))
    consumer = Consumer("notes", "notes", (counting.NoteTaken,), failing)
    transport = Told(record(1, 0, 1))
    reader = await open_runtime(
        replace(counting.reader(), consumers=(consumer,)), await make_database(), transports={"notes": transport}
    )
    await reader.start()
    shown = await _shown(reader, "notes", lambda each: each.error is not None)
    assert shown.error == "ValueError"
    failing.error = None
    assert await reader.wait_consumed("notes", 1, 10)
    await _shown(reader, "notes", lambda each: each.error is None)


async def test_a_fork_stops_the_consumer_for_good(make_database: MakeDatabase, open_runtime: OpenRuntime) -> None:
    told = Told(record(1, 0, 1))
    reader = await open_runtime(counting.reader(), await make_database(), transports={"notes": told})
    await reader.start()
    assert await reader.wait_consumed("notes", 1, 10)
    told.log_id = UUID(int=2)
    shown = await _shown(reader, "notes", lambda each: each.error is not None)
    assert shown.error is not None
    assert "a new log" in shown.error


async def test_a_hole_that_lasts_is_an_error_until_it_is_filled(
    make_database: MakeDatabase, open_runtime: OpenRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_tasks, "HOLE_ALARM", 0.0)
    told = Told(record(1, 0, 1), record(3, 2, 3))
    reader = await open_runtime(counting.reader(), await make_database(), transports={"notes": told})
    await reader.start()
    shown = await _shown(reader, "notes", lambda each: each.error is not None)
    assert "missing in partitions" in str(shown.error)
    told.records = [record(2, 1, 2), record(3, 2, 3)]
    assert await reader.wait_consumed("notes", 3, 10)
    await _shown(reader, "notes", lambda each: each.error is None)


async def test_after_all_connections_are_cut_everything_arrives(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(), await make_database()
    publisher = await open_runtime(counting.notes(), source)
    reader = await open_runtime(counting.reader(), target)
    await publisher.start()
    await reader.start({"notes": source})
    stream, xid = uuid7(), 0
    for n in range(1, 61):
        if n % 20 == 10:
            for dsn in (source, target):
                cutter = await connect(dsn)
                await cutter.execute(CUT)
                await cutter.close()
        xid = await _patiently(publisher, stream, n)
    number = await publisher.wait_published(xid, 30)
    assert number == 60
    assert await publisher.wait_projected(xid, "tally", 30)
    assert await reader.wait_consumed("notes", 60, 30)
    assert await checks.tally(publisher.pool, "projection") == await checks.log(publisher.pool)
    assert await checks.tally(reader.pool, "consumer") == await checks.log(publisher.pool)
    await checks.chain_is_whole(publisher.pool, 60)


async def _patiently(publisher: Runtime, stream: UUID, n: int) -> int:
    """As a client does: ask again while the database is away, knowing that the first try may have been written."""
    while True:
        try:
            there = await publisher.store.load(stream, after=n - 1)
            return await _note(publisher, stream, n) if not there else await _xid(publisher, stream)
        except Unavailable:
            await asyncio.sleep(0.02)


async def _xid(publisher: Runtime, stream: UUID) -> int:
    return int(await publisher.pool.fetchval("SELECT max(xid::text::bigint) FROM events WHERE stream_id = $1", stream))


async def test_a_source_may_come_later_than_its_reader(
    make_database: MakeDatabase, open_runtime: OpenRuntime, postgres: str
) -> None:
    name = f"jinguo_late_{uuid7().hex}"
    source = with_database(postgres, name)
    reader = await open_runtime(counting.reader(), await make_database())
    await reader.start({"notes": source})
    assert (await reader.freshness())["notes"] == {"number": 0, "at": None}
    shown = await _shown(reader, "notes", lambda each: each.error is not None)
    assert shown.error == "InvalidCatalogNameError 3D000"
    admin = await connect(postgres)
    await admin.execute(f'CREATE DATABASE "{name}"')
    await migrate(source)
    publisher = await open_runtime(counting.notes(), source)
    await publisher.start()
    await _note(publisher, uuid7(), 1)
    assert await reader.wait_consumed("notes", 1, 20)
    await reader.stop()
    await publisher.stop()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def test_a_process_that_only_answers_knows_how_far_the_worker_is(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    dsn, told = await make_database(), Told(record(1, 0, 1))
    worker = await open_runtime(counting.reader(), dsn, transports={"notes": told})
    api = await open_runtime(counting.reader(), dsn)
    assert not await api.wait_consumed("notes", 1, 0.01)
    await worker.start()
    assert await api.wait_consumed("notes", 1, 10)
    assert (await api.freshness())["notes"]["number"] == 1
    assert not (await api.status()).running


async def test_a_consumer_without_a_source_is_a_mistake_of_the_caller(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    reader = await open_runtime(counting.reader(), await make_database())
    with pytest.raises(ValueError, match="nobody said where"):
        await reader.start()


async def test_the_watcher_finds_what_another_process_appended(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    dsn = await make_database()
    worker, api = await open_runtime(counting.notes(), dsn), await open_runtime(counting.notes(), dsn)
    await worker.start()
    xid = await _note(api, uuid7(), 1)
    assert await api.wait_projected(xid, "tally", 10)
    assert await api.wait_published(xid, 10) == 1


async def test_pruning_goes_on_after_a_failure() -> None:
    answers: list[int | Exception] = [2, 2, 1, OSError("away"), 0]
    asked = asyncio.Event()

    async def prune(_batch: int) -> int:
        answer = answers.pop(0)
        if not answers:
            asked.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    task = asyncio.create_task(prune_for_ever(prune, every=0, batch=2))
    await asyncio.wait_for(asked.wait(), 10)
    task.cancel()
    assert answers == []


async def test_a_transport_is_handed_what_it_promises(make_database: MakeDatabase, open_runtime: OpenRuntime) -> None:
    from libs.events.table_transport import TableTransport

    dsn = await make_database()
    publisher = await open_runtime(counting.notes(), dsn)
    transport = await TableTransport.open(dsn)
    assert (await transport.head()).number == 0
    assert await transport.at(1) is None
    await publisher.start()
    streams = [uuid7() for _ in range(40)]
    done = await publisher.store.append_many([counting.note(stream, 1, NO_STREAM) for stream in streams])
    assert await publisher.wait_published(done[-1].xid, 10) == 40
    read = await transport.read(dict.fromkeys(range(24), 0), 30)
    assert [each.number for each in read] == list(range(1, 31))
    one = read[0].partition
    assert {each.partition for each in await transport.read({one: 0}, 100)} == {one}
    assert await transport.read({one: 40}, 100) == []
    assert await transport.at(1) == read[0].event_id
    head: Head = await transport.head()
    assert head.number == 40
    assert isinstance(read[0], Published)
    await transport.close()


async def test_a_publisher_that_meets_its_own_numbers_has_lost_the_lease_and_never_doubles(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    runtime = await open_runtime(counting.notes(), await make_database())
    event = replace(
        (await _recorded(runtime))[0],
        event_id=uuid7(),
    )
    effect = Publisher(lambda each: [replace(next(iter(counting.publish(each))), valid="2016")]).effect
    async with runtime.pool.acquire() as connection:
        assert await effect(connection, [event], 0) == 1
        assert await connection.fetchval("SELECT meta->>'valid' FROM published") == "2016"
        with pytest.raises(LeaseLost):
            await effect(connection, [event], 0)


async def _recorded(runtime: Runtime) -> list[Recorded[Any]]:
    stream = uuid7()
    await _note(runtime, stream, 1)
    return await runtime.store.load(stream)


async def test_events_of_no_interest_move_a_projection_too(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    async def never(_tx: Connection, _events: Sequence[Recorded[Any]] | Sequence[Fact[Any]]) -> None:
        raise AssertionError("nothing of interest was appended")

    service = replace(counting.notes(), projections=(Projection("never", (), never),), publish=lambda _event: ())
    runtime = await open_runtime(service, await make_database())
    await runtime.start()
    xid = await _note(runtime, uuid7(), 1)
    assert await runtime.wait_projected(xid, "never", 10)
    assert await runtime.wait_published(xid, 10) == 0
