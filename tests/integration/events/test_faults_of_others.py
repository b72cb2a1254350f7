"""Faults that lost others their events: the same course of things through our reader and through the faulty one.

That the faulty one is caught shows that the course is the one that matters.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.pool import connect
from libs.events.postgres import PostgresStore
from libs.events.store import NO_STREAM, VersionConflict
from libs.events.types import Connection, Pool
from libs.events.vault import MemoryVault
from tests.integration.events import counting, faulty

MakeReader = Callable[[Pool], faulty.Reader]
POSITION = "SELECT nextval(pg_get_serial_sequence('events', 'position'))"
LATE = """
INSERT INTO events (position, stream_id, version, event_id, type, schema_version, data, meta)
OVERRIDING SYSTEM VALUE VALUES ($1, $2, 1, $3, 'noted', 1, '{}', '{}')
"""
LOG = "SELECT event_id FROM events"


@pytest.fixture
def notes(pool: Pool) -> PostgresStore:
    return PostgresStore(pool, counting.codec(), MemoryVault(), ids=uuid7)


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Connection]:
    connection = await connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def _note(notes: PostgresStore, tx: Connection | None = None) -> None:
    await notes.append(counting.note(uuid7(), 1, NO_STREAM), tx)


async def _log(pool: Pool) -> list[UUID]:
    return sorted(row["event_id"] for row in await pool.fetch(LOG))


async def _looks(reader: faulty.Reader, times: int) -> list[UUID]:
    return [event_id for _ in range(times) for event_id in await reader.look()]


async def _slow_neighbour(reader: faulty.Reader, notes: PostgresStore, dsn: str) -> list[UUID]:
    """An append that stays open while later ones commit and are read, look after look; then it commits."""
    async with _connected(dsn) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await _note(notes, connection)
        await _note(notes)
        seen = await _looks(reader, 4)
        await _note(notes)
        seen += await _looks(reader, 4)
        await transaction.commit()
    return sorted(seen + await _looks(reader, 4))


@pytest.mark.parametrize("wrong", [faulty.WithGaps, faulty.ToHighWater], ids=["gaps by age", "high water"])
async def test_a_slow_append_is_not_skipped_for_its_later_neighbours(
    pool: Pool, dsn: str, notes: PostgresStore, wrong: MakeReader
) -> None:
    assert await _slow_neighbour(faulty.ByWindows(pool), notes, dsn) == await _log(pool)
    missed = await _slow_neighbour(wrong(pool), notes, dsn)
    assert len(missed) == len(await _log(pool)) - 1


async def _commit_between(reader: faulty.Reader, notes: PostgresStore) -> list[UUID]:
    """One event before the first look, one inside it where the reader lets it in, one after it."""
    await _note(notes)
    seen = await reader.look()
    await _note(notes)
    return sorted(seen + await _looks(reader, 2))


async def test_what_commits_between_the_page_and_its_place_is_not_skipped(pool: Pool, notes: PostgresStore) -> None:
    assert await _commit_between(faulty.ByWindows(pool), notes) == await _log(pool)
    moments = iter([lambda: _note(notes)])

    async def once() -> None:
        for moment in moments:
            await moment()

    missed = await _commit_between(faulty.WithSkew(pool, once, len(await _log(pool))), notes)
    assert len(missed) == 2


async def _position_before_transaction(reader: faulty.Reader, notes: PostgresStore, dsn: str) -> list[UUID]:
    """A writer draws its position, then another draws both position and transaction and commits before it goes on."""
    async with _connected(dsn) as connection:
        position = await connection.fetchval(POSITION)
        await _note(notes)
        async with connection.transaction():
            await connection.execute(LATE, position, uuid7(), uuid7())
            seen = await _looks(reader, 2)
    return sorted(seen + await _looks(reader, 2))


async def test_a_position_drawn_early_by_a_later_transaction_is_not_skipped(
    pool: Pool, dsn: str, notes: PostgresStore
) -> None:
    assert await _position_before_transaction(faulty.ByWindows(pool), notes, dsn) == await _log(pool)
    head = await pool.fetchval(faulty.HEAD)
    assert len(await _position_before_transaction(faulty.BelowOldest(pool, head), notes, dsn)) == 1


async def test_an_append_that_was_reported_is_in_the_log(pool: Pool, notes: PostgresStore) -> None:
    ours, theirs = uuid7(), uuid7()
    answers = await asyncio.gather(
        *(notes.append(counting.note(ours, 1, NO_STREAM)) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(answer, VersionConflict) for answer in answers) == 19
    assert len(await notes.load(ours)) == 1
    reported = await asyncio.gather(*(faulty.append_silently(pool, theirs, 0, uuid7()) for _ in range(20)))
    assert reported == [1] * 20
    assert await pool.fetchval("SELECT count(*) FROM events WHERE stream_id = $1", theirs) == 1
