"""The part of aiokafka that the forwarder and the readers use, over a modelled broker; see `libs.events.kafka`."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeVar

from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from libs.events.kafka import Kafka
from libs.events.testing.simulation.broker import Broker
from libs.events.testing.simulation.kafka_readers import Member, Reader
from libs.events.testing.simulation.wire import Wire

T = TypeVar("T")

BACKOFF = 0.1  # seconds between two tries, aiokafka's default
BATCH = 4  # records of a batch; the real limit is in bytes


@dataclass(frozen=True)
class SimulatedKafka(Kafka):
    """A cluster whose clients ask the modelled broker over the wire of their process."""

    wire: Wire | None = None
    idempotent: bool = True  # else a producer sends again what may be stored already

    def producer(self) -> Any:
        """See Kafka."""
        return Producer(self._wire, idempotent=self.idempotent)

    def member(self, consumer: str, topic: str, listener: Any) -> Any:
        """See Kafka."""
        return Member(self._wire, self.group(consumer), topic, listener, self.session_timeout)

    def reader(self) -> Any:
        """See Kafka."""
        return Reader(self._wire)

    def admin(self) -> Any:
        """See Kafka."""
        return Admin(self._wire)

    @property
    def _wire(self) -> Wire:
        assert self.wire is not None
        return self.wire


class Batch:
    """What `create_batch` gives."""

    def __init__(self) -> None:
        """Empty."""
        self.records: list[tuple[int, bytes | None, bytes, Sequence[tuple[str, bytes]]]] = []

    def append(
        self, *, timestamp: int, key: bytes | None, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> object | None:
        """None when it is full."""
        if len(self.records) == BATCH:
            return None
        self.records.append((timestamp, key, value, headers))
        return self


@dataclass(slots=True)
class _Sent:
    """A batch on its way, under its sequence number."""

    batch: Batch
    first: int
    stored: "asyncio.Future[Any]"


class Producer:
    """One request at a time, with the next batch of each partition; what may be tried again is, for ever."""

    def __init__(self, wire: Wire, *, idempotent: bool) -> None:
        """See SimulatedKafka."""
        self._wire = wire
        self._idempotent = idempotent
        self._id: int | None = None
        self._waiting: dict[tuple[str, int], deque[_Sent]] = {}
        self._next: dict[tuple[str, int], int] = {}
        self._sending: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Get an id; raises KafkaError while the broker is away."""
        self._id = await self._wire.ask(self._wire.broker.producer)

    async def stop(self) -> None:
        """What was handed over is sent first, however long that takes."""
        if self._sending is not None:
            await asyncio.wait((self._sending,))

    async def cut(self) -> None:
        """Send nothing more."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait((self._sending,))

    def create_batch(self) -> Batch:
        """An empty one."""
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """Hand over; the future is set when the batch is stored, or never will be."""
        loop, there = asyncio.get_running_loop(), (topic, partition)
        first = self._next.get(there, 0)
        self._next[there] = first + len(batch.records)
        sent = _Sent(batch, first, loop.create_future())
        self._waiting.setdefault(there, deque()).append(sent)
        if self._sending is None or self._sending.done():
            self._sending = loop.create_task(self._send(), name="sender")
        return sent.stored

    async def _send(self) -> None:
        while heads := {there: each[0] for there, each in self._waiting.items() if each}:
            try:
                answers = await self._wire.ask(partial(self._store, heads))
            except KafkaError:  # perhaps stored, perhaps not
                await asyncio.sleep(BACKOFF)
                continue
            for there, answer in answers.items():
                if not (isinstance(answer, KafkaError) and answer.retriable):
                    self._waiting[there].popleft()
                    _tell(heads[there].stored, answer)
            if any(isinstance(each, KafkaError) for each in answers.values()):
                await asyncio.sleep(BACKOFF)

    def _store(self, heads: Mapping[tuple[str, int], _Sent]) -> dict[tuple[str, int], Any]:
        """At the broker: an offset or an error for each partition."""
        broker, weather = self._wire.broker, self._wire.weather
        answers: dict[tuple[str, int], Any] = {}
        for (topic, partition), sent in heads.items():
            try:
                if (refused := weather.refused()) is not None:
                    raise refused
                producer = self._id if self._idempotent else None
                answers[topic, partition] = broker.produce(topic, partition, sent.batch.records, producer, sent.first)
            except KafkaError as error:
                answers[topic, partition] = error
        return answers


def _tell(stored: "asyncio.Future[Any]", answer: Any) -> None:
    if stored.done():
        return
    if isinstance(answer, KafkaError):
        stored.set_exception(answer)
    else:
        stored.set_result(answer)


class Admin:
    """Makes and describes topics."""

    def __init__(self, wire: Wire) -> None:
        """See SimulatedKafka."""
        self._wire = wire

    async def start(self) -> None:
        """Raises KafkaError while the broker is away."""
        await self._ask(lambda _: None)

    async def stop(self) -> None:
        """Nothing to do."""

    async def cut(self) -> None:
        """Nothing to do."""

    async def describe_topics(self, topics: Sequence[str]) -> list[dict[str, Any]]:
        """With the number of an error each."""
        return await self._ask(lambda broker: [broker.describe(each) for each in topics])

    async def describe_cluster(self) -> dict[str, Any]:
        """One broker."""
        return {"brokers": [{"node_id": 1}]}

    async def create_topics(self, new: Sequence[Any]) -> Any:
        """Topics by aiokafka's description of them."""
        errors = await self._ask(lambda broker: [broker.create(each.name, each.num_partitions) for each in new])
        named = zip(new, errors, strict=True)
        return SimpleNamespace(topic_errors=[(each.name, error, None) for each, error in named])

    async def _ask(self, what: Callable[[Broker], T]) -> T:
        return await self._wire.ask(partial(what, self._wire.broker))
