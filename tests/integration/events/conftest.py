"""A PostgreSQL log over the suite's events, and its pool."""

from collections.abc import AsyncIterator

import pytest
from uuid_utils.compat import uuid7

from libs.events.pool import make_pool
from libs.events.postgres import PostgresStore
from libs.events.testing.store_suite import suite_codec
from libs.events.types import Pool
from libs.events.vault import MemoryVault
from tests.conftest import KERNEL, MakeDatabase


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
