"""The world that the oracle asks."""

import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import structlog

from tests.contract.oracle.canaries import Canaries, canaries
from tests.support.postgres import Databases
from tests.support.world import World, world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The world, of one file of tests; its log goes nowhere."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    async with world(databases, tmp_path_factory.getbasetemp()) as opened:
        yield opened
    structlog.configure(**before)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(there: World) -> Canaries:
    """Whose everything in it is."""
    return await canaries(there)
