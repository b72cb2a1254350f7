"""A clock and a store in memory."""

from datetime import UTC, datetime

import pytest
from uuid_utils.compat import uuid7

from libs.events.memory import MemoryStore
from libs.events.testing.peer_suite import MakeStore
from libs.events.testing.store_suite import suite_codec


@pytest.fixture
def store() -> MemoryStore:
    """An empty log over the suite's events."""
    return MemoryStore(suite_codec(), clock=lambda: datetime(2016, 5, 3, tzinfo=UTC), ids=uuid7)


@pytest.fixture
def make_store() -> MakeStore:
    """An empty log whose event ids come from the source handed in."""
    return lambda ids: MemoryStore(suite_codec(), clock=lambda: datetime(2016, 5, 3, tzinfo=UTC), ids=ids)
