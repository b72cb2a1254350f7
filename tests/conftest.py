"""What every test may ask for: a PostgreSQL of this run and fresh databases in it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import kafka as kafka_support
from tests.support import postgres as support

MakeDatabase = Callable[..., Awaitable[str]]
ROOT = Path(__file__).resolve().parents[1]
KERNEL = ROOT / "libs" / "events" / "migrations"
KEYS = ROOT / "libs" / "events" / "migrations_keys"
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")  # how fast a machine is says nothing of a rule


def pytest_collection_finish() -> None:
    """Start what forks the tests' processes here, in the thread that lasts: it ends with the one that started it."""
    if "tests.support.forks" in sys.modules:
        forkserver.ensure_running()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """DSN of the maintenance database of a real server."""
    with support.server() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def databases(postgres: str) -> Iterator[support.Databases]:
    """Databases that stay until the end of the run, for what several tests share."""
    made = support.Databases(postgres)
    yield made
    asyncio.run(made.drop_all())


@pytest.fixture
async def own_databases(postgres: str, databases: support.Databases) -> AsyncIterator[support.Databases]:
    """Databases that are gone when the test is over."""
    made = support.Databases(postgres, like=databases)
    yield made
    await made.drop()


@pytest.fixture
def make_database(own_databases: support.Databases) -> MakeDatabase:
    """`await make_database(*folders of migrations)` gives the DSN of a fresh database."""
    return own_databases.make


@pytest.fixture
async def keys_dsn(make_database: MakeDatabase) -> str:
    """A fresh database of subject keys."""
    return await make_database(KEYS)


@pytest.fixture(scope="session")
def kafka() -> Iterator[kafka_support.Broker]:
    """A real broker; where none can be had the test is skipped with the reason, but fails when CI=true."""
    made = kafka_support.broker()
    try:
        broker = made.__enter__()
    except kafka_support.NoKafka as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))  # says what is missing: jars, Java or a reachable broker
    yield broker
    made.__exit__(None, None, None)


@pytest.fixture(scope="session")
def local_kafka(kafka: kafka_support.Broker) -> kafka_support.LocalBroker:
    """The same broker, to be killed and frozen; skipped where it is not a process of this run."""
    if not isinstance(kafka, kafka_support.LocalBroker):
        pytest.skip("the broker is not a process of this run, so it cannot be disturbed")  # JINGUO_TEST_KAFKA
    return kafka
