"""One owner at a time: by an epoch in every page, a limit of time below the lease, and nothing written when idle."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from libs.events.lease import Cursor, Lease, LeaseLost
from libs.events.pool import connect
from libs.events.process import Process, Step, Turn
from libs.events.reader import LogReader
from libs.events.runtime import Runtime, Tuning, cursor_name
from libs.events.service import Projection
from libs.events.store import NO_STREAM, Recorded
from libs.events.testing.timer_suite import a_timer
from libs.events.types import Connection, Pool
from libs.events.wake import Pulse, until
from libs.events.windows import NOTHING, shows
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime
from tests.support import postgres as support

SHORT = Tuning(timedelta(seconds=0.6))
NAME = cursor_name(counting.notes().projections[0])


async def _note(runtime: Runtime, count: int = 1) -> int:
    done = await runtime.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(count)])
    return done[-1].xid


async def _nothing(_tx: Connection, _events: Sequence[Recorded[Any]], last: int) -> int:
    return last


async def _no_step(_turn: Turn, _cause: object) -> Sequence[Step]:
    return []


def _reader(pool: Pool) -> LogReader:
    return LogReader(pool, counting.codec(), NAME, None, _nothing)


async def test_of_two_processes_one_moves_the_cursors_and_the_other_takes_over(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    dsn = await make_database(counting.MIGRATIONS)
    one, two = await open_runtime(counting.notes(), dsn), await open_runtime(counting.notes(), dsn)
    await one.start()
    assert await one.wait_projected(await _note(one), "tally", 10)
    await two.start()
    xid = await _note(two, 20)
    assert await two.wait_projected(xid, "tally", 10)  # seen by the one, done by the other
    owners = {cursor.owner for cursor in (await two.status()).cursors}
    await one.stop()
    xid = await _note(two, 20)
    assert await two.wait_projected(xid, "tally", 10)
    assert {cursor.owner for cursor in (await two.status()).cursors}.isdisjoint(owners)
    assert await checks.tally(two.pool, "projection") == await checks.log(two.pool)


async def test_a_page_of_the_former_owner_writes_nothing(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    runtime = await open_runtime(counting.notes(), await make_database())
    pool, reader = runtime.pool, _reader(runtime.pool)
    old, new = Lease([NAME], uuid7(), timedelta(seconds=0)), Lease([NAME], uuid7())
    await old.declare(pool)
    held = await old.take(pool)
    assert held is not None
    reader.resume(held[NAME])
    await _note(runtime)
    taken = await new.take(pool)
    assert taken is not None
    with pytest.raises(LeaseLost):
        await reader.step(old)
    assert (await new.peek(pool))[NAME] == taken[NAME]


async def test_a_lease_that_runs_is_not_taken(make_database: MakeDatabase, open_runtime: OpenRuntime) -> None:
    runtime = await open_runtime(counting.notes(), await make_database())
    mine, yours = Lease([NAME, "other"], uuid7()), Lease(["other", NAME], uuid7())
    await mine.declare(runtime.pool)
    await mine.declare(runtime.pool)
    assert await mine.take(runtime.pool) is not None
    assert await yours.take(runtime.pool) is None
    assert await yours.take(runtime.pool, force=True) is not None
    await yours.release(runtime.pool)
    assert await mine.take(runtime.pool) is not None


async def test_a_take_over_of_two_at_once_succeeds_for_one(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    runtime = await open_runtime(counting.notes(), dsn := await make_database())
    lease = Lease([NAME], uuid7())
    await lease.declare(runtime.pool)
    other = await connect(dsn)
    async with other.transaction():
        await other.execute("SELECT 1 FROM cursors WHERE name = $1 FOR UPDATE", NAME)
        with pytest.raises(LeaseLost, match="first"):
            await lease.take(runtime.pool)
    await other.close()


async def test_a_cursor_that_stands_elsewhere_than_believed_stops_the_page(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    runtime = await open_runtime(counting.notes(), await make_database())
    lease, reader = Lease([NAME], uuid7()), _reader(runtime.pool)
    await lease.declare(runtime.pool)
    taken = await lease.take(runtime.pool)
    assert taken is not None
    reader.resume(replace(taken[NAME], last_number=7))
    await _note(runtime)
    with pytest.raises(LeaseLost):
        await reader.step(lease)


async def test_a_page_three_times_the_lease_is_cut_until_it_fits(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    """Each event takes 50 ms, so a page of all would take three leases; the server ends it and smaller ones pass."""

    async def slowly(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
        await tx.execute("SELECT pg_sleep($1)", 0.05 * len(events))
        await counting.project(tx, events)

    service = replace(counting.notes(), projections=(Projection("tally", (counting.Noted,), slowly),))
    dsn = await make_database(counting.MIGRATIONS)
    one = await open_runtime(service, dsn, tuning=SHORT)
    two = await open_runtime(service, dsn, tuning=SHORT)
    xid = await _note(one, 36)
    await one.start()
    await two.start()
    assert await one.wait_projected(xid, "tally", 60), (await one.status()).cursors
    assert await checks.tally(one.pool, "projection") == await checks.log(one.pool)
    assert await checks.log(one.pool)


@pytest.fixture
def quiet() -> Iterator[support.Databases]:
    """A server of this test alone: transaction ids are counted by server, whoever draws them."""
    with support.embedded() as dsn:
        yield support.Databases(dsn)


async def test_ten_idle_seconds_draw_no_transaction_id(quiet: support.Databases, open_runtime: OpenRuntime) -> None:
    """Also with a timer set far ahead. Three spells are tried, because the server's own housekeeping draws ids too."""
    source, target = await quiet.make(counting.MIGRATIONS), await quiet.make(counting.MIGRATIONS)
    process = Process("waits", (counting.Noted,), _no_step, lambda _refusal: [], timeout=_no_step)
    service = replace(counting.notes(), processes=(process,))
    publisher, twin = await open_runtime(service, source), await open_runtime(service, source)
    await publisher.timers.set(None, a_timer(datetime(2100, 1, 1, tzinfo=UTC), "waits"))
    reader = await open_runtime(counting.reader(), target)
    for runtime in (publisher, twin, reader):
        await runtime.start({"notes": source})
    number = await publisher.wait_published(await _note(publisher), 10)
    assert number == 1
    assert await reader.wait_consumed("notes", 1, 10)
    drawn = []
    for _ in range(3):
        before = await publisher.pool.fetchval("SELECT pg_snapshot_xmax(pg_current_snapshot())")
        await asyncio.sleep(10)
        drawn.append(await publisher.pool.fetchval("SELECT pg_snapshot_xmax(pg_current_snapshot())") - before)
        if drawn[-1] == 0:
            return
    raise AssertionError(f"transaction ids drawn in idle spells: {drawn}")


async def test_nobody_to_ask_means_not_reached(make_database: MakeDatabase, open_runtime: OpenRuntime) -> None:
    runtime = await open_runtime(counting.notes(), await make_database())
    xid = await _note(runtime)
    assert not await runtime.wait_projected(xid, "tally", 0.05)
    assert await runtime.wait_published(xid, 0.05) is None


async def test_a_wait_hears_a_beat_that_came_before_it_listened() -> None:
    pulse, asked = Pulse(), []

    async def reached() -> bool:
        asked.append(pulse.count)
        if len(asked) == 1:
            pulse.beat()
        return len(asked) == 2

    assert await until(reached, pulse, 60)


def test_a_snapshot_shows_what_was_committed_before_it() -> None:
    snapshot = (5, 9, (5, 7))
    assert [xid for xid in range(3, 11) if shows(snapshot, xid)] == [3, 4, 6, 8]
    assert not shows(NOTHING, 3)
    assert Cursor("x", NOTHING, None, 0, 0, 0) != Cursor("x", NOTHING, None, 0, 0, 1)
