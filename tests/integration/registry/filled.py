"""Databases of the registry that are filled once in a run by the service itself, and copied for each test."""

from joserfc.jwk import OKPKey

from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from services.registry.worker import MIGRATIONS
from tests.conftest import KEYS
from tests.integration.registry.house import COUNTY, DEMO, SERVICE_MIGRATIONS, House
from tests.support.postgres import Databases

LEISHAN = DEMO / "register-2016-leishan.xlsx"


def new_issuer() -> Issuer:
    """Signs tokens with a key that nobody else has."""
    return Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)


async def with_divisions(databases: Databases) -> tuple[str, str]:
    """DSNs of a registry that knows the divisions of the sample prefecture, and of its keys."""
    dsn, keys_dsn = await databases.filled("divisions", _divisions, (SERVICE_MIGRATIONS, MIGRATIONS), (KEYS,))
    return dsn, keys_dsn


async def with_register(databases: Databases) -> tuple[str, str]:
    """DSNs of a registry that has taken in the sample county, and of its keys."""
    dsn, keys_dsn = await databases.filled("register", _register, (SERVICE_MIGRATIONS, MIGRATIONS), (KEYS,))
    return dsn, keys_dsn


async def _divisions(dsn: str, keys_dsn: str) -> None:
    async with House.open(dsn, keys_dsn, new_issuer()) as house:
        await house.divisions()


async def _register(dsn: str, keys_dsn: str) -> None:
    async with House.open(dsn, keys_dsn, new_issuer()) as house:
        await house.divisions()
        result = await house.take_in(LEISHAN, COUNTY)
        assert result["totals"]["women"] == 941
