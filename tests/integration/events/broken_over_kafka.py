"""Kernels that use Kafka wrongly, each in one place, to show that it is found; and two that only look so."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError

from libs.events.consumer import Reading
from libs.events.kafka import Kafka
from libs.events.kafka_transport import KafkaTransport
from libs.events.runtime import Runtime
from libs.events.service import Consumer
from libs.events.testing.simulation.kafka_clients import Batch, Producer, SimulatedKafka
from libs.events.testing.simulation.run import Variant
from libs.events.transport import Offset, Published
from tests.integration.events.broken import FILTERED_BEFORE_LOCKING, OFFSET_IN_A_SECOND_TRANSACTION, UncheckedLease

# Readers.


class CommittingAhead(KafkaTransport):
    """Wrong: begins at the group's committed offset, which moves when a record is read, as auto-commit does it."""

    async def _place(self, offsets: Mapping[int, Offset]) -> None:
        self._unplaced -= frozenset(offsets)

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        found = await super().read(positions, limit)
        self._commit_due = 0.0
        await super().taken(found)
        return found


class CommittingAheadRuntime(Runtime):
    """Its members do."""

    async def _fact_reader(self, consumer: Consumer, dsn: str) -> Reading:
        reader = await super()._fact_reader(consumer, dsn)
        if isinstance(reader.transport, KafkaTransport):
            reader.transport.__class__ = CommittingAhead
        return reader


# Forwarders.


class Unanswered(Producer):
    """Wrong: does not wait for the broker's answer (acks=0), so nobody hears what was not stored."""

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        await super().send_batch(batch, topic, partition=partition)
        told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        told.set_result(None)
        return told

    async def _send(self) -> None:
        while heads := {there: each.popleft() for there, each in self._waiting.items() if each}:
            try:
                await self._wire.ask(lambda heads=heads: self._store(heads))  # type: ignore[misc]
            except KafkaError:
                continue


@dataclass(frozen=True)
class UnansweredKafka(SimulatedKafka):
    """Its producers do not wait."""

    def producer(self) -> Any:
        return Unanswered(self._wire, idempotent=False)


@dataclass(frozen=True)
class RepeatingKafka(SimulatedKafka):
    """Its producers are not idempotent: what may be stored is sent again."""

    idempotent: bool = False


class UncheckedForwarderRuntime(Runtime):
    """Its forwarder goes on without its lease."""

    def _use(self, kafka: Kafka) -> None:
        super()._use(kafka)
        if self._forwarder is not None:
            right = self._forwarder.lease
            self._forwarder.lease = UncheckedLease(right.names, right.owner, right.length)


WRONG = {
    "a member that begins at the group's committed offset": Variant(make_runtime=CommittingAheadRuntime),
    "a producer that waits for no answer": Variant(make_kafka=UnansweredKafka),
    "a member that filters before locking": FILTERED_BEFORE_LOCKING,
    "a member whose offset moves in a second transaction": OFFSET_IN_A_SECOND_TRANSACTION,
}
RIGHT = {
    "a producer that repeats what is stored, since readers drop it": Variant(make_kafka=RepeatingKafka),
    "a forwarder without its lease, since it repeats and skips nothing": Variant(
        make_runtime=UncheckedForwarderRuntime
    ),
}
