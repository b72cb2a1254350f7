"""A database copied into another cluster, whose transaction ids are lower: refused, repaired, complete."""

from collections.abc import Sequence
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from libs.events import restore
from libs.events.lease import Lease
from libs.events.process import Process, Reaction, Step, Turn
from libs.events.runtime import Runtime, Tuning, cursor_name
from libs.events.service import Service
from libs.events.store import NO_STREAM, Append, Recorded
from libs.events.types import Pool
from libs.events.windows import open_window
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting, errands
from tests.integration.events.conftest import OpenRuntime

AGE = 5_000_000_000  # ids by which the old cluster was ahead: more than 32 bits hold
PROJECTION = cursor_name(counting.notes().projections[0])
SHIFT_EVENTS = "UPDATE events SET xid = (xid::text::numeric + $1)::text::xid8"
SHIFT = """
UPDATE cursors SET {0} = concat(
    pg_snapshot_xmin({0})::text::numeric + $1, ':', pg_snapshot_xmax({0})::text::numeric + $1, ':',
    (SELECT string_agg((x::text::numeric + $1)::text, ',') FROM pg_snapshot_xip({0}) x))::pg_snapshot
WHERE {0} IS NOT NULL
"""


async def _note(runtime: Runtime, count: int) -> int:
    done = await runtime.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(count)])
    return done[-1].xid


async def _age(pool: Pool) -> None:
    """What a dump of an older cluster looks like here."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(restore.UNLOCK)
        await connection.execute(SHIFT_EVENTS, AGE)
        await connection.execute(restore.RELOCK)
        for column in ("prev", "cur"):
            await connection.execute(SHIFT.format(column), AGE)


async def _half_read(runtime: Runtime) -> None:
    """Leave the projection inside a window of several pages, and an owner who lives elsewhere."""
    lease = Lease([PROJECTION], uuid7())
    await lease.declare(runtime.pool)
    taken = await lease.take(runtime.pool)
    assert taken is not None
    reader = next(each for each in runtime._log.readers if each.name == PROJECTION)
    reader.resume(taken[PROJECTION])
    assert await reader.step(lease)
    assert not reader.idle


async def test_a_copied_database_is_refused_repaired_and_complete(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    dsn = await make_database(counting.MIGRATIONS)
    first = await open_runtime(counting.notes(), dsn, tuning=Tuning(page=10))
    await _note(first, 25)
    await _half_read(first)
    await _note(first, 7)
    await _age(first.pool)

    copy = await open_runtime(counting.notes(), dsn, tuning=Tuning(page=10))
    with pytest.raises(restore.RestoredElsewhere, match="jinguo restore"):
        await copy.start()
    log = await copy.repair()
    assert log.new != log.old
    assert await copy.pool.fetchval("SELECT feed_log_id()") == log.new
    await copy.start()
    xid = await _note(copy, 3)
    assert await copy.wait_published(xid, 10) == 35
    assert await copy.wait_projected(xid, "tally", 10)
    assert await checks.tally(copy.pool, "projection") == await checks.log(copy.pool)
    await checks.chain_is_whole(copy.pool, 35)
    with pytest.raises(Exception, match="stays"):
        await copy.pool.execute("DELETE FROM events")


async def test_a_process_reacts_after_the_repair_to_what_it_had_not_read_and_to_nothing_twice(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    """During the repair it must not append: its events would lie below what every other reader has been set to."""

    async def react(_turn: Turn, recorded: Recorded[errands.Declined]) -> Sequence[Step]:
        stream = recorded.event.stream
        return [Reaction(errands.errand, errands.stream_of(stream), errands.Run(stream))]

    async def decline(runtime: Runtime, count: int) -> int:
        streams = [uuid7() for _ in range(count)]
        appends = [Append(each, NO_STREAM, [errands.Declined(each, "x")], counting.META) for each in streams]
        return (await runtime.store.append_many(appends))[-1].xid

    process = Process("again", (errands.Declined,), react, errands.refused)
    service = Service("errands", errands.codec(), errands.publish, processes=(process,))
    dsn = await make_database()
    first = await open_runtime(service, dsn)
    await first.start()
    assert await first.wait_processed(await decline(first, 3), "again", 10)
    await first.stop()
    second = await open_runtime(service, dsn)
    await decline(second, 4)
    await _age(second.pool)
    await second.repair()
    await second.start()
    assert await second.wait_processed(await decline(second, 2), "again", 10)
    rows = await second.pool.fetch("SELECT stream_id, count(*) FROM events WHERE type = 'ran' GROUP BY 1")
    assert [row["count"] for row in rows] == [1] * 9
    xid = await second.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await second.wait_published(xid, 10) == 9


async def test_consumers_stop_at_a_repaired_log_unless_they_were_restored_with_it(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    publisher = await open_runtime(counting.notes(), source)
    reader = await open_runtime(counting.reader(), target)
    await publisher.start()
    await reader.start({"notes": source})
    assert await publisher.wait_published(await _note(publisher, 5), 10) == 5
    assert await reader.wait_consumed("notes", 5, 10)
    await reader.stop()
    await publisher.stop()

    again = await open_runtime(counting.notes(), source)
    await _age(again.pool)
    log = await again.repair()
    await again.start()
    after = await open_runtime(counting.reader(), target)
    async with after.pool.acquire() as connection, connection.transaction():
        await restore.move_offsets(connection, log)
    await after.start({"notes": source})
    assert await again.wait_published(await _note(again, 2), 10) == 7
    assert await after.wait_consumed("notes", 7, 10)
    assert await checks.tally(after.pool, "consumer") == await checks.log(again.pool)


async def test_an_untouched_database_passes_the_guard(make_database: MakeDatabase, open_runtime: OpenRuntime) -> None:
    runtime = await open_runtime(counting.notes(), await make_database())
    await restore.check(runtime.pool)
    await _note(runtime, 1)
    await restore.check(runtime.pool)
    window: Any = await open_window(runtime.pool, restore.LOW)
    assert window.count == 1
