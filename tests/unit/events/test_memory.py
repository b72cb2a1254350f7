"""The store in memory passes the suite of every store."""

from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.commands import Commands, Receipt, Stored
from libs.events.memory import MemoryStore
from libs.events.store import NO_STREAM, VersionConflict
from libs.events.testing.peer_suite import PeersAtOnceSuite, PeerSuite
from libs.events.testing.store_suite import META, CommandSuite, Count, StoreSuite, append, counter, key


class TestMemoryStore(StoreSuite):
    """Streams in memory."""


class TestMemoryCommands(CommandSuite):
    """Commands in memory."""


class TestMemoryAsPeers(PeerSuite):
    """What other stores are held to, in memory."""


class TestMemoryAtOnce(PeersAtOnceSuite):
    """The same under several writers."""


async def test_the_log_lists_all_events_in_order(store: MemoryStore) -> None:
    one, two = uuid7(), uuid7()
    await store.append(append(one, NO_STREAM, 1))
    await store.append(append(two, NO_STREAM, 2))
    assert [(each.position, each.event.n) for each in store.log] == [(1, 1), (2, 2)]


class Behind(MemoryStore):
    """Another writer is always first."""

    async def append_command(self, *arguments: Any, **named: Any) -> Receipt:
        raise VersionConflict

    async def find_command(self, command_id: UUID, tx: object = None) -> Stored | None:
        return None


async def test_a_command_gives_up_after_a_few_conflicts(store: MemoryStore) -> None:
    store.__class__ = Behind
    with pytest.raises(VersionConflict):
        await Commands(store).handle(counter, uuid7(), Count(), META)
    with pytest.raises(VersionConflict):
        await Commands(store).handle(counter, uuid7(), Count(), META, idempotency=key())


async def test_a_twin_that_was_answered_between_look_and_append_gives_the_answer(store: MemoryStore) -> None:
    request, stream = key(), uuid7()
    first = await Commands(store).handle(counter, stream, Count(), META, idempotency=request)
    look, looks = store.find_command, [None]

    async def late(command_id: UUID, tx: object = None) -> Stored | None:
        return looks.pop() if looks else await look(command_id)

    store.find_command = late  # type: ignore[method-assign]
    again = await Commands(store).handle(counter, stream, Count(), META, idempotency=request)
    assert (again.event_ids, again.replayed) == (first.event_ids, b"")
    assert len(await store.load(stream)) == 1
