"""A registry over real databases, its app called in process, and tokens of every role."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from joserfc.jwk import OKPKey

from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from services.registry.worker import MIGRATIONS
from tests.integration.registry.house import COUNTY, DEMO, SERVICE_MIGRATIONS, House

MakeDatabase = Callable[..., Awaitable[str]]


@pytest.fixture
def issuer() -> Issuer:
    """Signs the tokens of a test."""
    return Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)


@pytest.fixture
async def house(make_database: MakeDatabase, keys_dsn: str, issuer: Issuer) -> AsyncIterator[House]:
    """A registry with the divisions of the sample prefecture."""
    dsn = await make_database(SERVICE_MIGRATIONS, MIGRATIONS)
    async with House.open(dsn, keys_dsn, issuer) as opened:
        await opened.divisions()
        yield opened


@pytest.fixture
async def registered(house: House) -> House:
    """The same with the register of the sample county taken in."""
    result = await house.take_in(DEMO / "register-2016-leishan.xlsx", COUNTY)
    assert result["totals"]["women"] == 941
    return house
