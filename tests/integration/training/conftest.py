"""Training over real databases with the fake registry that ships with its port, or with the real one."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from joserfc.jwk import OKPKey

from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from services.registry.worker import MIGRATIONS as REGISTRY_MIGRATIONS
from tests.integration.training.house import MIGRATIONS, SERVICE_MIGRATIONS, House
from tests.unit.training.leishan import registry, women

MakeDatabase = Callable[..., Awaitable[str]]


@pytest.fixture
def issuer() -> Issuer:
    """Signs the tokens of a test."""
    return Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)


@pytest.fixture
async def house(make_database: MakeDatabase, keys_dsn: str, issuer: Issuer) -> AsyncIterator[House]:
    """Training, knowing where the women of the sample register live; the registry is the fake."""
    dsn = await make_database(SERVICE_MIGRATIONS, MIGRATIONS)
    registry_dsn = await make_database(SERVICE_MIGRATIONS, REGISTRY_MIGRATIONS)
    async with House.open(dsn, keys_dsn, issuer, registry(), {"registry": registry_dsn}) as opened:
        await opened.registered(women())
        yield opened
