"""A rebuild killed at every step, several times: the same command goes on, readers and writers notice nothing."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events import failpoints, projection_versions
from libs.events.pool import make_pool
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime
from tests.support.forks import Forked

ROOT = Path(__file__).resolve().parents[3]
POINTS = tuple(point for point in failpoints.POINTS if point.startswith("rebuild."))
ONCE = {"rebuild.created", "rebuild.dropped"}  # passed once by a process, the others twice or more
TIMES = 1  # the table of tests/death wants more
STREAMS = 30


@pytest.fixture
async def notes(make_database: MakeDatabase) -> str:
    return await make_database(counting.MIGRATIONS)


@pytest.fixture
async def runtime(notes: str, open_runtime: OpenRuntime) -> Runtime:
    """A service that follows its log."""
    opened = await open_runtime(counting.notes(), notes)
    await opened.start()
    return opened


async def killed_everywhere(dsn: str) -> Counter[str]:
    """Processes that go on with what the last one left, and die at one point each; how often each point was hit."""
    killed: Counter[str] = Counter()
    for attempt in range(TIMES * len(POINTS) * 3):
        left = [point for point in POINTS if killed[point] < TIMES]
        if not left:
            break
        point = left[attempt % len(left)]
        code = await run(dsn, f"{point}:{1 if point in ONCE else 1 + killed[point] % 2}")
        assert code in {0, -signal.SIGKILL}
        killed[point] += code != 0
    return killed


async def run(dsn: str, failpoint: str = "") -> int:
    return await Forked("tests.integration.events.rebuilder", dsn, env={"JINGUO_FAILPOINT": failpoint}).ended()


async def write(runtime: Runtime, streams: list[UUID], turn: int) -> int:
    appends = [Append(each, turn or NO_STREAM, [counting.Noted(each, turn + 1)], counting.META) for each in streams]
    return (await runtime.store.append_many(appends))[-1].xid


@asynccontextmanager
async def disturbed(runtime: Runtime, dsn: str, streams: list[UUID]) -> AsyncIterator[None]:
    """Events are appended, and a reader with old prepared statements checks each sum it reads."""
    over, readings = asyncio.Event(), 0
    pool = await make_pool(dsn, name="reader", max_size=1)

    async def append() -> None:
        turn = 10
        while not over.is_set():
            assert await runtime.wait_projected(await write(runtime, streams, turn), "tally", 30)
            turn += 1
            await asyncio.sleep(0.1)  # each rebuild reads all that was ever written: let it stay little

    async def look() -> None:
        nonlocal readings
        last = 0
        while not over.is_set():
            rows = await pool.fetch("SELECT stream, count, total FROM tally")
            assert len(rows) == STREAMS
            assert all(row["total"] == row["count"] * (row["count"] + 1) // 2 for row in rows)
            total = sum(row["total"] for row in rows)
            assert total >= last, "the read model went back"
            last, readings = total, readings + 1
            await asyncio.sleep(0.005)

    tasks = [asyncio.create_task(append()), asyncio.create_task(look())]
    yield
    over.set()
    await asyncio.gather(*tasks)
    await pool.close()
    assert readings > 10


async def test_a_rebuild_killed_at_every_step_goes_on_and_nobody_notices(runtime: Runtime, notes: str) -> None:
    streams = [uuid7() for _ in range(STREAMS)]
    for turn in range(10):
        last = await write(runtime, streams, turn)
    assert await runtime.wait_projected(last, "tally", 30)
    async with disturbed(runtime, notes, streams):
        killed = await killed_everywhere(notes)
        assert await run(notes) == 0
    assert min(killed[point] for point in POINTS) >= TIMES, killed
    last = await write(runtime, [uuid7()], 0)
    assert await runtime.wait_projected(last, "tally", 30)
    assert await checks.tally(runtime.pool, "projection") == await checks.log(runtime.pool)
    assert [each.state for each in await projection_versions.of_all(runtime.pool)] == ["serving"]
