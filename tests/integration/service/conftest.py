"""Jobs over a real database, and a service over a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.events.pool import make_pool
from libs.events.types import Pool
from libs.events.vault import MemoryVault
from libs.service import jobs as jobs_module
from libs.service.clock import system_ids
from libs.service.jobs import Jobs
from libs.values.division import Division

MIGRATIONS = Path(jobs_module.__file__).parent / "migrations"
NOW = datetime(2016, 7, 1, 8, tzinfo=UTC)


def person(division: str = "522634000000", role: str = "federation") -> Principal:
    return Principal("0190", "", role, Division(division), scopes_of(role))


@pytest.fixture
async def pool(make_database: Callable[..., Awaitable[str]]) -> AsyncIterator[Pool]:
    made = await make_pool(await make_database(MIGRATIONS), name="test")
    yield made
    await made.close()


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
async def jobs(pool: Pool, vault: MemoryVault) -> AsyncIterator[Jobs]:
    made = Jobs(pool, clock=lambda: NOW, ids=system_ids, vault=vault)
    await made.open()
    yield made
    await made.stop()
