"""A PostgreSQL log over the suite's events, and runtimes that are stopped at the end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from libs.events.pool import make_pool
from libs.events.postgres import PostgresStore
from libs.events.runtime import Runtime
from libs.events.service import Consumer, Service
from libs.events.testing.peer_suite import MakeStore
from libs.events.testing.store_suite import suite_codec
from libs.events.types import Pool
from libs.events.vault import MemoryVault
from tests.conftest import KERNEL, MakeDatabase
from tests.integration.events import counting, poisoned
from tests.integration.events.poisoned import House
from tests.support.postgres import Databases

OpenRuntime = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def dsn(make_database: MakeDatabase) -> str:
    """A database with the kernel's tables."""
    return await make_database(KERNEL)


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """A pool on it."""
    made = await make_pool(dsn, name="test")
    yield made
    await made.close()


@pytest.fixture
def store(pool: Pool) -> PostgresStore:
    """An empty log."""
    return PostgresStore(pool, suite_codec(), MemoryVault(), ids=uuid7)


@pytest.fixture
async def open_runtime(own_databases: Databases) -> AsyncIterator[OpenRuntime]:
    """`await open_runtime(service, dsn, …)`; stopped when the test ends, before its databases are gone."""
    opened: list[Runtime] = []

    async def make(service: Service, dsn: str, **more: Any) -> Runtime:
        tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7} | more
        opened.append(await Runtime.open(service, dsn, **tools))
        return opened[-1]

    yield make
    for runtime in reversed(opened):
        await runtime.stop()


@pytest.fixture
def make_store(pool: Pool) -> MakeStore:
    """An empty log whose event ids come from the source handed in."""
    return lambda ids: PostgresStore(pool, suite_codec(), MemoryVault(), ids=ids)


MakeHouse = Callable[..., Awaitable[House]]


@pytest.fixture
def make_house(make_database: MakeDatabase, open_runtime: OpenRuntime) -> MakeHouse:
    """`await make_house(consumer)`: a publisher and a reader with a taste; neither is started."""

    async def make(consumer: Consumer = poisoned.CONSUMER) -> House:
        source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
        publisher = await open_runtime(counting.notes(), source)
        reader = await open_runtime(poisoned.service(consumer), target)
        return House(publisher, reader, source, target)

    return make
