"""A service tells, another listens: from append to the other's read model, and what they say of themselves."""

from collections.abc import AsyncIterator

import pytest
from uuid_utils.compat import uuid7

from libs.events.memory import MemoryStore  # noqa: F401
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM
from libs.events.vault import MemoryVault
from tests.conftest import MakeDatabase
from tests.integration.events import counting


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
