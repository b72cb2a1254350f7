"""A service tells, another listens: from append to the other's read model, and what they say of themselves."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from uuid_utils.compat import uuid7

from libs.events import control
from libs.events.findings import findings
from libs.events.memory import MemoryStore  # noqa: F401
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM
from libs.events.table_transport import TableTransport
from libs.events.vault import MemoryVault
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime


@pytest.fixture
async def two(make_database: MakeDatabase) -> AsyncIterator[tuple[Runtime, Runtime]]:
    """A publisher and a reader of it, running."""
    source, target = await make_database(), await make_database()
    tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7}
    publisher = await Runtime.open(counting.notes(), source, **tools)
    reader = await Runtime.open(counting.reader(), target, **tools)
    await publisher.start()
    await reader.start({"notes": source})
    yield publisher, reader
    await reader.stop()
    await publisher.stop()


async def test_an_event_reaches_both_read_models(two: tuple[Runtime, Runtime]) -> None:
    publisher, reader = two
    stream = uuid7()
    done = await publisher.store.append(counting.note(stream, 1, NO_STREAM))
    number = await publisher.wait_published(done.xid, 5)
    assert number == 1
    assert await publisher.wait_projected(done.xid, "tally", 5)
    assert await reader.wait_consumed("notes", number, 5)
    assert await publisher.pool.fetchval("SELECT total FROM tally WHERE place = 'projection'") == 1
    assert await reader.pool.fetchval("SELECT total FROM tally WHERE place = 'consumer'") == 1


async def test_status_and_freshness_say_where_readers_stand(two: tuple[Runtime, Runtime]) -> None:
    publisher, reader = two
    done = await publisher.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(50)])
    number = await publisher.wait_published(done[-1].xid, 5)
    assert number == 50
    assert await reader.wait_consumed("notes", 50, 5)
    status = await publisher.status()
    assert status.published == 50
    assert {cursor.name: cursor.error for cursor in status.cursors} == {"publisher": None, "projection.tally": None}
    assert (await reader.freshness())["notes"]["number"] == 50
    assert [each.lag_events for each in (await reader.status()).consumers] == [0]


async def test_a_process_that_only_answers_says_what_is_moved_elsewhere(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(), await make_database()
    publisher, answers = [await open_runtime(counting.notes(), source) for _ in range(2)]
    reader, listed = [await open_runtime(counting.reader(), target) for _ in range(2)]
    (nothing_yet,) = (await listed.status()).consumers
    assert (nothing_yet.name, nothing_yet.position, nothing_yet.elsewhere) == ("notes", 0, True)
    await publisher.start()
    await reader.start({"notes": source})
    done = await answers.store.append(counting.note(uuid7(), 1, NO_STREAM))
    assert await publisher.wait_published(done.xid, 5) == 1
    assert await reader.wait_consumed("notes", 1, 5)

    here, there = await publisher.status(), await answers.status()
    assert {(each.name, each.elsewhere) for each in here.cursors} == {("publisher", False), ("projection.tally", False)}
    assert {(each.name, each.elsewhere) for each in there.cursors} == {("publisher", True), ("projection.tally", True)}
    assert [each.elsewhere for each in (await reader.status()).consumers] == [False]
    await control.pause(listed.pool, "notes", "stock-taking", "yang")
    (found,) = (await listed.status()).consumers
    assert (found.position, found.lag_events, found.paused, found.elsewhere) == (1, 0, "stock-taking", True)
    assert [(each.code, each.reader) for each in findings(await listed.status())] == [("paused", "notes")]


async def test_a_part_that_cannot_be_stopped_keeps_no_other_from_being_stopped(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = await make_database(), await make_database()
    tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7}
    reader = await Runtime.open(counting.reader(), target, **tools)
    await reader.start({"notes": source})

    async def fail(_transport: TableTransport) -> None:
        raise OSError(110, "timed out")

    with monkeypatch.context() as patched:
        patched.setattr(TableTransport, "close", fail)
        with pytest.raises(OSError, match="timed out"):
            await reader.stop()
    assert reader.pool.is_closing()
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("consumer.")] == []
    await reader._transports["notes"].close()
