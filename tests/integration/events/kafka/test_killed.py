"""A process that dies at any step of forwarding: the next one sends the rest, and nothing is lost or doubled."""

import asyncio
import signal
from dataclasses import replace

import pytest

from libs.events import failpoints
from libs.events.kafka import Kafka
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka import worker
from tests.integration.events.kafka.conftest import TUNING
from tests.integration.events.kafka.load import Load, said
from tests.support.forks import Forked

POINTS = [point for point in failpoints.POINTS if point.startswith("forwarder.")]


def _worker(source: str, cluster: Kafka, failpoint: str, action: str = "kill") -> Forked:
    armed = {"JINGUO_FAILPOINT": failpoint, "JINGUO_FAILPOINT_ACTION": action}
    return Forked(worker.__name__, source, cluster.bootstrap, cluster.prefix, env=armed)


@pytest.mark.parametrize("point", POINTS)
async def test_after_kills_at_a_step_of_forwarding_nothing_is_lost_or_doubled(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime, point: str
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    for nth in (1, 2, 4):
        assert await _worker(source, cluster, f"{point}:{nth}").ended() == -signal.SIGKILL
    await _all_arrives(source, target, cluster, open_runtime)


async def test_after_a_kill_before_the_last_tick_the_next_owner_tells_it(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    """Nothing more is published, and nothing is left to send: only the end of the partitions is still to be told."""
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    assert await _worker(source, cluster, "forwarder.stored:1").ended() == -signal.SIGKILL
    tuning = replace(TUNING, lease=worker.LEASE)
    publisher = await open_runtime(counting.notes(), source, kafka=cluster, tuning=tuning)
    reader = await open_runtime(counting.reader(), target, kafka=cluster, tuning=tuning)
    await publisher.start()
    await reader.start()
    number = await publisher.pool.fetchval("SELECT max(number) FROM published")
    assert number > 0
    assert await reader.wait_consumed("notes", number, 30), await said(publisher, reader)


async def test_a_forwarder_frozen_after_sending_is_passed_by_another(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    frozen = _worker(source, cluster, "forwarder.sent:3", "stop")
    assert await asyncio.to_thread(frozen.wait_struck) == 0
    await _all_arrives(source, target, cluster, open_runtime)
    frozen.send_signal(signal.SIGCONT)  # it finds another owner, and what it had sent is dropped as known
    frozen.kill()


async def _all_arrives(source: str, target: str, cluster: Kafka, open_runtime: OpenRuntime) -> None:
    tuning = replace(TUNING, lease=worker.LEASE)
    publisher = await open_runtime(counting.notes(), source, kafka=cluster, tuning=tuning)
    reader = await open_runtime(counting.reader(), target, kafka=cluster, tuning=tuning)
    await publisher.start()
    await reader.start()
    number = await Load(publisher).write(2)
    assert await reader.wait_consumed("notes", number, 60), await said(publisher, reader)
    log = await checks.log(publisher.pool)
    assert await checks.tally(reader.pool, "consumer") == log
    await checks.chain_is_whole(publisher.pool, sum(count for count, _ in log.values()))
