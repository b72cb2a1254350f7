"""Notes that are written while something happens, and what must hold of their readers at the end."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from uuid_utils.compat import uuid7

from libs.events.contract import PARTITIONS
from libs.events.partition import partition_of
from libs.events.runtime import Runtime
from libs.events.store import ANY
from tests.integration.events import checks, counting

WAIT = 60.0
PACE = 0.02  # seconds between rounds
PLENTY = 4_000  # notes, after which rounds follow slowly, so that a long disturbance leaves no mountain to climb
SLOW = 0.25  # seconds


class Load:
    """Writes notes 1, 2, 3 … of many streams, so that every partition has its share."""

    def __init__(self, publisher: Runtime, streams: int = 50) -> None:
        self.written = 0
        self._publisher = publisher
        self._streams = list(itertools.islice(_one_partition_after_another(), streams))
        self._n = 0
        self._xid = 0

    async def write(self, rounds: int) -> int:
        """One note of every stream in each round; the last published number."""
        for _ in range(rounds):
            await self._round()
        number = await self._publisher.wait_published(self._xid, WAIT)
        assert number is not None, (await self._publisher.status()).cursors
        return number

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Rounds follow each other while the block runs."""
        over = asyncio.Event()
        task = asyncio.create_task(self._until(over))
        try:
            yield
        finally:
            over.set()
            await task

    async def _until(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await self._round()
            await asyncio.sleep(PACE if self.written < PLENTY else SLOW)

    async def _round(self) -> None:
        self._n += 1
        notes = [counting.note(stream, self._n, ANY) for stream in self._streams]
        self._xid = (await self._publisher.store.append_many(notes))[-1].xid
        self.written += len(notes)


def _one_partition_after_another() -> Iterator[UUID]:
    """New streams: the first in partition 0, the next in 1 …, since chance leaves one in eight of fifty without any."""
    for partition in itertools.cycle(range(PARTITIONS)):
        yield next(each for each in iter(uuid7, None) if partition_of(each) == partition)


async def whole(publisher: Runtime, reader: Runtime, load: Load) -> int:
    """A last round passes everything before it; then the reader's tallies equal the log, in order, without doubles."""
    number = await load.write(1)
    assert await reader.wait_consumed("notes", number, WAIT), await said(publisher, reader)
    log = await checks.log(publisher.pool)
    assert await checks.tally(reader.pool, "consumer") == log
    await checks.chain_is_whole(publisher.pool, load.written)
    return load.written


async def said(*runtimes: Runtime) -> list[object]:
    """What the readers say of themselves, for a failing test."""
    return [(await each.status()).cursors + (await each.status()).consumers for each in runtimes]


async def until(holds: Callable[[], Awaitable[bool]], what: str, limit: float = WAIT) -> None:
    """Ask again and again until it holds."""
    deadline = asyncio.get_running_loop().time() + limit
    while not await holds():
        assert asyncio.get_running_loop().time() < deadline, f"it never came to pass: {what}"
        await asyncio.sleep(0.05)


async def taken(reader: Runtime) -> dict[UUID, tuple[int, int]]:
    """The reader's tallies at this moment."""
    return await checks.tally(reader.pool, "consumer")


async def counted(reader: Runtime) -> int:
    """How many notes the reader has taken."""
    return sum(count for count, _ in (await taken(reader)).values())


def errors(runtimes: Sequence[Runtime]) -> Callable[[], Awaitable[list[str]]]:
    """What is wrong, as the state of the system shows it."""

    async def ask() -> list[str]:
        states = [await each.status() for each in runtimes]
        return [each.error for state in states for each in state.cursors + state.consumers if each.error]

    return ask
