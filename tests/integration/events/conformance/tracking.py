"""Their process recorder as our consumer: events and the position they were made from are one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid5

from eventsourcing.persistence import IntegrityError, ProcessRecorder, StoredEvent, Tracking

from libs.events.consumer import FactReader, stored
from libs.events.contract import Contract, Fact
from libs.events.meta import meta_to_json
from libs.events.service import Consumer
from libs.events.transport import Head, Published
from libs.events.types import Connection
from tests.integration.events.conformance.adapter import META, Recorder

LOG = UUID(int=7)
AT = datetime(2026, 1, 1, tzinfo=UTC)


class Upstream(Contract):
    """What the upstream application told."""

    topic: ClassVar[str] = "upstream"
    type: ClassVar[str] = "upstream.told.v1"


@dataclass
class Told:
    """A transport that offers the one notification it was last told of, whatever was read before."""

    application: str
    number: int = 0
    highest: int = 0

    async def head(self) -> Head:
        """See `Transport.head`."""
        return Head(LOG, self.highest, AT)

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        """See `Transport.read`; the record follows what was read, or was read already."""
        previous = min(positions[0], self.number - 1)
        body = (uuid5(LOG, f"{self.application} {self.number}"), Upstream.type, LOG, {}, meta_to_json(META), AT)
        return [Published(self.number, 0, previous, *body)]

    async def at(self, number: int) -> UUID | None:
        """See `Numbered.at`."""
        return uuid5(LOG, f"{self.application} {number}")

    async def number_of(self, event_id: UUID) -> int | None:
        """See `Numbered.number_of`: looked for among the numbers there are."""
        for number in range(1, self.highest + 1):
            if await self.at(number) == event_id:
                return number
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class _Apply:
    """What a consumer does with its fact: append the events in the transaction that moves the offset."""

    recorder: Recorder
    events: Sequence[StoredEvent]
    positions: list[int] = field(default_factory=list)

    async def __call__(self, tx: Connection, facts: Sequence[Fact[Any]]) -> None:
        assert len(facts) == 1
        if self.events:
            self.positions = await self.recorder.append(self.events, tx)


class ConsumingRecorder(Recorder, ProcessRecorder):
    """A position that was taken already is dropped by our consumer: their IntegrityError."""

    def __init__(self, dsn: str) -> None:
        """See `Recorder`."""
        super().__init__(dsn)
        self._told: dict[str, Told] = {}

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """With `tracking`, as the effect of a consumer; without, a plain append."""
        tracking: Tracking | None = kwargs.get("tracking")
        if tracking is None:
            return super().insert_events(stored_events)
        return self.loop.run(self._consume(stored_events, tracking))

    def insert_tracking(self, tracking: Tracking) -> None:
        """Take the position alone."""
        self.insert_events([], tracking=tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """The offset of the consumer of this application."""
        return self.loop.run(stored(self.pool, application_name))[0] or None

    async def _consume(self, stored_events: Sequence[StoredEvent], tracking: Tracking) -> list[int]:
        name, number = tracking.application_name, tracking.notification_id
        told = self._told.setdefault(name, Told(name))
        told.number, told.highest = number, max(told.highest, number)
        apply = _Apply(self, stored_events)
        reader = FactReader(self.pool, Consumer(name, name, (Upstream,), apply), told)
        await reader.resume()
        if not await reader.step():
            raise IntegrityError(f"{name} {number} was taken before")
        return apply.positions
