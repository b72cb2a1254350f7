"""A modelled Kafka broker: topics, partitions, offsets, the sequences of producers, groups; its answers are at once.

What lies between it and its clients (delays, losses, outages) is the wire's. Nothing is truncated, and one broker is
all brokers. It is held to a real one by `test_broker_model.py`.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiokafka.errors import OutOfOrderSequenceNumber  # type: ignore[import-untyped]

from libs.events.testing.simulation.group import Group
from libs.events.testing.simulation.loop import VirtualLoop
from libs.events.wake import Pulse

REMEMBERED = 5  # batches of a producer whose repetition is known by its first sequence number
TOPIC_EXISTS, UNKNOWN_TOPIC = 36, 3  # Kafka's numbers of errors
FULL = 1_000  # records of one fetch


@dataclass(frozen=True, slots=True)
class Message:
    """One record as a client gets it."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class Sequel:
    """What a partition knows of one producer: its next sequence number, and where its last batches lie."""

    next: int
    recent: list[tuple[int, int]]


@dataclass(slots=True)
class Partition:
    """A log, and who wrote to it."""

    records: list[Message] = field(default_factory=list)
    producers: dict[int, Sequel] = field(default_factory=dict)


class Broker:
    """All brokers of a cluster in one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, rng: random.Random) -> None:
        """Empty."""
        self.topics: dict[str, list[Partition]] = {}
        self.arrivals = Pulse()
        outside = loop.outside() if isinstance(loop, VirtualLoop) else None
        self.later: Callable[..., asyncio.TimerHandle] = partial(loop.call_later, context=outside)
        self._loop = loop
        self._rng = rng
        self._groups: dict[str, Group] = {}
        self._producers = 0

    def create(self, topic: str, partitions: int) -> int:
        """Make a topic; Kafka's number of an error, 0 for none."""
        if topic in self.topics:
            return TOPIC_EXISTS
        self.topics[topic] = [Partition() for _ in range(partitions)]
        return 0

    def describe(self, topic: str) -> dict[str, Any]:
        """As the admin client shows it."""
        partitions = self.topics.get(topic)
        return {"error_code": UNKNOWN_TOPIC if partitions is None else 0, "partitions": partitions or []}

    def producer(self) -> int:
        """The id of a new idempotent producer."""
        self._producers += 1
        return self._producers

    def produce(self, topic: str, partition: int, batch: Sequence[Any], producer: int | None, first: int) -> int:
        """Append a batch; its base offset.

        The batch of an idempotent `producer` begins with its sequence number `first`: one of the last that are there
        is not stored again, one that is not the next is refused with OutOfOrderSequenceNumber. Of a producer that is
        not known any number is the next.
        """
        log = self.topics[topic][partition]
        known = log.producers.get(producer) if producer is not None else None
        if known is not None:
            stored = dict(known.recent).get(first)
            if stored is not None:
                return stored
            if first != known.next:
                raise OutOfOrderSequenceNumber  # also for one that was stored so long ago that it is forgotten
        base = len(log.records)
        log.records += [Message(partition, base + nth, *each) for nth, each in enumerate(batch)]
        if producer is not None:
            recent = [*(known.recent if known else ()), (first, base)][-REMEMBERED:]
            log.producers[producer] = Sequel(first + len(batch), recent)
        self.arrivals.beat()
        return base

    def forget_producers(self) -> None:
        """As after a failure that lost their state: what they send again is stored again."""
        for log in (each for topic in self.topics.values() for each in topic):
            log.producers = {}

    def ends(self, topic: str) -> list[int]:
        """The offset after the last record of each partition."""
        return [len(log.records) for log in self.topics[topic]]

    def fetch(self, topic: str, places: Mapping[int, int]) -> tuple[int, dict[int, list[Message]]]:
        """Records from these offsets on, and the count of arrivals that they include."""
        logs = self.topics[topic]
        found = {each: logs[each].records[place : place + FULL] for each, place in places.items()}
        return self.arrivals.count, {each: records for each, records in found.items() if records}

    def expel(self) -> bool:
        """Forget some member of a group; False when there is none."""
        groups = [group for group in self._groups.values() if group.members]
        if groups:
            group = self._rng.choice(groups)
            group.leave(self._rng.choice(group.members))
        return bool(groups)

    def group(self, name: str) -> Group:
        """The coordinator of a group."""
        if name not in self._groups:
            self._groups[name] = Group(self._loop, self._rng, self.later)
        return self._groups[name]
