"""Whatever a caller does, the store in memory holds what a dict would."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from hypothesis import settings
from uuid_utils.compat import uuid7

from libs.events.commands import CommandStore
from libs.events.memory import MemoryStore
from libs.events.testing.store_suite import suite_codec
from tests.support.log_machine import LogMachine


async def _let_go() -> None:
    """Nothing to let go of."""


async def _build() -> tuple[CommandStore, Callable[[], Awaitable[None]]]:
    return MemoryStore(suite_codec(), clock=lambda: datetime(2016, 5, 3, tzinfo=UTC), ids=uuid7), _let_go


class MemoryMachine(LogMachine):
    """Over memory."""

    build = staticmethod(_build)


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(max_examples=40, stateful_step_count=40, deadline=None, derandomize=True)
