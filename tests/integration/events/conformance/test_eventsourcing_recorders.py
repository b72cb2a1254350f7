"""The abstract recorder suites of `eventsourcing` 9.5.6 against our PostgreSQL store, behind the adapter.

Every case of the library's five recorder suites runs but one. `NonInterleavingNotificationIDsBaseCase` demands that the
positions of two batches written at the same time do not interleave: the library buys that with a table lock per
append. We promise less and need less: positions rise within a stream, and a reader by windows gets every event once.
The test below holds us to that in the same race. The suites of factories, transcoders, ciphers and compressors are
about parts of that library which a store has no counterpart of.
"""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.conftest import KERNEL
from tests.integration.events.conformance.adapter import Recorder
from tests.integration.events.conformance.tracking import ConsumingRecorder
from tests.support.postgres import Databases

# The suites name the cipher of pycryptodome; the library has the same one over `cryptography`, which we have.
sys.modules.setdefault("eventsourcing.cipher", importlib.import_module("eventsourcing.cryptography"))
suites = importlib.import_module("eventsourcing.tests.persistence")


class _OnOurStore:
    """Gives each case a recorder on a fresh database."""

    made: type[Recorder] = Recorder

    @pytest.fixture(autouse=True)
    def _recorder(self, databases: Databases) -> Iterator[None]:
        self.recorder = self.made(asyncio.run(databases.make(KERNEL)))
        yield
        self.recorder.close()

    def create_recorder(self) -> Recorder:
        return self.recorder


class _SaysNoPositions(Recorder):
    """Their aggregate recorder does not say where in the log its events are."""

    def insert_events(self, stored_events, **kwargs):  # type: ignore[no-untyped-def]
        super().insert_events(stored_events, **kwargs)


class TestAggregateRecorder(_OnOurStore, suites.AggregateRecorderTestCase):
    """Streams."""

    made = _SaysNoPositions


class TestApplicationRecorder(_OnOurStore, suites.ApplicationRecorderTestCase):
    """Streams and the log, writers and readers at once."""

    def test_insert_subscribe(self) -> None:
        before = self.recorder.max_notification_id()
        self.optional_test_insert_subscribe()
        assert before is None, "a fresh log"
        assert self.recorder.max_notification_id() == len(self.recorder.select_notifications(None, 1000)) > 0


class TestTrackingRecorder(_OnOurStore, suites.TrackingRecorderTestCase):
    """Positions read in other logs."""

    made = ConsumingRecorder


class TestProcessRecorder(_OnOurStore, suites.ProcessRecorderTestCase):
    """Events together with the position they were made from."""

    made = ConsumingRecorder


class TestBatchesAtOnce(_OnOurStore, suites.NonInterleavingNotificationIDsBaseCase):
    """Instead of positions that do not interleave: order within streams, and a reader who loses and doubles nothing."""

    def test(self) -> None:
        one, two = self.new_originator_id(), self.new_originator_id()
        seen: list[tuple[UUID, int]] = []
        with self.recorder.subscribe() as subscription:
            self.recorder.loop.run(self._race(one, two))
            for notification in subscription:
                seen.append((notification.originator_id, notification.originator_version))
                if len(seen) == 2 * self.insert_num:
                    break
        for stream in (one, two):
            assert [version for owner, version in seen if owner == stream] == list(range(self.insert_num))
        notifications = self.recorder.select_notifications(None, 3 * self.insert_num)
        assert len(notifications) == 2 * self.insert_num
        for stream in (one, two):
            ids = [each.id for each in notifications if each.originator_id == stream]
            assert ids == sorted(ids)

    async def _race(self, one: UUID, two: UUID) -> None:
        await asyncio.gather(*(self.recorder.append(self.create_stack(each)) for each in (one, two)))
