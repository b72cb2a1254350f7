"""Our store as a recorder of the `eventsourcing` library, so that the library's own suites can be run against it.

A synchronous face over the real paths: appends go through `PostgresStore.append_many`, streams through `load`, the
whole log through windows, subscriptions through a `Runtime` with a projection, tracking through a consumer's offset.
"""

import asyncio
import base64
import threading
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, StoredEvent
from uuid_utils.compat import uuid7

from libs.events.codec import Codec
from libs.events.meta import Meta
from libs.events.pool import make_pool
from libs.events.postgres import PostgresStore
from libs.events.store import Append, Recorded, VersionConflict
from libs.events.types import Connection, Pool
from libs.events.vault import MemoryVault
from libs.events.windows import NOTHING, Window, open_window, read_page

T = TypeVar("T")

META = Meta("conformance", "tester", "000000000000", UUID(int=1))
DEADLINE = 60.0
PAGE = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """An event of theirs as ours: topic, state as base64, and the version they gave it."""

    topic: str
    state: str
    version: int


def codec() -> Codec:
    """Knows the one event."""
    return Codec().add("kept", Kept)


class Loop:
    """An event loop in a thread of its own, for callers that know none."""

    def __init__(self) -> None:
        """Runs until `close`."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="conformance")
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine, waited for in the calling thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE)

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE)
        self._loop.close()


class Recorder(ApplicationRecorder):
    """Streams and the log. Their versions may begin at 0, ours begin at 1, so such streams are shifted by one."""

    def __init__(self, dsn: str) -> None:
        """A pool and a store on a database with the kernel's tables."""
        self.dsn = dsn
        self.loop = Loop()
        self.pool: Pool = self.loop.run(_pool(dsn))
        self.store = PostgresStore(self.pool, codec(), MemoryVault(), ids=uuid7)
        self._from_zero: set[UUID] = set()

    def close(self) -> None:
        """Let go of the pool and the thread."""
        self.loop.run(self.pool.close())
        self.loop.close()

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """All or nothing; positions of the events. A conflict of ours is their IntegrityError."""
        return self.loop.run(self.append(stored_events))

    async def append(self, stored_events: Sequence[StoredEvent], tx: Connection | None = None) -> list[int]:
        """One append for each event, because theirs may mix streams and repeat versions in one call."""
        from_zero = self._from_zero | {_stream(each) for each in stored_events if each.originator_version == 0}
        appends = [
            Append(_stream(each), each.originator_version - (_stream(each) not in from_zero), [_kept(each)], META)
            for each in stored_events
        ]
        try:
            done = await self.store.append_many(appends, tx)
        except VersionConflict as conflict:
            raise IntegrityError(str(conflict)) from conflict
        self._from_zero = from_zero
        return [each.position for each in done]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """A stream by `load`."""
        stream = _uuid(originator_id)
        after = 0 if gt is None else gt + (stream in self._from_zero)
        loaded = [_stored(each) for each in self.loop.run(self.store.load(stream, after))]
        found = [each for each in loaded if lte is None or each.originator_version <= lte]
        return (found[::-1] if desc else found)[:limit]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The log by pages of one window over all that is visible now."""
        after = 0 if start is None else start - inclusive_of_start
        return self.loop.run(self._notifications(after, limit, stop, topics))

    def max_notification_id(self) -> int | None:
        """The greatest position; the store itself has no use for it."""
        found: int | None = self.loop.run(self.pool.fetchval("SELECT max(position) FROM events"))
        return found

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Any:
        """See `subscription.RuntimeSubscription`."""
        from tests.integration.events.conformance.subscription import RuntimeSubscription

        return RuntimeSubscription(self, gt=gt, topics=topics)

    async def _notifications(
        self, after: int, limit: int, stop: int | None, topics: Sequence[str]
    ) -> list[Notification]:
        found: list[Notification] = []
        async with self.pool.acquire() as connection:
            window = await open_window(connection, NOTHING)
            while window is not None and len(found) < limit:
                page = await read_page(connection, replace(window, count=None, after=after), PAGE)
                notified = [notification(codec(), row) for row in page.rows]
                found += [each for each in notified if wanted(each, stop, topics)]
                after = notified[-1].id if notified else after
                window = None if page.last else Window(window.prev, window.cur, None, after)
        return found[:limit]


def wanted(each: Notification, stop: int | None, topics: Sequence[str]) -> bool:
    """Whether a notification is asked for."""
    return (stop is None or each.id <= stop) and (not topics or each.topic in topics)


def notification(known: Codec, row: Any) -> Notification:
    """A row of the log as they know it."""
    return of_event(row["position"], row["stream_id"], known.loader(row["type"], row["schema_version"])(row["data"]))


def of_event(position: int, stream: UUID, kept: Kept) -> Notification:
    """An event with its place in the log."""
    return Notification(stream, kept.version, kept.topic, base64.b64decode(kept.state), position)


def all_of(events: Iterable[Recorded[Any]]) -> list[Notification]:
    """Recorded events as notifications."""
    return [of_event(each.position, each.stream_id, each.event) for each in events]


async def _pool(dsn: str) -> Pool:
    return await make_pool(dsn, name="conformance")


def _uuid(originator_id: UUID | str) -> UUID:
    return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)


def _stream(event: StoredEvent) -> UUID:
    return _uuid(event.originator_id)


def _kept(event: StoredEvent) -> Kept:
    return Kept(event.topic, base64.b64encode(event.state).decode(), event.originator_version)


def _stored(recorded: Recorded[Any]) -> StoredEvent:
    kept: Kept = recorded.event
    return StoredEvent(recorded.stream_id, kept.version, kept.topic, base64.b64decode(kept.state))
