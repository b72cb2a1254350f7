"""Brings a version beside up to a place: pages of history, each with its effects and the version's position at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from libs.events import collector, failpoints, table_copies
from libs.events import projection_versions as versions
from libs.events.pool import is_lost
from libs.events.projection_versions import Position, Version
from libs.events.rebuild_history import History, LogHistory, Stretch
from libs.events.rebuild_session import Session
from libs.events.service import Fold
from libs.events.status import describe
from libs.events.types import Connection

PAGE: Final = 10_000  # positions of the log that one page covers
FOLDED_PAGE: Final = 20_000

# Counts of this session that were not yet reported; the kernel's own reading is on the other connections.
STRANGERS: Final = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del > 0 AS written FROM pg_stat_xact_user_tables
WHERE schemaname <> $1 AND relname <> ALL ($2)
  AND n_tup_ins + n_tup_upd + n_tup_del + coalesce(seq_scan, 0) + coalesce(idx_scan, 0) > 0 ORDER BY 1
"""
REPORT: Final = "SELECT pg_stat_force_next_flush()"
OWN: Final = ("projection_versions", "cursors", "counters", "events")


class RebuildStopped(Exception):
    """An event cannot be applied: all before it is, the version beside stays as it is, the serving one is untouched."""

    def __init__(self, projection: str, number: int, reason: str) -> None:
        """`number` is the event's position in the log, or the fact's recorded number."""
        super().__init__(f"{projection} cannot take event {number}: {reason}")
        self.projection = projection
        self.number = number
        self.reason = reason


class UndeclaredTable(Exception):
    """The projection touches a table it does not name: a rebuild would change or read the serving one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`passed` of `total` events; `rate` a second in this run; `left` seconds, None while unknown."""

    passed: int
    total: int
    rate: float
    left: float | None


Told: TypeAlias = Callable[[Progress], None]


def untold(progress: Progress) -> None:
    """For callers who do not ask."""
    del progress


Read: TypeAlias = Callable[[Connection, Stretch, int, int], Awaitable[Sequence[Any]]]
Reading: TypeAlias = tuple[int, int, Awaitable[Sequence[Any]]]


@dataclass(frozen=True)
class Source:
    """What is rebuilt: its history and how that becomes rows of its tables."""

    name: str
    tables: Sequence[str]
    reads: Sequence[str]
    history: History
    apply: Callable[[Connection, Sequence[Any]], Awaitable[None]]
    fold: Fold | None = None


@dataclass
class Pages:
    """Moves one version; `version` is where it stands by now."""

    source: Source
    session: Session
    version: Version
    told: Told
    page: int = PAGE
    _passed: int = 0
    _began: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    _counted: float = 0.0  # the time up to which the version's seconds are stored

    def __post_init__(self) -> None:
        self._counted = self._began

    async def catch_up(self, to: Position) -> int:
        """Take all between where the version stands and `to`; how many events that were.

        Raises RebuildStopped for an event that cannot be applied, UndeclaredTable.
        """
        with collector.paused():
            return await self._catch_up(to)

    async def _catch_up(self, to: Position) -> int:
        before = self._passed
        await self.session.worker.execute(REPORT)
        while (
            stretch := await self.source.history.stretch(self.session.worker, self.version.position, to)
        ) is not None:
            await self._expect(stretch)
            if self.source.fold is not None and self.version.position == versions.START:
                await self._fold(self.source.fold, stretch)
                continue
            async with _ahead(self._read, stretch, self.page, (self.session.ahead,)) as pages:
                async for after, upto, reading in pages:
                    await self._take(stretch, after, upto, reading)
                    collector.swept()
        return self._passed - before

    async def _take(self, stretch: Stretch, after: int, upto: int, reading: Awaitable[Sequence[Any]]) -> None:
        """One page; when it fails its halves, so that everything before the guilty event is taken."""
        try:
            await self._write(stretch, after, upto, await reading)
        except (UndeclaredTable, RebuildStopped):
            raise
        except Exception as error:
            if is_lost(error) or self.session.worker.is_closed():
                raise
            if upto - after <= 1:
                raise RebuildStopped(self.source.name, upto, describe(error)) from error
            middle = after + (upto - after) // 2
            for low, high in ((after, middle), (middle, upto)):
                await self._take(stretch, low, high, self._read(self.session.worker, stretch, low, high))

    async def _write(self, stretch: Stretch, after: int, upto: int, items: Sequence[Any]) -> None:
        position = self.source.history.reached(stretch, upto)
        async with self.session.worker.transaction():
            if items:
                await self.source.apply(self.session.worker, items)
                failpoints.passing("rebuild.page_applied")
                await self._refuse_strangers()
            await self._store(position, _share(stretch, after, upto))
            failpoints.passing("rebuild.page_stored")
        self._moved(position, _share(stretch, after, upto))
        failpoints.passing("rebuild.page_committed")

    async def _fold(self, fold: Fold, stretch: Stretch) -> None:
        """The whole stretch in memory, then every table by COPY and its indexes after that, in one transaction."""
        history, state, session = self.source.history, fold.start(), self.session
        assert isinstance(history, LogHistory)

        def rows(connection: Connection, stretch: Stretch, after: int, upto: int) -> Awaitable[Sequence[Any]]:
            return history.rows(connection, stretch, after, upto, fold.columns)

        passed = 0
        async with _ahead(rows, stretch, FOLDED_PAGE, (session.ahead, session.holder)) as pages:
            async for after, upto, reading in pages:
                fold.add(state, await reading)
                collector.swept()
                passed += _share(stretch, after, upto)
                self.told(self._progress(passed))
        async with session.worker.transaction():
            for table, records in fold.rows(state).items():
                await session.worker.copy_records_to_table(table, schema_name=self.version.schema, records=records)
            failpoints.passing("rebuild.page_applied")
            await table_copies.finish(session.worker, self.version.schema, self.source.tables)
            await self._store(stretch.end, passed)
            failpoints.passing("rebuild.page_stored")
        self._moved(stretch.end, passed)
        failpoints.passing("rebuild.page_committed")

    async def _read(self, connection: Connection, stretch: Stretch, after: int, upto: int) -> Sequence[Any]:
        return await self.source.history.read(connection, stretch, after, upto)

    async def _refuse_strangers(self) -> None:
        known = [*OWN, *self.source.reads]
        rows = await self.session.worker.fetch(STRANGERS, self.version.schema, known)
        if rows:
            touched = ", ".join(f"{'writes' if row['written'] else 'reads'} {row['relname']}" for row in rows)
            raise UndeclaredTable(f"{self.source.name} {touched}, which it does not name in `tables` or `reads`")

    async def _expect(self, stretch: Stretch) -> None:
        """What is known of the way that is left."""
        total = self.version.passed + stretch.count
        await self.session.worker.execute(versions.EXPECT, self.version.projection, self.version.version, stretch.count)
        self.version = replace(self.version, total=total)
        self.told(self._progress(0))

    async def _store(self, position: Position, passed: int) -> None:
        now = asyncio.get_running_loop().time()
        await versions.store(self.session.worker, self.version, position, passed, now - self._counted)

    def _moved(self, position: Position, passed: int) -> None:
        now = asyncio.get_running_loop().time()
        seconds, self._counted = self.version.seconds + now - self._counted, now
        self._passed += passed
        self.version = replace(
            self.version, position=position, passed=self.version.passed + passed, seconds=seconds, equal=None
        )
        self.told(self._progress(0))

    def _progress(self, more: int) -> Progress:
        """`more`: events of a page that is not stored yet."""
        seconds = asyncio.get_running_loop().time() - self._began
        rate = (self._passed + more) / seconds if seconds else 0.0
        passed = self.version.passed + more
        total = max(self.version.total, passed)
        return Progress(passed, total, rate, (total - passed) / rate if rate else None)


@asynccontextmanager
async def _ahead(
    read: Read, stretch: Stretch, size: int, connections: Sequence[Connection]
) -> AsyncIterator[AsyncIterator[Reading]]:
    """Pages of a stretch in order; on each connection the next one is read while this one is worked on."""
    bounds = enumerate(_bounds(stretch, size))
    running: deque[tuple[int, int, asyncio.Task[Sequence[Any]]]] = deque()

    async def one(connection: Connection, after: int, upto: int) -> Sequence[Any]:
        return await read(connection, stretch, after, upto)

    def start() -> None:
        for index, (after, upto) in bounds:
            connection = connections[index % len(connections)]  # free: its last page was taken
            running.append((after, upto, asyncio.create_task(one(connection, after, upto))))
            return

    async def pages() -> AsyncIterator[Reading]:
        for _ in connections:
            start()
        while running:
            await asyncio.wait((running[0][2],))
            page = running.popleft()
            start()
            await asyncio.sleep(0)  # the question goes out before this page is worked on
            yield page

    try:
        yield pages()
    finally:
        for _, _, reading in running:
            reading.cancel()
        await asyncio.gather(*(reading for _, _, reading in running), return_exceptions=True)


def _bounds(stretch: Stretch, size: int) -> Iterator[tuple[int, int]]:
    if stretch.whole:
        yield stretch.after, stretch.upto
        return
    for after in range(stretch.after, stretch.upto, size):
        yield after, min(after + size, stretch.upto)


def _share(stretch: Stretch, after: int, upto: int) -> int:
    """How many events of the stretch lie there, as far as its count tells."""
    width = max(1, stretch.upto - stretch.after)
    return stretch.count * (upto - stretch.after) // width - stretch.count * (after - stretch.after) // width
