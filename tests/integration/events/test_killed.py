"""A process that is killed or frozen anywhere: the next one goes on, and nothing is lost or doubled."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from libs.events import failpoints
from libs.events.runtime import Runtime, Tuning
from libs.events.store import NO_STREAM
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting, worker
from tests.integration.events.conftest import OpenRuntime

ROOT = Path(__file__).resolve().parents[3]
ELSEWHERE = ("append.keys_written", "command.", "park.", "forwarder.", "timer.", "erase.", "rebuild.")  # own tests
POINTS = [point for point in failpoints.POINTS if not point.startswith(ELSEWHERE)]
Process = asyncio.subprocess.Process


async def _worker(source: str, target: str, failpoint: str, action: str = "kill") -> Process:
    environment = os.environ | {"JINGUO_FAILPOINT": failpoint, "JINGUO_FAILPOINT_ACTION": action}
    module = "tests.integration.events.worker"
    return await asyncio.create_subprocess_exec(sys.executable, "-m", module, source, target, cwd=ROOT, env=environment)


async def _finish(publisher: Runtime, reader: Runtime) -> None:
    """A last note passes all that lies before it; then everything must agree with the log."""
    done = await publisher.store.append(counting.note(uuid7(), 1, NO_STREAM))
    number = await publisher.wait_published(done.xid, 30)
    assert number is not None, (await publisher.status()).cursors
    assert await publisher.wait_projected(done.xid, "tally", 30)
    assert await reader.wait_consumed("notes", number, 30), (await reader.status()).consumers
    log = await checks.log(publisher.pool)
    assert await checks.tally(publisher.pool, "projection") == log
    assert await checks.tally(reader.pool, "consumer") == log
    await checks.chain_is_whole(publisher.pool, sum(count for count, _ in log.values()))


@pytest.mark.parametrize("point", POINTS)
async def test_after_kills_at_a_point_nothing_is_lost_or_doubled(
    make_database: MakeDatabase, open_runtime: OpenRuntime, point: str
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    for nth in (1, 3):
        process = await _worker(source, target, f"{point}:{nth}")
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    publisher = await open_runtime(counting.notes(), source)
    reader = await open_runtime(counting.reader(), target)
    await publisher.start()
    await reader.start({"notes": source})
    await _finish(publisher, reader)


@pytest.mark.parametrize("point", ["page.locked", "page.stored"])
async def test_a_process_frozen_inside_a_page_is_passed_by_another(
    make_database: MakeDatabase, open_runtime: OpenRuntime, point: str
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    frozen = await _worker(source, target, f"{point}:2", "stop")
    publisher = await open_runtime(counting.notes(), source, tuning=Tuning(worker.LEASE))
    reader = await open_runtime(counting.reader(), target)
    await asyncio.to_thread(os.waitid, os.P_PID, frozen.pid, os.WSTOPPED | os.WNOWAIT)
    await publisher.start()
    await reader.start({"notes": source})
    await _finish(publisher, reader)
    frozen.send_signal(signal.SIGCONT)  # its page was ended by the server; it finds another owner and writes nothing
    later = await publisher.store.append(counting.note(uuid7(), 1, NO_STREAM))
    assert await publisher.wait_published(
        later.xid, 30
    )  # it may append meanwhile, so sums are compared when it is gone
    frozen.kill()
    await frozen.wait()
    await _finish(publisher, reader)
