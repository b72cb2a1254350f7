"""A registry over real databases, its app called in process, and tokens of every role."""

from collections.abc import AsyncIterator

import pytest

from libs.access.tokens import Issuer
from tests.integration.registry.filled import new_issuer, with_divisions, with_register
from tests.integration.registry.house import House
from tests.support.postgres import Databases


@pytest.fixture
def issuer() -> Issuer:
    """Signs the tokens of a test."""
    return new_issuer()


@pytest.fixture
async def house(own_databases: Databases, issuer: Issuer) -> AsyncIterator[House]:
    """A registry with the divisions of the sample prefecture."""
    async with House.open(*await with_divisions(own_databases), issuer) as opened:
        yield opened


@pytest.fixture
async def registered(own_databases: Databases, issuer: Issuer) -> AsyncIterator[House]:
    """The same with the register of the sample county taken in."""
    async with House.open(*await with_register(own_databases), issuer) as opened:
        yield opened
