"""The transport over Kafka: one member of a consumer's group.

Kafka's group only shares out the partitions. Where to read stands in PostgreSQL: a partition that is assigned anew is
unplaced until the reader has said where to begin. The listener only marks, since the library swallows its errors.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRebalanceListener  # type: ignore[import-untyped]
from aiokafka.errors import CommitFailedError, IllegalStateError  # type: ignore[import-untyped]
from aiokafka.structs import TopicPartition  # type: ignore[import-untyped]

from libs.events import envelope
from libs.events.chain import Fork
from libs.events.envelope import Envelope
from libs.events.kafka import AWAY, Kafka, close, start
from libs.events.topic import Ends, exists, look
from libs.events.transport import Head, NotYet, Offset, Published

AHEAD = 2_000  # records fetched at once
COMMIT_EVERY = 1.0  # seconds
COMMIT_LIMIT = 5.0
PROBE_EVERY = 5.0  # seconds of silence after which the broker is asked whether it is there
ANSWER_LIMIT = 10.0  # seconds; the library may wait for ever for a partition that was taken away meanwhile
JOIN_LIMIT = 60.0


class KafkaTransport:
    """Made closed; the first `head` joins the group."""

    system = "kafka"

    def __init__(self, kafka: Kafka, source: str, consumer: str) -> None:
        """Reads the topic of `source` as a member of the group of `consumer`."""
        self._kafka, self._source, self._consumer = kafka, source, consumer
        self._topic = kafka.topic(source)
        self._client: Any = None
        self._log_id: UUID | None = None
        self._mine: frozenset[int] = frozenset()
        self._unplaced: frozenset[int] = frozenset()
        self._generation = 0
        self._proving: dict[int, int] = {}  # partition → the number that the record at its place must not exceed
        self._buffer: list[Any] = []
        self._places: dict[int, int] = {}  # to be committed to the group
        self._waiting: frozenset[Any] = frozenset()  # partitions in which a record lay at the last probe
        self._commit_due = self._probe_due = 0.0

    async def head(self) -> Head:
        """Which log the topic holds and how far; raises NotYet while nobody has written to it."""
        if not await exists(self._kafka, self._topic):
            raise NotYet(f"topic {self._topic} does not exist yet")
        found = _head(self._topic, await look(self._kafka, self._topic))
        self._log_id = found.log_id
        await self._join()
        return found

    def unplaced(self) -> frozenset[int]:
        """See `Subscription.unplaced`."""
        return self._unplaced

    def assigned(self) -> frozenset[int]:
        """See `Subscription.assigned`."""
        return self._mine

    def replace(self, partitions: Iterable[int] | None = None) -> None:
        """See `Subscription.replace`."""
        again = self._mine if partitions is None else self._mine & frozenset(partitions)
        self._unplaced |= again
        self._buffer = [each for each in self._buffer if each.partition not in self._unplaced]

    async def place(self, offsets: Mapping[int, Offset]) -> None:
        """See `Subscription.place`."""
        try:
            await asyncio.wait_for(self._place(offsets), ANSWER_LIMIT)
        except BaseException:
            await self.close()  # made anew by the next `head`
            raise

    async def _place(self, offsets: Mapping[int, Offset]) -> None:
        generation = self._generation
        wanted = {p: TopicPartition(self._topic, p) for p in self._unplaced & frozenset(offsets)}
        beginnings = await self._client.beginning_offsets(list(wanted.values()))
        ends = await self._client.end_offsets(list(wanted.values()))
        if generation != self._generation:
            return  # shared out anew meanwhile
        for partition, there in wanted.items():
            start, offset = beginnings[there], offsets[partition]
            self._proving.pop(partition, None)
            if offset.place is not None and beginnings[there] <= offset.place < ends[there]:
                start = offset.place
                self._proving[partition] = offset.number
            try:
                self._client.seek(there, start)
            except IllegalStateError:
                return  # no longer ours; the next assignment says what is
            self._unplaced -= {partition}
        self._buffer = [each for each in self._buffer if each.partition not in wanted]

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:  # noqa: ARG002 - of the port
        """See `Subscription.read`; raises BadEnvelope, and Fork when the topic turns to another log."""
        if not self._buffer:
            await self._fetch(0.0)
        batch, self._buffer = self._buffer[:limit], self._buffer[limit:]
        found: list[Published] = []
        wrong: set[int] = set()  # places that hold something else
        for each in batch:
            if each.partition in wrong or each.partition in self._unplaced:
                continue
            message = envelope.read(each.headers, each.value, partition=each.partition, place=each.offset)
            if message.log_id != self._log_id:
                await self._other_log()
            elif not self._proven(message):
                wrong.add(each.partition)
            else:
                found.append(message.record)
        for partition in wrong:
            self._client.seek(TopicPartition(self._topic, partition), 0)  # too early is put right by the client
        self._buffer = [each for each in self._buffer if each.partition not in wrong]
        return found

    async def arrived(self, timeout: float) -> bool:
        """See `Subscription.arrived`; raises what the broker says when it does not answer for long."""
        if not self._buffer and not self._unplaced:
            await self._commit()
            await self._fetch(timeout)
        return bool(self._buffer or self._unplaced)

    async def taken(self, records: Sequence[Published]) -> None:
        """See `Subscription.taken`."""
        for record in records:
            if record.place is not None:
                self._places[record.partition] = record.place + 1
        await self._commit()

    async def close(self) -> None:
        """Leave the group."""
        client, self._client = self._client, None
        if client is not None:
            await close(client)

    def shared_out(self, partitions: Iterable[int]) -> None:
        """Called by the listener: these are ours now, and none of them is placed."""
        self._generation += 1
        self._mine = self._unplaced = frozenset(partitions)
        self._proving = {}
        self._places = {}
        self._buffer = []

    async def _join(self) -> None:
        if self._client is not None:
            return
        client = self._kafka.member(self._consumer, self._topic, _Marks(self))
        try:
            await asyncio.wait_for(start(self._kafka, client), JOIN_LIMIT)
        except BaseException:
            await close(client)
            raise
        self._client = client
        self._probe_due = _now() + PROBE_EVERY

    async def _fetch(self, timeout: float) -> None:
        try:
            await self._get(timeout)
        except BaseException:
            await self.close()  # made anew by the next `head`
            raise

    async def _get(self, timeout: float) -> None:
        messages = await self._client.getmany(timeout_ms=int(timeout * 1000), max_records=AHEAD)
        self._buffer += [each for some in messages.values() for each in some if each.partition not in self._unplaced]
        if self._buffer:
            self._probe_due, self._waiting = _now() + PROBE_EVERY, frozenset()
        elif _now() > self._probe_due:
            await asyncio.wait_for(self._probe(), ANSWER_LIMIT)

    async def _probe(self) -> None:
        """After a silence: whether the broker is there, and the topic as long as what was read of it, or longer.

        Twice longer without a record means that the client is dead, as it may be after an outage: it is made anew.
        """
        partitions = [TopicPartition(self._topic, each) for each in self._mine - self._unplaced]
        ends = await self._client.end_offsets(partitions) if partitions else {}
        try:
            positions = {each: await self._client.position(each) for each in partitions}
        except IllegalStateError:
            return  # shared out anew meanwhile
        self._probe_due = _now() + PROBE_EVERY
        self.replace([each.partition for each, position in positions.items() if position > ends[each]])
        waiting = frozenset(each for each, position in positions.items() if position < ends[each])
        if waiting and not self._buffer and waiting == self._waiting:
            raise TimeoutError("the broker answers, and yet nothing comes")  # a client that does not recover
        self._waiting = waiting

    def _proven(self, message: Envelope) -> bool:
        """Whether the first record at a place lies not after what was taken; then going on from there is right."""
        stored = self._proving.pop(message.record.partition, None)
        if stored is None:
            return True
        return (message.record.previous if message.tick else message.record.number) <= stored

    async def _other_log(self) -> None:
        """A record of a former log is passed over; one of a new log stops the reader."""
        now = _head(self._topic, await look(self._kafka, self._topic))
        if now.log_id != self._log_id:
            raise Fork(f"{self._source} has a new log {now.log_id}: it was restored or made anew")

    async def _commit(self) -> None:
        if not self._places or _now() < self._commit_due:
            return
        self._commit_due = _now() + COMMIT_EVERY
        places, self._places = self._places, {}
        mine = {TopicPartition(self._topic, each): place for each, place in places.items() if each in self._mine}
        try:
            await asyncio.wait_for(self._client.commit(mine), COMMIT_LIMIT)
        except (CommitFailedError, IllegalStateError):
            pass  # shared out anew meanwhile: the new owner's commit tells the tools
        except AWAY:
            self._places = places | self._places  # told later


class _Marks(ConsumerRebalanceListener):  # type: ignore[misc]
    """Hears of assignments; whatever it raised would be swallowed."""

    def __init__(self, transport: KafkaTransport) -> None:
        self._transport = transport

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:  # noqa: ARG002 - of the library
        self._transport.shared_out(())

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self._transport.shared_out(each.partition for each in assigned)


def _head(topic: str, ends: Mapping[int, Ends]) -> Head:
    lasts = [each.last for each in ends.values() if each.last]
    logs = {each.log_id for each in lasts}
    if len(logs) != 1:
        raise NotYet(f"topic {topic} holds {'two logs' if logs else 'nothing'} at this moment")
    newest = max(lasts, key=lambda each: each.record.number).record
    return Head(lasts[0].log_id, newest.number, newest.at if newest.number else None)


def _now() -> float:
    return asyncio.get_running_loop().time()
