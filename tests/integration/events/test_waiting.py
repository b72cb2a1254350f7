"""Waiting costs little and ends: for readers of another process, for a lease in use, for records that are missing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from libs.events.consumer import FactReader
from libs.events.lease import Cursor, Lease
from libs.events.pool import connect
from libs.events.runtime import Runtime
from libs.events.service import Projection
from libs.events.store import NO_STREAM
from libs.events.transport import Published
from libs.events.types import Connection, Pool
from libs.events.wake import Pulse, until
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.test_consumer import Told, record

XMAX = "SELECT pg_snapshot_xmax(pg_current_snapshot())"
HOLD = "SELECT 1 FROM cursors WHERE name = 'projection.tally' FOR UPDATE"


@dataclass(frozen=True)
class Counting(Lease):
    """A lease that counts how often the database was asked where the cursors stand."""

    asked: list[int] = field(default_factory=list)

    async def peek(self, pool: Pool) -> Mapping[str, Cursor]:
        """See `Lease.peek`."""
        self.asked.append(1)
        return await super().peek(pool)


def _counted(runtime: Runtime) -> Counting:
    lease = runtime._log.lease
    counted = runtime._log.lease = Counting(lease.names, lease.owner, lease.length)
    return counted


async def _note(runtime: Runtime) -> int:
    return (await runtime.store.append(counting.note(uuid7(), 1, NO_STREAM))).xid


async def test_waiting_for_another_processs_reader_asks_ever_less(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    api = await open_runtime(counting.notes(), await make_database(counting.MIGRATIONS))
    lease, xid = _counted(api), await _note(api)
    waits = [api.wait_projected(xid, "tally", 1), api.wait_projected(xid, "tally", 1), api.wait_published(xid, 1)]
    assert await asyncio.gather(*waits) == [False, False, None]
    assert 3 * 4 <= len(lease.asked) <= 3 * 14


async def test_the_readers_of_an_idle_process_look_once_for_all(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    dsn = await make_database(counting.MIGRATIONS)
    runtime = await open_runtime(counting.notes(), dsn)
    lease = _counted(runtime)
    await runtime.start()
    connection = await connect(dsn)
    await connection.execute("SELECT pg_sleep(2.5)")
    await connection.close()
    assert 2 <= len(lease.asked) <= 5


async def test_a_lease_whose_cursor_is_locked_is_not_tried_without_rest(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    dsn = await make_database(counting.MIGRATIONS)
    runtime = await open_runtime(counting.notes(), dsn)
    await runtime._log.lease.declare(runtime.pool)
    holder = await connect(dsn)
    async with holder.transaction():
        await holder.execute(HOLD)
        await runtime.start()
        xid = await _note(runtime)
        before = await runtime.pool.fetchval(XMAX)
        await holder.execute("SELECT pg_sleep(1)")
        tries = await runtime.pool.fetchval(XMAX) - before
    await holder.close()
    assert tries < 40
    assert await runtime.wait_projected(xid, "tally", 10)
    assert await runtime.wait_published(xid, 10) == 1


class Missing(Told):
    """Withholds a record, then fails, then goes on with what `then` says."""

    def __init__(self, *records: Published, then: Sequence[Published]) -> None:
        super().__init__(*records)
        self.then = then

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        """See `Transport.read`."""
        if len(self.asked) == 1:
            self.asked.append({})
            raise OSError("the network is away")
        if len(self.asked) > 1:
            self.records = list(self.then)
        return await super().read(positions, limit)


async def test_a_consumer_that_waits_for_a_record_survives_a_failure(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    transport = Missing(record(2, 1, 2), then=[record(1, 0, 1), record(2, 1, 2)])
    target = await make_database(counting.MIGRATIONS)
    reader = await open_runtime(counting.reader(), target, transports={"notes": transport})
    await reader.start()
    assert await reader.wait_consumed("notes", 2, 10)
    assert [count for count, _ in (await checks.tally(reader.pool, "consumer")).values()] == [2]
    assert [each.error for each in (await reader.status()).consumers] == [None]


async def test_a_fork_behind_a_missing_record_is_shown(make_database: MakeDatabase, open_runtime: OpenRuntime) -> None:
    told = Told(record(1, 0, 1), record(3, 2, 3))
    reader = await open_runtime(counting.reader(), await make_database(counting.MIGRATIONS), transports={"notes": told})
    await reader.start()

    async def waits() -> bool:
        return len(told.asked) >= 3  # the third look is that of a consumer that waits for what is missing

    async def stopped() -> bool:
        return str((await reader.status()).consumers[0].error).startswith("Fork")

    assert await until(waits, Pulse(), 10)
    told.log_id = UUID(int=2)
    assert await until(stopped, Pulse(), 10)


async def test_a_hole_that_somebody_else_filled_is_forgotten(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    """The other member took all there was, so nothing is left to read that would show the hole closed."""
    told = Told(record(1, 0, 1), record(3, 2, 3))
    runtime = await open_runtime(
        counting.reader(), await make_database(counting.MIGRATIONS), transports={"notes": told}
    )
    reader = await _reader(runtime, told)
    await reader.step()
    assert reader.holes
    other = await _reader(runtime, told)
    told.records = [record(2, 1, 2), record(3, 2, 3)]
    await other.step()
    await reader.resume()
    assert not reader.holes


async def _reader(runtime: Runtime, told: Told) -> FactReader:
    reader = FactReader(runtime.pool, runtime.service.consumers[0], told)
    await reader.resume()
    return reader


async def test_a_runtime_stops_although_a_cancellation_became_an_error(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    """A driver whose connection breaks while it rolls back raises its own error in place of the cancellation."""
    begun = asyncio.Event()

    async def apply(_tx: Connection, _items: Sequence[Any]) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as cancelled:
            raise OSError("the connection is gone") from cancelled

    service = replace(counting.notes(), projections=(Projection("tally", (counting.Noted,), apply),))
    runtime = await open_runtime(service, await make_database(counting.MIGRATIONS))
    await runtime.start()
    await _note(runtime)
    await asyncio.wait_for(begun.wait(), 10)
    async with asyncio.timeout(10):
        await runtime.stop()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "projection.tally"]
