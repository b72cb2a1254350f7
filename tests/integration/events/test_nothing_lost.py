"""From append to another service's read model: nothing lost, reordered or doubled; and the wrong readers are caught."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from libs.events.codec import Codec
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
from tests.integration.events import counting
from tests.integration.events.workload import Workload

BY_POSITION = f"SELECT {COLUMNS} FROM events WHERE position > $1 ORDER BY position LIMIT 500"
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

    def __init__(self) -> None:
        self.last = 0

    async def step(self, tx: Connection, codec: Codec) -> bool:
        rows = await tx.fetch(
            f"SELECT {COLUMNS} FROM events WHERE position > $1 ORDER BY position LIMIT 500", self.last
        )
        if rows:
            self.last = rows[-1]["position"]
            await counting.project(tx, [to_recorded(codec, row) for row in rows])
        return bool(rows)


class Naive:
    """Runs a wrong reader beside the writers until both have come to rest."""

    def __init__(self, runtime: Runtime, reader: ByPosition) -> None:
        self.runtime = runtime
        self.reader = reader

    async def step(self) -> bool:
        async with self.runtime.pool.acquire() as connection, connection.transaction():
            return await self.reader.step(connection, self.runtime.service.codec)


async def test_a_reader_by_position_loses_events(make_database: MakeDatabase) -> None:
    runtime, dsn = await _open(make_database)
    work = Workload(runtime.store, dsn, events=12_000, open_seconds=1.0)
    naive = Naive(runtime, ByPosition())
    writing = asyncio.create_task(work.run())
    while not writing.done():
        await naive.step()
        await asyncio.sleep(0)
    await writing
    while await naive.step():
        pass
    seen, _ = await _tally(runtime.pool, "projection")
    assert seen != dict(work.committed), "the harness must catch a reader by position"
    await runtime.stop()


async def _echoes_seen(runtime: Runtime, dsn: str, echoes: int) -> int:
    """A runner that appends in its page: how many of its own appends its windows showed, each once."""
    stream, prev, seen = uuid7(), NOTHING, 0
    connection = await connect(dsn)
    for n in range(1, echoes + 1):
        cur: Snapshot = await connection.fetchval("SELECT pg_current_snapshot()")
        async with connection.transaction():
            await runtime.store.append(counting.note(stream, n, ANY), connection)  # draws the transaction's id
            seen += len(await connection.fetch(SMALL, prev, cur))
        prev = cur
    cur = await connection.fetchval("SELECT pg_current_snapshot()")
    seen += len(await connection.fetch(SMALL, prev, cur))
    await connection.close()
    return seen


async def test_a_snapshot_taken_before_the_id_shows_every_own_append_once(make_database: MakeDatabase) -> None:
    runtime, dsn = await _open(make_database)
    assert await _echoes_seen(runtime, dsn, echoes=20) == 20
    await runtime.stop()


async def test_a_snapshot_taken_after_the_id_loses_own_appends(make_database: MakeDatabase) -> None:
    runtime, dsn = await _open(make_database)
    stream, connection = uuid7(), await connect(dsn)
    async with connection.transaction():
        await connection.execute("SELECT pg_current_xact_id()")  # the runner wrote first,
        await runtime.store.append(counting.note(uuid7(), 1, ANY))  # another writer came and went,
        cur = await connection.fetchval("SELECT pg_current_snapshot()")  # and only then it looked
        await runtime.store.append(counting.note(stream, 1, ANY), connection)
    later = await connection.fetchval("SELECT pg_current_snapshot()")
    shown = {row["stream_id"] for row in await connection.fetch(SMALL, cur, later)}
    assert stream not in shown, "the harness must catch a window whose snapshot hides the writer's own rows"
    await connection.close()
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
