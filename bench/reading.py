"""Reading the whole log, a projection that stores its position, and a rebuild, beside the peer."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from bench import peer_eventsourcing as theirs
from bench.disks import QUICK, server
from bench.ours import Ours, ours
from bench.results import Figure, Outcome, printed
from bench.rounds import OURS, PEER, Comparison, Sample, alternate
from bench.scale import SCALE
from libs.events.lease import Lease
from libs.events.reader import LogReader
from libs.events.rebuild import Rebuild, source_of
from libs.events.rebuild_pages import Progress
from libs.events.rows import all_recorded
from libs.events.service import Fold, Service
from libs.events.store import Recorded
from libs.events.types import Connection, Record
from libs.events.windows import NOTHING, Window, open_window, read_page
from tests.integration.events import counting

PAGE = 1_000
PER_STREAM = 10
PROJECTED_BY_PEER = 1_000  # events: one transaction each
REBUILT = 10 * SCALE.events
LIMIT = 300.0


async def read_all() -> Outcome:
    """Every event of the log in order, decoded, in pages of 1,000."""
    async with server() as running, AsyncExitStack() as stack:
        mine = await stack.enter_async_context(ours(running, QUICK))
        app = stack.enter_context(theirs.application(running, await running.database("theirs"), 3))
        await mine.fill(SCALE.events, PER_STREAM)
        await asyncio.to_thread(theirs.fill, app, SCALE.events, PER_STREAM)
        contenders = {
            OURS: partial(_read_all, mine),
            "eventsourcing, pages of 1,000": partial(asyncio.to_thread, theirs.read_all, app),
            PEER: partial(asyncio.to_thread, theirs.subscribe_all, app, SCALE.events),
        }
        samples = await alternate(contenders, SCALE.rounds)
    return Outcome([Comparison("read all", QUICK, "events/s", samples, 5.0)])


async def _read_all(mine: Ours) -> Sample:
    began, count = time.perf_counter(), 0
    codec = mine.runtime.service.codec
    async with mine.runtime.pool.acquire() as connection:
        window = await open_window(connection, NOTHING)
        while window is not None:
            page = await read_page(connection, window, PAGE)
            count += len(all_recorded(codec, page.rows))
            window = None if page.last else Window(window.prev, window.cur, None, page.rows[-1]["position"])
    assert count == SCALE.events
    return Sample(count / (time.perf_counter() - began))


async def projection() -> Outcome:
    """A tally for each stream, written in the transaction that moves the position."""
    async with server() as running, AsyncExitStack() as stack:
        mine = await stack.enter_async_context(ours(running, QUICK))
        await mine.fill(SCALE.events, PER_STREAM)
        database = await running.database("theirs")
        app = stack.enter_context(theirs.application(running, database, 1))
        await asyncio.to_thread(theirs.fill, app, PROJECTED_BY_PEER, PER_STREAM)
        env = theirs.environment(running, database, 2)
        contenders = {
            OURS: partial(_project, mine),
            PEER: partial(asyncio.to_thread, theirs.project, env, PROJECTED_BY_PEER),
        }
        samples = await alternate(contenders, SCALE.rounds)
    return Outcome([Comparison("projection with stored position", QUICK, "events/s", samples, 30.0)])


async def _project(mine: Ours) -> Sample:
    """The reader as the runtime moves it, from nothing to the end of the log."""
    pool, codec = mine.runtime.pool, mine.runtime.service.codec
    await pool.execute("TRUNCATE tally")
    name = f"projection.{uuid7().hex}"

    async def effect(tx: Connection, events: Sequence[Recorded[Any]], last_number: int) -> int:
        await counting.project(tx, events)
        return last_number

    began = time.perf_counter()
    reader, lease = LogReader(pool, codec, name, frozenset({"noted"}), effect), Lease([name], uuid7())
    await lease.declare(pool)
    cursors = await lease.take(pool)
    assert cursors is not None
    reader.resume(cursors[name])
    while await reader.step(lease):
        pass
    seconds = time.perf_counter() - began
    assert reader.handled == SCALE.events
    assert await pool.fetchval("SELECT sum(count) FROM tally") == SCALE.events
    return Sample(reader.handled / seconds)


def _fold() -> Fold:
    def add(state: dict[UUID, list[int]], rows: Sequence[Record]) -> None:
        for stream, n in rows:
            tally = state.get(stream)
            if tally is None:
                state[stream] = [1, n, n]
            else:
                tally[0] += 1
                tally[1] += n
                tally[2] = n

    def rows(state: dict[UUID, list[int]]) -> dict[str, Any]:
        return {"tally": [("projection", stream, *tally, False) for stream, tally in state.items()]}

    return Fold("stream_id, (data->>'n')::int", dict, add, rows)


async def rebuild() -> Outcome:
    """The same read model anew beside the one that serves, by upserts and by a fold in memory; the peer reads anew."""
    async with server() as running, AsyncExitStack() as stack:
        mine = await stack.enter_async_context(ours(running, QUICK))
        last = await mine.fill(REBUILT, 5 * PER_STREAM)
        await _analyse(mine.dsn)
        await mine.runtime.start()
        assert await mine.runtime.wait_projected(last, "tally", LIMIT)
        database = await running.database("theirs")
        app = stack.enter_context(theirs.application(running, database, 1))
        await asyncio.to_thread(theirs.fill, app, PROJECTED_BY_PEER, PER_STREAM)
        env = theirs.environment(running, database, 2)
        upserts, folded = counting.notes(), counting.notes()
        folded = replace(folded, projections=(replace(folded.projections[0], fold=_fold()),))
        contenders = {
            "by upserts": partial(_rebuild, mine.dsn, upserts),
            OURS: partial(_rebuild, mine.dsn, folded),
            PEER: partial(asyncio.to_thread, theirs.project, env, PROJECTED_BY_PEER),
        }
        samples = await alternate(contenders, SCALE.rounds)
    compared = Comparison("rebuild", QUICK, "events/s", samples)
    return Outcome(
        [compared],
        [
            Figure("rebuild_in_memory", compared.rate(OURS), "events/s", 250_000, "≥"),
            Figure("rebuild_by_upserts", compared.rate("by upserts"), "events/s", 80_000, "≥"),
        ],
    )


async def _rebuild(dsn: str, service: Service) -> Sample:
    """Until the rebuilt version stands where the serving one does; the comparison of all rows comes after it."""
    began, done = time.perf_counter(), [0.0]

    def told(progress: Progress) -> None:
        if progress.passed >= progress.total:
            done[0] = time.perf_counter()

    work = Rebuild(dsn, source_of(service, "tally"), told)
    assert (await work.build()).equal
    await work.drop()
    return Sample(REBUILT / (done[0] - began))


async def _analyse(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("ANALYZE")
    await connection.close()


COMPARISONS = {"peers_read": read_all, "peers_projection": projection, "peers_rebuild": rebuild}
CASES = {name: printed(case) for name, case in COMPARISONS.items()}
