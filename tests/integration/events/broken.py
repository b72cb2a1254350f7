"""Kernels that are broken on purpose, each in one place, to show that the simulation finds what it is there to find."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from libs.events import consumer, lease, windows
from libs.events.chain import follow
from libs.events.commands import Receipt
from libs.events.consumer import FactReader, Reading, offsets_of
from libs.events.group_reader import GroupReader
from libs.events.lease import Cursor, Lease
from libs.events.meta import Meta
from libs.events.parking import Culprit, Taken
from libs.events.postgres import PostgresStore
from libs.events.publisher import PUBLISHER
from libs.events.reader import LogReader
from libs.events.runtime import Runtime
from libs.events.service import Consumer, Projection, Service
from libs.events.store import ANY, Append, Recorded
from libs.events.testing.simulation import kernel_facts, kernel_log, nodes, tallies
from libs.events.testing.simulation.clients import Client, Request
from libs.events.testing.simulation.database import Call, Database, Rows
from libs.events.testing.simulation.run import Variant
from libs.events.transport import Published
from libs.events.types import Connection, Snapshot
from libs.events.windows import Page, Window

# A reader by position: its "snapshot" is the position up to which it has read.


async def _opened_by_position(call: Call, prev: Snapshot | None) -> Rows:
    after = (prev or (1, 1, ()))[1]
    rows = [row for row in call.rows(call.database.tables["events"]) if row["position"] >= after]
    positions = [row["position"] for row in rows]
    last = max(positions, default=after - 1) + 1
    return [{"o_cur": (last, last, ()), "o_count": len(rows), "o_low": min(positions, default=0), "o_high": last}]


async def _read_by_position(call: Call, prev: Snapshot, cur: Snapshot) -> Rows:
    rows = call.rows(call.database.tables["events"])
    return sorted((row for row in rows if prev[1] <= row["position"] < cur[1]), key=lambda row: row["position"])


async def _walk_by_position(call: Call, prev: Snapshot, cur: Snapshot, after: int, size: int, _largest: int) -> Rows:
    return kernel_log.told([row for row in await _read_by_position(call, prev, cur) if row["position"] > after][:size])


BY_POSITION = Variant(
    models={
        windows.OPEN: _opened_by_position,
        windows.SMALL: _read_by_position,
        windows.WALK: _walk_by_position,
    }
)


# A reader that also appends, which is right, and one whose snapshot is taken after its page has an id, which is not.

ECHOES = UUID(int=0xEC40)


async def _echo(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """One event for each page of a stream that is not an echo itself."""
    heard = [each for each in events if each.event.stream != ECHOES]
    if not heard:
        return
    ids = iter([UUID(int=heard[-1].event_id.int ^ 1)])
    store = PostgresStore(Any, tallies.codec(), nodes.MemoryVault(), ids=lambda: next(ids))  # type: ignore[arg-type]
    known = await store.load(ECHOES, tx=tx)
    event = tallies.AmountPut(ECHOES, len(known) + 1, 1)
    await store.append(Append(ECHOES, ANY, [event], replace(heard[-1].meta, command_id=None)), tx)


async def _project_and_echo(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    await tallies.project(tx, events)
    await _echo(tx, events)


def _echoing() -> Service:
    projection = Projection("tally", (tallies.AmountPut,), _project_and_echo)
    return replace(tallies.accounts(), projections=(projection,))


class LateReader(LogReader):
    """Wrong: takes `cur` inside the page's transaction, after the cursor was locked under an id."""

    async def _turn(self, lease: Lease, cursor: Cursor, window: Window) -> tuple[Cursor, Page]:
        if cursor.cur is not None:
            return await super()._turn(lease, cursor, window)
        async with self._pool.acquire() as connection, connection.transaction():
            await lease.lock(connection, cursor)
            await asyncio.sleep(0.02)  # others come and go meanwhile
            row = await connection.fetchrow(windows.OPEN, cursor.prev)
            assert row is not None
            late = replace(window, cur=row["o_cur"], count=row["o_count"])
            page = Page(await connection.fetch(windows.SMALL, late.prev, late.cur), last=True)
            last_number = await self._apply(connection, page, cursor.last_number)
            moved = replace(cursor, prev=late.cur, cur=None, page_position=0, last_number=last_number)
            await lease.store(connection, moved)
        return moved, page


async def _opened_any_time(call: Call, prev: Snapshot | None) -> Rows:
    rows = await kernel_log.window_small(call, prev or windows.NOTHING, cur := call.snapshot)
    positions = [row["position"] for row in rows]
    low, high = min(positions, default=None), max(positions, default=None)
    return [{"o_cur": cur, "o_count": len(rows), "o_low": low, "o_high": high}]


class LateRuntime(Runtime):
    """Its readers are late."""

    def _readers(self) -> Sequence[LogReader]:
        made = super()._readers()
        for reader in made:
            reader.__class__ = LateReader
        return made


ECHOING = Variant(publisher=_echoing)
CUR_AFTER_THE_ID = Variant(publisher=_echoing, make_runtime=LateRuntime, models={windows.OPEN: _opened_any_time})


# Consumers.


async def _not_locked(call: Call, name: str, log_id: UUID, partitions: Sequence[int]) -> Rows:
    rows = await kernel_facts.positions(call, name, log_id)
    return [row for row in rows if row["partition"] in partitions]


FILTERED_BEFORE_LOCKING = Variant(models={consumer.LOCK: _not_locked})


class _TwoTransactions(Reading):
    """Wrong: what is written for the facts and the offset are two transactions."""

    async def _take_once(self, log_id: UUID, batch: Sequence[Published], culprit: Culprit | None) -> Taken:
        name, partitions = self.consumer.name, sorted({each.partition for each in batch})
        async with self.pool.acquire() as connection, connection.transaction():
            locked = offsets_of(await connection.fetch(consumer.LOCK, name, log_id, partitions))
            found = follow(locked, batch)
            await self._apply(connection, log_id, found.taken)
        if found.taken:
            columns = consumer._columns(found.taken)
            async with self.pool.acquire() as connection, connection.transaction():
                await connection.execute(consumer.MOVE, name, log_id, *columns, self._all_through(batch, found))
        self._offsets |= locked | {each.partition: consumer._offset(each) for each in found.taken}
        self._took(batch, found)
        return Taken(bool(found.taken), found.holes)


class TwoTransactions(_TwoTransactions, FactReader):
    """Over the table."""


class TwoTransactionsInAGroup(_TwoTransactions, GroupReader):
    """Over Kafka."""


class TwoTransactionsRuntime(Runtime):
    """Its consumers are wrong."""

    async def _fact_reader(self, consumer: Consumer, dsn: str) -> Reading:
        reader = await super()._fact_reader(consumer, dsn)
        reader.__class__ = TwoTransactionsInAGroup if isinstance(reader, GroupReader) else TwoTransactions
        return reader


OFFSET_IN_A_SECOND_TRANSACTION = Variant(make_runtime=TwoTransactionsRuntime)


# Leases.


@dataclass(frozen=True)
class UncheckedLease(Lease):
    """Wrong: whoever believes to own a cursor writes its page."""

    only: str = ""

    async def lock(self, tx: Connection, cursor: Cursor) -> None:
        if self.only in {"", cursor.name}:
            await tx.fetchrow(lease.LOCK, cursor.name, cursor.epoch, self.page_timeout)
        else:
            await super().lock(tx, cursor)


class UncheckedRuntime(Runtime):
    """No lease is checked."""

    only = ""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        right = self._log.lease
        self._lease = self._log.lease = UncheckedLease(right.names, right.owner, right.length, self.only)


class UncheckedPublisherRuntime(UncheckedRuntime):
    """The publisher's is not."""

    only = PUBLISHER


def _without_unique_numbers(database: Database) -> None:
    """The second guard: two publishers cannot write one number."""
    tallies.add_tallies(database)
    database.table("published", published_nothing=("number", "event_id", "at", "previous", "key", "type", "nobody"))


async def _insert_anyhow(call: Call, *columns: Sequence[Any]) -> Rows:
    for row in zip(*columns, strict=True):
        values = dict(zip(kernel_log.PUBLISHED, row, strict=True)) | {"nobody": call.database.next("nobody")}
        await call.database.tables["published"].insert(call.tx, values)
    return []


LEASE_NOT_CHECKED = Variant(make_runtime=UncheckedRuntime)
EPOCH_NOT_CHECKED = Variant(
    make_runtime=UncheckedPublisherRuntime,
    prepare=_without_unique_numbers,
    models={kernel_log.publisher.INSERT: _insert_anyhow},
)
EPOCH_NOT_CHECKED_BUT_NUMBERS_UNIQUE = Variant(make_runtime=UncheckedPublisherRuntime)


# Clients.


class ForgetfulClient(Client):
    """Wrong: every try of a request has a command id of its own."""

    async def _commands(self, runtime: Runtime, request: Request, meta: Meta) -> Receipt:
        again = replace(request, command_id=self._world.ids())
        return await super()._commands(runtime, again, replace(meta, command_id=request.command_id))


NEW_ID_FOR_EACH_TRY = Variant(client=ForgetfulClient)
