"""Whatever a caller does, the log in PostgreSQL holds what a dict would."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from uuid_utils.compat import uuid7

from libs.events.commands import CommandStore
from libs.events.pool import make_pool
from libs.events.postgres import PostgresStore
from libs.events.testing.store_suite import suite_codec
from libs.events.vault import MemoryVault
from tests.conftest import KERNEL
from tests.support.log_machine import LogMachine
from tests.support.postgres import Databases

EMPTY = """
ALTER TABLE events DISABLE TRIGGER events_stay;
TRUNCATE events, commands;
ALTER TABLE events ENABLE TRIGGER events_stay;
"""


@pytest.fixture
def built() -> list[CommandStore]:
    """The stores that the machine was given, one for each run."""
    return []


@pytest.fixture
def machine(databases: Databases, built: list[CommandStore]) -> type[LogMachine]:
    """The machine over one database, emptied for each run."""
    dsn = asyncio.run(databases.make(KERNEL))

    async def build() -> tuple[CommandStore, Callable[[], Awaitable[None]]]:
        pool = await make_pool(dsn, name="machine", max_size=2)
        await pool.execute(EMPTY)
        built.append(PostgresStore(pool, suite_codec(), MemoryVault(), ids=uuid7))
        return built[-1], pool.close

    return type("PostgresMachine", (LogMachine,), {"build": staticmethod(build)})


def test_the_log_holds_what_a_dict_would(machine: type[LogMachine], built: list[CommandStore]) -> None:
    chosen = settings(max_examples=20, stateful_step_count=40, deadline=None, derandomize=True, phases=[Phase.generate])
    run_state_machine_as_test(machine, settings=chosen)  # a failure is not shrunk: each try is a database
    assert len(built) >= chosen.max_examples, "each run, on a log of its own, agreed with the dict"
