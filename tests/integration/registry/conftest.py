"""A registry over real databases, its app called in process, and tokens of every role."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.access.tokens import Issuer
from tests.integration.registry.exit_walk import POOR, SETTINGS, Clock, Walk, households_of, settled
from tests.integration.registry.filled import new_issuer, with_divisions, with_register
from tests.integration.registry.house import COUNTY, House
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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def kept(own_databases: Databases, issuer: Issuer, clock: Clock) -> AsyncIterator[House]:
    """A county that keeps the process, with some households of one township."""
    dsns = await with_divisions(own_databases)
    async with House.open(*dsns, issuer, clock=clock, settings=SETTINGS) as opened:
        await opened.take_in(Path("r.xlsx"), COUNTY, content=POOR)
        await settled(opened)
        yield opened


@pytest.fixture
async def walk(kept: House, clock: Clock) -> AsyncIterator[Walk]:
    """A household of two registered women, seen from the county."""
    async with kept.client() as client:
        yield Walk(kept, client, clock, (await households_of(kept, women=2))[0])
