"""The tasks over one database's private log: one watcher, and a task for each projection and the publisher."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

from libs.events.ending import end
from libs.events.lease import Cursor, Lease, LeaseLost
from libs.events.metrics import SILENT, Metrics
from libs.events.pool import database
from libs.events.publisher import PUBLISHER
from libs.events.reader import LogReader
from libs.events.status import describe
from libs.events.types import Pool
from libs.events.wake import LONGEST, REST, Patience, Polling, Pulse, until
from libs.events.windows import NOTHING, open_window, shows
from libs.values.errors import Unavailable

RETRY_LONGEST = 5.0
STANDBY = 1.0  # seconds between looks while another process owns the cursors

_log = logging.getLogger("jinguo.events")


class LogTasks:
    """Moves the readers; a reader whose effect fails tries again, ever more slowly, and says why in `errors`."""

    def __init__(
        self,
        pool: Pool,
        readers: Sequence[LogReader],
        lease: Lease,
        committed: Pulse,
        hint: Pulse,
        published: Pulse,
        metrics: Metrics = SILENT,
        polling: Polling | None = None,
    ) -> None:
        """Nothing runs before `start`."""
        self.readers = readers
        self.lease = lease
        self.errors: dict[str, str] = {}
        self.owned = False
        self._pool = pool
        self._committed = committed
        self._hint = hint
        self._published = published
        self._metrics = metrics
        self._polling = polling or Polling()
        self._moved = Pulse()
        self._owning = asyncio.Lock()
        self._looked = (-1, 0.0)  # beats heard, and the time, at the last look that found nothing to do
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def running(self) -> bool:
        """Between start and stop."""
        return bool(self._tasks)

    def start(self) -> None:
        """One task for each reader, one watcher for all."""
        if self.readers:
            self._tasks = [asyncio.create_task(self._watch(), name="watcher")]
            self._tasks += [asyncio.create_task(self._move(reader), name=reader.name) for reader in self.readers]

    async def stop(self) -> None:
        """End the tasks and give the lease back."""
        await end(self._tasks)
        if self._tasks and self.owned:
            with contextlib.suppress(Unavailable), database():
                await self.lease.release(self._pool)
        self._tasks, self.owned = [], False

    async def wait(self, name: str, xid: int, timeout: float) -> Cursor | None:
        """Wait until a reader, moved by whichever process, has handled transaction `xid`; where it stands then."""
        reader = next(reader for reader in self.readers if reader.name == name)
        cursor: Cursor | None = None

        async def reached() -> bool:
            nonlocal cursor
            if self.owned:
                cursor = reader.cursor
            else:  # only looked at: the readers here are moved by their own tasks
                with database():
                    cursor = (await self.lease.peek(self._pool)).get(name)
            return cursor is not None and shows(cursor.prev, xid)

        return cursor if await until(reached, self._moved, timeout, self._polling) else None

    async def _watch(self) -> None:
        """Beats `committed` when the log shows something new: other processes' appends, and late commits."""
        prev, patience = NOTHING, self._polling.patience()
        while True:
            seen = self._hint.count
            try:
                window = await open_window(self._pool, prev)
            except Exception as error:  # noqa: BLE001 - whatever it is, the watcher must live; readers show it
                _log.warning("watcher: %s", describe(error))
                await asyncio.sleep(LONGEST)
                continue
            if window is None:
                patience.nothing()
            else:
                prev = window.cur
                patience.found()
                self._committed.beat()
            if await self._hint.after(seen, patience.seconds) != seen:
                patience.found()

    async def _move(self, reader: LogReader) -> None:
        retry, lost = Patience(0.05, RETRY_LONGEST), Patience(0.01, STANDBY)
        while True:
            seen = self._committed.count
            try:
                if not await self._own():
                    retry.found()
                    self.errors.pop(reader.name, None)  # the database answers; the owner, if any, tells of its own
                    await self._committed.after(seen, STANDBY)
                    continue
                while await reader.step(self.lease):
                    self._stepped(reader)
                    if reader.idle:
                        await asyncio.sleep(REST)
                retry.found()
                lost.found()
                self.errors.pop(reader.name, None)
            except LeaseLost:
                self.owned = False
                await asyncio.sleep(lost.seconds)  # a page that still runs may hold a cursor for long
                lost.nothing()
                continue
            except Exception as error:  # noqa: BLE001 - a reader never dies silently: it says why and tries again
                await self._failed(reader, error, retry)
                continue
            await self._committed.after(seen, STANDBY * 10)

    def _stepped(self, reader: LogReader) -> None:
        self.errors.pop(reader.name, None)
        self._moved.beat()
        if reader.name == PUBLISHER:
            self._published.beat()

    async def _failed(self, reader: LogReader, error: Exception, retry: Patience) -> None:
        """Whether the page was committed is unknown, so where the cursor stands is read again before the next try."""
        self.errors[reader.name] = describe(error)
        reader.metrics.failed(error)
        _log.error("%s stopped: %s; next try in %.2f s", reader.name, describe(error), retry.seconds)
        await asyncio.sleep(retry.seconds)
        retry.nothing()
        try:
            cursor = (await self.lease.peek(self._pool))[reader.name]
        except Exception as again:  # noqa: BLE001 - the database is away; the next round asks again
            self.errors[reader.name] = describe(again)
            self.owned = False
            return
        if reader.cursor is None or cursor.epoch != reader.cursor.epoch:
            self.owned = False
        else:
            reader.resume(cursor)

    async def _own(self) -> bool:
        """Own the cursors, taking them only when there is something to read: idle processes write nothing."""
        async with self._owning:
            beats, now = self._committed.count, asyncio.get_running_loop().time()
            if self.owned:
                return True
            if self._looked[0] == beats and now - self._looked[1] < STANDBY / 2:
                return False  # another reader's task has just looked for all
            cursors = await self.lease.peek(self._pool)
            if len(cursors) < len(self.lease.names):
                await self.lease.declare(self._pool)
                cursors = await self.lease.peek(self._pool)
            self._look(cursors)
            taken = None
            if await self.lease.is_free(self._pool) and any([await reader.pending() for reader in self.readers]):
                taken = await self.lease.take(self._pool)
            if taken is None:
                self._looked = beats, now
                return False
            self._look(taken)
            self.owned = True
            self._metrics.taken_over()
            return True

    def _look(self, cursors: Mapping[str, Cursor]) -> None:
        for reader in self.readers:
            if reader.name in cursors:  # the rows are made by the first process that starts
                reader.resume(cursors[reader.name])
        self._moved.beat()
