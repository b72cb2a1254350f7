"""Snapshots over the store in memory: the suite, and any run of commands that a machine can think of."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from libs.events.memory import MemoryStore
from libs.events.snapshots import Snapshot
from libs.events.testing.snapshot_suite import SnapshotSuite, assert_the_same, kept, run
from libs.events.testing.store_suite import suite_codec
from libs.events.vault import MemoryVault, Vault

WORDS = st.lists(st.one_of(st.integers(-5, 5), st.sampled_from(["杨花", "文秀"])), max_size=25)


def make(vault: Vault | None = None) -> MemoryStore:
    return MemoryStore(suite_codec(), clock=lambda: datetime(2016, 5, 3, tzinfo=UTC), ids=uuid7, vault=vault)


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def store(vault: MemoryVault) -> MemoryStore:
    return make(vault)


class TestMemorySnapshots(SnapshotSuite):
    """Snapshots in memory."""


@settings(max_examples=150, deadline=None)
@given(words=WORDS, every=st.integers(1, 6))
def test_any_run_of_commands_ends_the_same_with_and_without_them(words: list[Any], every: int) -> None:
    asyncio.run(assert_the_same(make(), words, every))


class Full(MemoryStore):
    """A store whose disk is full for snapshots."""

    async def keep_snapshot(self, snapshot: Snapshot) -> None:
        raise OSError(28, "No space left on device")


async def test_a_snapshot_that_cannot_be_kept_is_told_and_the_command_done(
    store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.__class__ = Full
    assert await run(store, kept(), uuid7(), [1] * 6) == [1, 2, 3, 4, 5, 6]
    assert "no snapshot of tally" in caplog.text
