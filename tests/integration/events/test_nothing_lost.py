"""From append to another service's read model: nothing lost, reordered or doubled; and the wrong readers are caught."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from libs.events.pool import connect
from libs.events.rows import COLUMNS, to_recorded
from libs.events.runtime import Runtime
from libs.events.store import ANY
from libs.events.table_transport import TableTransport
from libs.events.testing.shuffled import ShuffledTransport
from libs.events.types import Connection, Snapshot
from libs.events.vault import MemoryVault
from libs.events.windows import NOTHING, SMALL, open_window
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.workload import Workload

BY_POSITION = f"SELECT {COLUMNS} FROM events WHERE position > $1 ORDER BY position LIMIT 500"
NOW = "SELECT pg_current_snapshot()"
CHAIN = """
SELECT count(*) FILTER (WHERE previous <> coalesce(before, 0)) AS broken, count(*) AS rows, max(number) AS head
FROM (SELECT number, previous, lag(number) OVER (PARTITION BY partition ORDER BY number) AS before FROM published) p
"""


async def _open(make_database: MakeDatabase, dsn: str = "") -> tuple[Runtime, str]:
    dsn = dsn or await make_database()
    tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7}
    return await Runtime.open(counting.notes(), dsn, pool_size=20, **tools), dsn


async def _tally(connection: Connection, place: str) -> tuple[dict[UUID, int], list[UUID]]:
    rows = await connection.fetch("SELECT stream, count, last, broken FROM tally WHERE place = $1", place)
    wrong = [row["stream"] for row in rows if row["broken"] or row["last"] != row["count"]]
    return {row["stream"]: row["count"] for row in rows}, wrong


@pytest.mark.parametrize("seed", [1])
async def test_a_hundred_thousand_events_arrive_once_and_in_order(make_database: MakeDatabase, seed: int) -> None:
    publisher, dsn = await _open(make_database)
    shuffled = ShuffledTransport(await TableTransport.open(dsn), seed)
    tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7, "transports": {"notes": shuffled}}
    reader = await Runtime.open(counting.reader(), await make_database(), **tools)
    await publisher.start()
    await reader.start()
    work = Workload(publisher.store, dsn, events=100_200, seed=seed)
    await work.run()
    number = await publisher.wait_published(work.last_xid, 60)
    assert number is not None
    assert await publisher.wait_projected(work.last_xid, "tally", 60)
    assert await reader.wait_consumed("notes", number, 60)
    assert work.aborted > 0
    assert sum(work.committed.values()) >= 100_000
    assert await _tally(publisher.pool, "projection") == (dict(work.committed), [])
    assert await _tally(reader.pool, "consumer") == (dict(work.committed), [])
    chain = await publisher.pool.fetchrow(CHAIN)
    assert tuple(chain) == (0, number, number)
    await reader.stop()
    await shuffled.close()
    await publisher.stop()


class ByPosition:
    """Wrong: skips what commits after a greater position was read."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.last = 0

    async def step(self) -> bool:
        """One page."""
        async with self.runtime.pool.acquire() as tx, tx.transaction():
            rows = await tx.fetch(BY_POSITION, self.last)
            if rows:
                self.last = rows[-1]["position"]
                await counting.project(tx, [to_recorded(self.runtime.service.codec, row) for row in rows])
        return bool(rows)


class Echoing:
    """A runner that also appends in its pages; right when its snapshot comes before its id, wrong when after."""

    def __init__(self, runtime: Runtime, *, after_id: bool, echoes: int = 60) -> None:
        self.runtime = runtime
        self.after_id = after_id
        self.left = self.echoes = echoes
        self.stream = uuid7()
        self.prev: Snapshot = NOTHING

    async def step(self) -> bool:
        """One window."""
        async with self.runtime.pool.acquire() as tx:
            cur: Snapshot = await tx.fetchval(NOW)
            async with tx.transaction():
                if self.after_id:
                    await tx.execute("SELECT pg_current_xact_id()")
                    await asyncio.sleep(0.002)  # others come and go meanwhile
                    cur = await tx.fetchval(NOW)
                rows = await tx.fetch(SMALL, self.prev, cur)
                if rows:
                    await counting.project(tx, [to_recorded(self.runtime.service.codec, row) for row in rows])
                if self.left:
                    self.left -= 1
                    await self.runtime.store.append(counting.note(self.stream, self.echoes - self.left, ANY), tx)
        self.prev = cur
        return bool(rows)


async def _equal_to_the_log(runtime: Runtime, dsn: str, reader: ByPosition | Echoing) -> bool:
    """The same harness for any reader: writers beside it, then rest, then its tally against the log."""
    work = Workload(runtime.store, dsn, events=9_600, open_seconds=1.0)
    writing = asyncio.create_task(work.run())
    while not writing.done():
        await reader.step()
        await asyncio.sleep(0)
    await writing
    while await reader.step() or await reader.step():
        pass
    rows = await runtime.pool.fetch("SELECT stream, count, total FROM tally WHERE place = 'projection'")
    return {row["stream"]: (row["count"], row["total"]) for row in rows} == await checks.log(runtime.pool)


async def test_a_reader_by_position_is_caught(make_database: MakeDatabase) -> None:
    runtime, dsn = await _open(make_database)
    assert not await _equal_to_the_log(runtime, dsn, ByPosition(runtime))
    await runtime.stop()


async def test_a_window_whose_snapshot_was_taken_after_an_id_is_caught(make_database: MakeDatabase) -> None:
    runtime, dsn = await _open(make_database)
    assert not await _equal_to_the_log(runtime, dsn, Echoing(runtime, after_id=True))
    await runtime.stop()


async def test_a_window_whose_snapshot_was_taken_before_is_complete(make_database: MakeDatabase) -> None:
    runtime, dsn = await _open(make_database)
    assert await _equal_to_the_log(runtime, dsn, Echoing(runtime, after_id=False))
    await runtime.stop()


async def test_opening_a_window_under_an_id_is_refused(make_database: MakeDatabase) -> None:
    runtime, dsn = await _open(make_database)
    connection = await connect(dsn)
    async with connection.transaction():
        await connection.execute("SELECT pg_current_xact_id()")
        with pytest.raises(asyncpg.RaiseError, match="before the transaction writes"):
            await open_window(connection, NOTHING)
    await connection.close()
    await runtime.stop()
