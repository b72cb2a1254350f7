"""The store in memory passes the suite of every store."""

import pytest
from uuid_utils.compat import uuid7

from libs.events.commands import Commands
from libs.events.memory import MemoryStore
from libs.events.store import NO_STREAM
from libs.events.testing.store_suite import META, CommandSuite, Count, StoreSuite, append, counter


class TestMemoryStore(StoreSuite):
    """Streams in memory."""


class TestMemoryCommands(CommandSuite):
    """Commands in memory."""


async def test_the_log_lists_all_events_in_order(store: MemoryStore) -> None:
    one, two = uuid7(), uuid7()
    await store.append(append(one, NO_STREAM, 1))
    await store.append(append(two, NO_STREAM, 2))
    assert [(each.position, each.event.n) for each in store.log] == [(1, 1), (2, 2)]


async def test_reservations_need_a_database(store: MemoryStore) -> None:
    async def inside(_tx: object, _events: object) -> None:
        raise AssertionError

    with pytest.raises(NotImplementedError, match="database"):
        await Commands(store).handle(counter, uuid7(), Count(), META, inside=inside)
