"""A stop ends everything: over Kafka, with consumers, processes, timers and ports, nothing is left running."""

import asyncio
from pathlib import Path

import pytest

from libs.events.kafka import Kafka
from libs.events.pool import connect
from libs.events.runtime import Runtime
from tests.conftest import MakeDatabase
from tests.integration.events import counting, errands
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.conftest import TUNING
from tests.integration.events.kafka.load import Load
from tests.integration.events.timer_worker import Bell

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1"


@pytest.fixture
async def busy(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime, tmp_path: Path
) -> tuple[list[Runtime], list[str], set[asyncio.Task[object]]]:
    """A publisher and a service that runs errands for it, after some work; and what ran before them."""
    before = asyncio.all_tasks()
    dsns = [await make_database(counting.MIGRATIONS) for _ in range(2)]
    publisher = await open_runtime(counting.notes(), dsns[0], kafka=cluster, tuning=TUNING)
    runner = await open_runtime(errands.errands(), dsns[1], kafka=cluster, tuning=TUNING)
    await publisher.start()
    await runner.start({"notes": dsns[0]}, outward={"bell": Bell(tmp_path / "calls")})
    number = await Load(publisher, streams=5).write(2)
    assert await runner.wait_consumed("errands.run", number, 60), await runner.status()
    assert (await runner.status()).timers.waiting == 5
    return [publisher, runner], dsns, before


async def test_a_stop_leaves_no_task_and_no_connection(
    busy: tuple[list[Runtime], list[str], set[asyncio.Task[object]]],
) -> None:
    runtimes, dsns, before = busy
    assert len(asyncio.all_tasks() - before) > 10
    for runtime in runtimes:
        await runtime.stop()
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()
    for runtime, dsn in zip(runtimes, dsns, strict=True):
        connection = await connect(dsn)
        assert await connection.fetchval(SESSIONS, f"jinguo-{runtime.service.name}") == 0
        await connection.close()
