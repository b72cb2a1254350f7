"""Access over a real database, with a clock the test turns."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from libs.access.accounts import Account, NewAccount
from libs.access.api import Access
from libs.access.main import MIGRATIONS, SHARED, build, open_access
from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.audit import MIGRATIONS as AUDIT
from libs.events.schema import migrate
from libs.events.types import Pool
from libs.service.clock import system_ids
from libs.service.settings import ServiceSettings
from libs.values.division import NATION, Division
from tests.support.keys import KEYED
from tests.support.postgres import Databases

ADMIN = Principal("0", "", "security-admin", NATION, scopes_of("security-admin"))
KEY = bytes(range(32))
PASSWORD = "苗岭山下有十二个寨子"


@dataclass
class Hands:
    """A clock whose hands the test moves."""

    now: datetime = datetime(2016, 7, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class World:
    """Everything a test of access needs."""

    access: Access
    pool: Pool
    clock: Hands

    async def outcomes(self) -> list[str]:
        return [
            record["outcome"]
            for record in await self.pool.fetch(
                "SELECT code AS outcome FROM audit_trail WHERE action = 'sign_in' ORDER BY id"
            )
        ]

    async def open_account(self, username: str, role: str = "cadre", division: str = "522634000000") -> Account:
        """An account whose one-time password has been changed to PASSWORD."""
        _, once = await self.access.accounts.create(ADMIN, NewAccount(username, username, role, Division(division)))
        return await self.access.sign_in.change_password(username, once, PASSWORD, "10.0.0.1")


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
async def dsn(own_databases: Databases) -> str:
    """A database of access with its tables and nobody in it."""
    (made,) = await own_databases.filled("access", _tables, ())
    return made


async def _tables(dsn: str) -> None:
    await migrate(dsn, SHARED, AUDIT, MIGRATIONS, kernel=False)


@pytest.fixture
async def world(dsn: str, tmp_path: Path, clock: Hands) -> AsyncIterator[World]:
    issuer = Issuer.from_file(tmp_path / "signing.json", clock=clock, ids=system_ids)
    access, pool = await open_access(dsn, issuer, KEY, clock=clock, ids=system_ids)
    yield World(access, pool, clock)
    await pool.close()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = build(
        world.access,
        verifier=world.access.issuer.verifier(),
        settings=ServiceSettings(),
        clock=world.clock,
        ids=system_ids,
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://access", event_hooks=KEYED
    ) as made:
        yield made


@pytest.fixture
def bearer(world: World) -> Callable[..., dict[str, str]]:
    def headers(role: str = "security-admin", division: str = "000000000000", sub: str = "0") -> dict[str, str]:
        principal = Principal(sub, "", role, Division(division), scopes_of(role))
        return {"Authorization": f"Bearer {world.access.issuer.user_token(principal)}"}

    return headers
