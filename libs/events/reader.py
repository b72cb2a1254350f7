"""One cursor over the private log: a page of the open window, its effects and its position in one transaction."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from libs.events import failpoints, tracing
from libs.events.codec import Codec
from libs.events.lease import Cursor, Lease, LeaseLost
from libs.events.metrics import SILENT, ReaderMetrics
from libs.events.rate import Rate
from libs.events.shared_pages import PAGE, Part, SharedPages
from libs.events.store import Recorded, retried
from libs.events.types import Connection, Pool, Snapshot
from libs.events.windows import Window, open_window

# Gets the page's events and the cursor's last number; gives the new last number.
Effect: TypeAlias = Callable[[Connection, Sequence[Recorded[Any]], int], Awaitable[int]]


class LogReader:
    """Reads for one projection or the publisher. `types` are the event types it handles, None for all."""

    def __init__(
        self,
        pool: Pool,
        codec: Codec,
        name: str,
        types: frozenset[str] | None,
        effect: Effect,
        *,
        page: int = PAGE,
        shared: SharedPages | None = None,
        metrics: ReaderMetrics | None = None,
    ) -> None:
        """Holds no cursor until `resume`; `page` are the most events handled at once, `shared` what others read too."""
        self.name = name
        self.metrics = metrics or SILENT.reader(name)
        self._pool = pool
        self._shared = shared or SharedPages(pool, codec)
        self._types = types
        self._effect = effect
        self._longest_page = page
        self._page = self._tried = page
        self._window: Window | None = None
        self.cursor: Cursor | None = None
        self.handled = 0
        self.rate = Rate()

    def resume(self, cursor: Cursor) -> None:
        """Go on from a cursor that the lease gave us."""
        self.cursor = cursor
        self._window = None
        if cursor.cur is not None:
            self._window = Window(cursor.prev, cursor.cur, None, cursor.page_position)

    @property
    def idle(self) -> bool:
        """No window is open."""
        return self._window is None

    async def read_up_to(self, cur: Snapshot, lease: Lease) -> None:
        """Read everything visible in a given snapshot, for the repair after a restore."""
        assert self.cursor is not None
        self._window = Window(self.cursor.prev, cur, None, 0)
        while self._window is not None:
            await self.step(lease)

    async def pending(self) -> bool:
        """Whether there is something to read from where the cursor stands; writes nothing."""
        assert self.cursor is not None
        return self.cursor.cur is not None or await open_window(self._pool, self.cursor.prev) is not None

    async def step(self, lease: Lease) -> bool:
        """Handle one page; False when there is nothing to read, and then nothing was written. Raises LeaseLost.

        A page that fails is tried smaller, because one that outlives its time limit would fail for ever.
        """
        cursor, window = self.cursor, self._window  # a take-over by another task of ours must not mix with this page
        assert cursor is not None
        window = window or await self._opened(cursor)
        if window is None:
            return False
        began = time.perf_counter()
        try:
            moved, part = await retried(lambda: self._turn(lease, cursor, window))
        except LeaseLost:
            raise
        except Exception:
            self._page = max(1, min(self._page, self._tried) // 2)
            raise
        self.cursor = moved
        self.handled += len(part.rows)
        self.rate.add(len(part.rows))
        self._window = None if part.last else replace(window, count=None, after=moved.page_position)
        self._page = min(self._longest_page, self._page + self._page // 8 + 1)
        self.metrics.page(time.perf_counter() - began, moved.last_number - cursor.last_number)
        self.metrics.passed(row["recorded_at"] for row in part.rows)
        return True

    async def _opened(self, cursor: Cursor) -> Window | None:
        window = await self._shared.window(cursor.prev)
        if window is not None and window.count is not None:
            self.metrics.window(window.count)
        return window

    async def _turn(self, lease: Lease, cursor: Cursor, window: Window) -> tuple[Cursor, Part]:
        part = (await self._shared.page(window)).part(window.after, self._types, self._page)
        self._tried = max(1, len(part.places))
        async with self._pool.acquire() as connection, connection.transaction():
            await lease.lock(connection, cursor)
            failpoints.passing("page.locked")
            last_number = await self._apply(connection, part, cursor.last_number)
            failpoints.passing("page.applied")
            moved = _moved(cursor, window, part, last_number)
            await lease.store(connection, moved)
            failpoints.passing("page.stored")
        failpoints.passing("page.committed")
        return moved, part

    async def _apply(self, tx: Connection, part: Part, last_number: int) -> int:
        recorded = part.recorded()
        if not recorded:
            return last_number
        with tracing.span("events.page", (each.meta.traceparent for each in recorded), reader=self.name):
            return await self._effect(tx, recorded, last_number)


def _moved(cursor: Cursor, window: Window, part: Part, last_number: int) -> Cursor:
    if part.last:
        return replace(cursor, prev=window.cur, cur=None, page_position=0, last_number=last_number)
    position = part.page.rows[part.end - 1]["position"]
    return replace(cursor, cur=window.cur, page_position=position, last_number=last_number)
