"""Readers that look together: each gets every event once and in order, however they step, and parses none again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.lease import Lease
from libs.events.pool import make_pool
from libs.events.postgres import PostgresStore
from libs.events.reader import LogReader
from libs.events.shared_pages import KEPT, SharedPages
from libs.events.store import ANY, Append, Recorded
from libs.events.types import Connection, Pool
from libs.events.vault import MemoryVault
from libs.events.wake import Pulse
from libs.events.windows import NOTHING
from tests.conftest import KERNEL, MakeDatabase
from tests.integration.events import counting

PAGE = 7


@dataclass
class Read:
    """What one reader was handed, page by page."""

    pages: list[list[Recorded[Any]]] = field(default_factory=list)

    async def effect(self, _tx: Connection, events: Sequence[Recorded[Any]], last: int) -> int:
        self.pages.append(list(events))
        return last

    @property
    def events(self) -> list[Recorded[Any]]:
        return [event for page in self.pages for event in page]

    @property
    def counted(self) -> list[int]:
        return [recorded.event.n for recorded in self.events]


@dataclass
class House:
    """A log with readers that share their pages."""

    pool: Pool
    store: PostgresStore
    shared: SharedPages
    lease: Lease
    stream: UUID = field(default_factory=uuid7)
    written: int = 0

    async def write(self, count: int) -> None:
        events = [counting.Noted(self.stream, self.written + n) for n in range(1, count + 1)]
        await self.store.append(Append(self.stream, ANY, events, counting.META))
        self.written += count

    async def reader(self, name: str, read: Read, types: frozenset[str] | None, page: int = PAGE) -> LogReader:
        reader = LogReader(self.pool, counting.codec(), name, types, read.effect, page=page, shared=self.shared)
        reader.resume((await self.lease.peek(self.pool))[name])
        return reader


@pytest.fixture
async def house(make_database: MakeDatabase) -> Any:
    """Three cursors, all ours."""
    pool = await make_pool(await make_database(KERNEL), name="test")
    store = PostgresStore(pool, counting.codec(), MemoryVault(), ids=uuid7)
    lease = Lease(["one", "two", "three"], uuid7())
    await lease.declare(pool)
    assert await lease.take(pool) is not None
    yield House(pool, store, SharedPages(pool, counting.codec(), PAGE), lease)
    await pool.close()


async def test_who_steps_together_is_handed_the_same_events(house: House) -> None:
    one, two = Read(), Read()
    readers = [await house.reader("one", one, None), await house.reader("two", two, frozenset({"noted"}))]
    for count in (5, 20, 1):
        await house.write(count)
        while any([await reader.step(house.lease) for reader in readers]):
            pass
    assert one.counted == two.counted == list(range(1, 27))
    assert all(mine is yours for mine, yours in zip(one.events, two.events, strict=True))


async def test_who_takes_smaller_pages_or_lags_misses_nothing(house: House) -> None:
    fast, small, late = Read(), Read(), Read()
    first, second = await house.reader("one", fast, None), await house.reader("two", small, None, 3)
    for count in (1, 4, 10, 3) * KEPT:
        await house.write(count)
        while await first.step(house.lease):
            await second.step(house.lease)  # falls behind: it takes three events a step
    third = await house.reader("three", late, None)
    while any([await reader.step(house.lease) for reader in (second, third)]):
        pass
    assert fast.counted == small.counted == late.counted == list(range(1, house.written + 1))
    assert max(map(len, small.pages)) == 3


async def test_who_handles_none_of_the_events_passes_them_in_pages_of_the_log(house: House) -> None:
    others = Read()
    reader = await house.reader("one", others, frozenset({"other"}), 1)
    await house.write(3 * PAGE)
    steps = 0
    while await reader.step(house.lease):
        steps += 1
    assert (others.pages, steps) == ([], 4)  # the fourth finds that nothing is left


async def test_a_page_that_is_too_large_to_keep_is_read_by_each(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.events.shared_pages.LARGEST", 10)
    one, two = Read(), Read()
    readers = [await house.reader("one", one, None), await house.reader("two", two, None)]
    await house.write(3 * PAGE)
    while any([await reader.step(house.lease) for reader in readers]):
        pass
    assert one.counted == two.counted == list(range(1, house.written + 1))
    assert not any(mine is yours for mine, yours in zip(one.events, two.events, strict=True))


async def test_a_page_ends_where_its_events_become_too_large(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.events.windows.SMALLEST", 1)
    read = Read()
    reader = await house.reader("one", read, None, 1_000)
    for count in (60, 1, 2):
        await house.write(count)
        size = await house.pool.fetchval("SELECT max(pg_column_size(data)) FROM events")
        monkeypatch.setattr("libs.events.windows.LARGEST", size * 2 + 1)
        while await reader.step(house.lease):
            pass
    assert read.counted == list(range(1, 64))
    assert max(map(len, read.pages)) == 3, "the third begins before the limit"


async def test_that_nothing_is_new_is_asked_again_after_the_next_commit(house: House) -> None:
    committed = Pulse()
    shared = SharedPages(house.pool, counting.codec(), PAGE, committed)
    assert await shared.window(NOTHING) is None
    await house.write(1)
    assert await shared.window(NOTHING) is None, "asked again only when somebody has heard of a commit"
    committed.beat()
    window = await shared.window(NOTHING)
    assert window is not None
    assert await shared.window(NOTHING) is window
