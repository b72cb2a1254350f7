"""A process that is killed or frozen anywhere: the next one goes on, and nothing is lost or doubled."""

import asyncio
import signal

import pytest
from uuid_utils.compat import uuid7

from libs.events import failpoints
from libs.events.runtime import Runtime, Tuning
from libs.events.store import NO_STREAM
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting, worker
from tests.integration.events.conftest import OpenRuntime
from tests.support.forks import Forked

ELSEWHERE = (  # own tests
    "append.keys_written", "command.", "park.", "forwarder.", "timer.", "erase.", "retention.", "rebuild.", "division.",
)  # fmt: skip
POINTS = [point for point in failpoints.POINTS if not point.startswith(ELSEWHERE)]


def _worker(source: str, target: str, failpoint: str, action: str = "kill") -> Forked:
    armed = {"JINGUO_FAILPOINT": failpoint, "JINGUO_FAILPOINT_ACTION": action}
    return Forked(worker.__name__, source, target, env=armed)


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
        assert await _worker(source, target, f"{point}:{nth}").ended() == -signal.SIGKILL
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
    frozen = _worker(source, target, f"{point}:2", "stop")
    publisher = await open_runtime(counting.notes(), source, tuning=Tuning(worker.LEASE))
    reader = await open_runtime(counting.reader(), target)
    assert await asyncio.to_thread(frozen.wait_struck) == 0
    await publisher.start()
    await reader.start({"notes": source})
    await _finish(publisher, reader)
    frozen.send_signal(signal.SIGCONT)  # its page was ended by the server; it finds another owner and writes nothing
    later = await publisher.store.append(counting.note(uuid7(), 1, NO_STREAM))
    assert await publisher.wait_published(
        later.xid, 30
    )  # it may append meanwhile, so sums are compared when it is gone
    frozen.kill()
    await _finish(publisher, reader)
