"""A subscription of theirs as what we have instead: a `Runtime` whose projection hands on each page."""

import queue
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from eventsourcing.persistence import Notification, Subscription
from uuid_utils.compat import uuid7

from libs.events.runtime import Runtime
from libs.events.service import Projection, Service
from libs.events.store import Recorded
from libs.events.types import Connection
from libs.events.vault import MemoryVault
from tests.integration.events.conformance.adapter import DEADLINE, Kept, Recorder, all_of, codec, wanted


class RuntimeSubscription(Subscription[Recorder]):
    """All that is in the log, then what is appended, in the order of the windows."""

    def __init__(self, recorder: Recorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        """Starts the runtime; `stop` ends it."""
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._handed: queue.Queue[Notification | None] = queue.Queue()
        self._runtime = recorder.loop.run(self._start())

    def __next__(self) -> Notification:
        """The next one, waited for."""
        if not self._has_been_stopped:
            following = self._handed.get(timeout=DEADLINE)
            if following is not None:
                return following
        raise StopIteration

    def stop(self) -> None:
        """No further event; the lease is given back."""
        if not self._has_been_stopped:
            super().stop()
            self._handed.put(None)
            self._recorder.loop.run(self._runtime.stop())

    async def _start(self) -> Runtime:
        projection = Projection(f"subscription-{uuid7().hex}", (Kept,), self._hand_on)
        service = Service("conformance", codec(), lambda _event: (), (projection,))
        runtime = await Runtime.open(
            service, self._recorder.dsn, vault=MemoryVault(), clock=lambda: datetime.now(UTC), ids=uuid7
        )
        await runtime.start()
        return runtime

    async def _hand_on(self, _tx: Connection, events: Sequence[Recorded[Any]]) -> None:
        after = self._last_notification_id or 0
        for each in all_of(events):
            if each.id > after and wanted(each, None, self._topics):
                self._handed.put(each)
