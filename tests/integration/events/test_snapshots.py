"""Snapshots in PostgreSQL pass the suite, may be deleted at any time, and are read inside a transaction."""

import random

import pytest
from uuid_utils.compat import uuid7

from libs.events.commands import Commands
from libs.events.postgres import PostgresStore
from libs.events.snapshots import fold
from libs.events.testing.snapshot_suite import Add, SnapshotSuite, Tallied, assert_the_same, kept, plain, run
from libs.events.testing.store_suite import META, suite_codec
from libs.events.types import Pool
from libs.events.vault import MemoryVault


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def store(pool: Pool, vault: MemoryVault) -> PostgresStore:
    return PostgresStore(pool, suite_codec(), vault, ids=uuid7)


class TestPostgresSnapshots(SnapshotSuite):
    """Snapshots in PostgreSQL."""


async def test_a_long_run_ends_the_same_while_somebody_deletes_them(store: PostgresStore, pool: Pool) -> None:
    drawn = random.Random(20160503)
    for _ in range(5):
        words = [drawn.choice([drawn.randint(-4, 5), "杨花"]) for _ in range(30)]
        await assert_the_same(store, words, drawn.randint(1, 7))
        await pool.execute("DELETE FROM snapshots")


async def test_deleting_them_all_changes_nothing(store: PostgresStore, pool: Pool) -> None:
    stream = await assert_the_same(store, [1] * 10)
    assert await pool.fetchval("SELECT count(*) FROM snapshots") == 1
    await pool.execute("TRUNCATE snapshots")
    assert (await fold(store, kept(), stream)).state == Tallied(10)
    assert await run(store, kept(), stream, [1]) == [11]


async def test_inside_a_transaction_they_are_read_with_what_it_appended_and_none_is_kept(
    store: PostgresStore, pool: Pool
) -> None:
    stream = await assert_the_same(store, [1] * 10, every=3)
    commands, decider = Commands(store), kept(every=1)
    before = await store.find_snapshot(stream, "tally", 1)
    async with pool.acquire() as connection, connection.transaction():
        for _ in range(3):
            await commands.handle_within(connection, decider, stream, Add(2), META)
        assert await commands.state(decider, stream, connection) == (Tallied(16), 13)
        assert (await fold(store, decider, stream)).state == Tallied(10)
    assert (await fold(store, plain, stream)).state == Tallied(16)
    assert await store.find_snapshot(stream, "tally", 1) == before
