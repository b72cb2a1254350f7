"""A database of reporting with nothing in it, and a hand that records facts as the consumers do."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from libs.events.contract import Contract, Fact
from libs.events.pool import connect, make_pool
from libs.events.types import Connection, Pool
from services.reporting.consumers.facts import apply
from tests.conftest import MakeDatabase
from tests.integration.reporting.samples import Feed, batches

MIGRATIONS = Path(__file__).resolve().parents[3] / "services" / "reporting" / "migrations"


@pytest.fixture
async def dsn(make_database: MakeDatabase) -> str:
    return await make_database(MIGRATIONS)


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    pool = await make_pool(dsn, name="test")
    yield pool
    await pool.close()


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await connect(dsn)
    yield connection
    await connection.close()


async def record(connection: Connection, facts: Sequence[Fact[Contract]], size: int = 200) -> None:
    """Hand facts to reporting in batches, each in a transaction of its own."""
    for batch in batches(facts, size):
        async with connection.transaction():
            await apply(connection, batch)


@pytest.fixture
def feed() -> Feed:
    return Feed()
