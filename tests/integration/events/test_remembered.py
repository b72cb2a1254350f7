"""What a process remembers of a stream: read on from it, and of no effect where it was rolled back."""

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from libs.events.commands import Commands
from libs.events.postgres import PostgresStore
from libs.events.remembered import Remembered
from libs.events.snapshots import Folded
from libs.events.store import Recorded
from libs.events.testing.store_suite import META, Count, counter, remembered, suite_codec
from libs.events.types import Connection, Pool
from libs.events.vault import MemoryVault


class Reading(PostgresStore):
    """Tells how many events were read."""

    read = 0

    async def load(self, *given: object, **named: object) -> list[Recorded[object]]:
        found = await super().load(*given, **named)  # type: ignore[arg-type]
        self.read += len(found)
        return found


@pytest.fixture
def store(pool: Pool) -> Reading:
    return Reading(pool, suite_codec(), MemoryVault(), ids=uuid7)


async def test_only_what_was_appended_since_is_read(store: Reading) -> None:
    commands, stream = Commands(store), uuid7()
    for _ in range(20):
        await commands.handle(remembered, stream, Count(), META)
    assert store.read <= 2 * 20
    plain = Commands(store)
    await plain.state(counter, stream)
    assert store.read >= 20


async def test_what_a_transaction_saw_of_itself_is_nothing_when_it_is_rolled_back(store: Reading, pool: Pool) -> None:
    commands, stream = Commands(store), uuid7()
    await commands.handle(remembered, stream, Count(), META)

    async def taken_back(tx: Connection) -> None:
        for expected in (2, 3):
            await commands.handle_within(tx, remembered, stream, Count(), META)
            assert await commands.state(remembered, stream, tx) == (expected, expected)
        raise asyncpg.QueryCanceledError

    with pytest.raises(asyncpg.QueryCanceledError):
        async with pool.acquire() as tx, tx.transaction():
            await taken_back(tx)
    assert await commands.state(remembered, stream) == (1, 1)
    assert (await commands.handle(remembered, stream, Count(), META)).version == 2
    assert await commands.state(remembered, stream) == (2, 2)


def test_the_state_used_longest_ago_is_forgotten_first() -> None:
    kept, streams = Remembered(2), [uuid7() for _ in range(3)]
    for n, stream in enumerate(streams):
        kept.keep(remembered, stream, Folded(n, 1, 1, uuid7()))
        kept.find(remembered, streams[0])
    assert [kept.find(remembered, stream) is None for stream in streams] == [True, False, False]
    assert kept.find(counter, streams[2]) is None, "another decider's state"
