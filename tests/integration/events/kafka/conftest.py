"""A cluster of this test's own names on the broker of the run, with times short enough for a test."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from libs.events.forwarder import ForwarderTuning
from libs.events.kafka import Kafka, close
from libs.events.runtime import Tuning
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.pair import Pair
from tests.support.kafka import Broker

TUNING = Tuning(forwarder=ForwarderTuning(page=200, check_every=1.0, patience=1.0), refetch_after=2.0)


@pytest.fixture
async def cluster(kafka: Broker) -> AsyncIterator[Kafka]:
    """Topics and groups of its own, which are gone afterwards."""
    made = Kafka(kafka.bootstrap, prefix=f"t{uuid4().hex[:8]}.", session_timeout=3.0, request_timeout=3.0)
    yield made
    await forget(made)


async def forget(made: Kafka) -> None:
    """Delete the topics of these names."""
    admin = made.admin()
    try:
        await admin.start()
        mine = [topic for topic in await admin.list_topics() if topic.startswith(made.prefix)]
        await admin.delete_topics(mine)
    finally:
        await close(admin)


@pytest.fixture
async def dsns(make_database: MakeDatabase) -> tuple[str, str]:
    return await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)


@pytest.fixture
async def pair(cluster: Kafka, dsns: tuple[str, str], open_runtime: OpenRuntime) -> Pair:
    publisher = await open_runtime(counting.notes(), dsns[0], kafka=cluster, tuning=TUNING)
    reader = await open_runtime(counting.reader(), dsns[1], kafka=cluster, tuning=TUNING)
    await publisher.start()
    await reader.start()
    made = Pair(cluster, publisher, reader)
    await made.load.write(20)
    await made.settle()
    return made
