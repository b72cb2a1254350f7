"""A database of reporting with nothing in it, a hand that records facts, and its API for callers of any unit."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.contract import Contract, Fact
from libs.events.pool import connect
from libs.events.runtime import Runtime
from libs.events.types import Connection
from libs.events.vault import MemoryVault
from libs.values.division import Division
from services.reporting import main
from services.reporting.consumers.facts import apply
from services.reporting.settings import ReportingSettings
from services.reporting.worker import MIGRATIONS, service
from tests.conftest import MakeDatabase
from tests.integration.reporting.samples import Feed, batches

Caller = Callable[..., httpx.AsyncClient]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def dsn(make_database: MakeDatabase) -> str:
    return await make_database(MIGRATIONS)


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


@pytest.fixture
async def runtime(dsn: str) -> AsyncIterator[Runtime]:
    runtime = await Runtime.open(service(), dsn, vault=MemoryVault(), clock=now, ids=uuid4)
    yield runtime
    await runtime.stop()


@pytest.fixture
async def caller(runtime: Runtime, tmp_path: Path) -> AsyncIterator[Caller]:
    """`caller(division, role)` is a client signed in for that unit; without a division nobody is signed in."""
    issuer = Issuer.from_file(tmp_path / "key.json", clock=now, ids=uuid4)
    app = main.build(runtime, verifier=issuer.verifier(), settings=ReportingSettings(), clock=now, ids=uuid4)
    clients: list[httpx.AsyncClient] = []

    def make(division: str | None = None, role: str = "reader") -> httpx.AsyncClient:
        headers: dict[str, Any] = {"Accept-Language": "en"}
        if division is not None:
            principal = Principal(f"{role}-{division}", "reader", role, Division(division), scopes_of(role))
            headers["Authorization"] = f"Bearer {issuer.user_token(principal)}"
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://reporting/v1", headers=headers)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()
