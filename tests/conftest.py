"""What every test may ask for: a PostgreSQL of this run and fresh databases in it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.support import postgres as support

MakeDatabase = Callable[..., Awaitable[str]]
ROOT = Path(__file__).resolve().parents[1]
KERNEL = ROOT / "libs" / "events" / "migrations"
KEYS = ROOT / "libs" / "events" / "migrations_keys"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """DSN of the maintenance database of a real server."""
    with support.server() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def databases(postgres: str) -> Iterator[support.Databases]:
    made = support.Databases(postgres)
    yield made
    asyncio.run(made.drop_all())


@pytest.fixture
def make_database(databases: support.Databases) -> MakeDatabase:
    """`await make_database(*folders of migrations)` gives the DSN of a fresh database."""
    return databases.make


@pytest.fixture
async def keys_dsn(make_database: MakeDatabase) -> str:
    """A fresh database of subject keys."""
    return await make_database(KEYS)
