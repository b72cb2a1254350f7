"""The modelled broker on which simulations run answers as a real one: the same schedule, client by client."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.errors import IllegalStateError
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition

from libs.events.contract import PARTITIONS
from libs.events.kafka import Kafka, close, start
from libs.events.testing.simulation.broker import Broker, OutOfOrderSequenceNumber
from libs.events.testing.simulation.kafka_clients import SimulatedKafka
from libs.events.testing.simulation.wire import Fine, Wire
from libs.events.topic import ensure, exists
from tests.integration.events.kafka.load import until

TOPIC = "jinguo.modelled"
DONE, OUT_OF_ORDER, NOT_LEADER = 0, 45, 6


@pytest.fixture
async def clusters(cluster: Kafka) -> tuple[Kafka, Kafka]:
    """A real one and a modelled one, each with the topic."""
    wire = Wire(Broker(asyncio.get_running_loop(), random.Random(1)), Fine(), 2.0)
    modelled = SimulatedKafka("simulated", cluster.prefix, session_timeout=3.0, wire=wire)
    return cluster, modelled


def there(kafka: Kafka, partition: int) -> Any:
    return TopicPartition(kafka.topic(TOPIC), partition)


def record(number: int) -> dict[str, Any]:
    key = None if number % 3 == 0 else b"key %d" % number
    return {"timestamp": 1_000 + number, "key": key, "value": b"%d" % number, "headers": [("n", b"%d" % number)]}


class Client:
    """A producer and a reader of one cluster, and everything they were told."""

    def __init__(self, kafka: Kafka) -> None:
        self.kafka = kafka
        self.said: list[Any] = []
        self._producer, self._reader = kafka.producer(), kafka.reader()

    async def __aenter__(self) -> "Client":
        self.said.append((await exists(self.kafka, self._topic), await ensure(self.kafka, self._topic)))
        self.said.append((await exists(self.kafka, self._topic), await ensure(self.kafka, self._topic)))
        await start(self.kafka, self._producer)
        await start(self.kafka, self._reader)
        self._reader.assign([there(self.kafka, each) for each in range(3)])
        return self

    async def __aexit__(self, *_error: object) -> None:
        await close(self._producer)
        await close(self._reader)

    async def produce(self, partition: int, numbers: Sequence[int]) -> None:
        batch = self._producer.create_batch()
        for number in numbers:
            assert batch.append(**record(number)) is not None
        stored = await self._producer.send_batch(batch, self._topic, partition=partition)
        place = await stored
        self.said.append(getattr(place, "offset", place))

    async def fetch(self, partition: int, place: int, end: int) -> None:
        """From a place to the end that the schedule knows of."""
        self._reader.seek(there(self.kafka, partition), place)
        found: list[Any] = []
        while len(found) < end - place:
            got = await self._reader.getmany(there(self.kafka, partition), timeout_ms=200)
            found += [each for some in got.values() for each in some]
        self.said.append([(m.partition, m.offset, m.timestamp, m.key, m.value, tuple(m.headers)) for m in found])
        self.said.append(await self._reader.position(there(self.kafka, partition)))

    async def look(self) -> None:
        partitions = [there(self.kafka, each) for each in range(4)]
        for asked in (self._reader.beginning_offsets, self._reader.end_offsets):
            self.said.append({each.partition: place for each, place in (await asked(partitions)).items()})

    async def seek_elsewhere(self) -> None:
        with pytest.raises(IllegalStateError):
            self._reader.seek(there(self.kafka, 7), 0)

    @property
    def _topic(self) -> str:
        return self.kafka.topic(TOPIC)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_records_lie_and_are_read_where_they_do_at_a_real_broker(
    clusters: tuple[Kafka, Kafka], seed: int
) -> None:
    rng, ends, number = random.Random(seed), [0, 0, 0], 0
    async with Client(clusters[0]) as real, Client(clusters[1]) as modelled:
        for _ in range(40):
            partition, dice = rng.randrange(3), rng.random()
            if dice < 0.5:
                numbers = range(number, number := number + rng.randint(1, 4))
                step, arguments = "produce", (partition, numbers)
                ends[partition] += len(numbers)
            elif dice < 0.8:
                step, arguments = "fetch", (partition, rng.randint(0, ends[partition]), ends[partition])
            else:
                step, arguments = rng.choice(["look", "seek_elsewhere"]), ()
            for client in (real, modelled):
                await getattr(client, step)(*arguments)
        assert modelled.said == real.said


class Sequences:
    """Batches of one record under sequence numbers of our own choice, as after lost answers, at both brokers."""

    def __init__(self, kafka: Kafka, producer: Any, broker: Broker) -> None:
        self._topic, self._producer, self._broker = kafka.topic(TOPIC), producer, broker

    async def real(self, sequence: int) -> tuple[int, int]:
        """Number of an error, and offset."""
        manager = self._producer._txn_manager
        names = {"producer_id": manager.producer_id, "producer_epoch": manager.producer_epoch}
        builder = DefaultRecordBatchBuilder(
            magic=2, compression_type=0, is_transactional=0, base_sequence=sequence, batch_size=1_000, **names
        )
        builder.append(0, **record(sequence))
        batches = [(self._topic, [(0, bytes(builder.build()))])]
        request = ProduceRequest(transactional_id=None, required_acks=-1, timeout=3_000, topics=batches)
        answer = (NOT_LEADER, -1)

        async def answered() -> bool:  # a topic that was just made has no leader for a moment
            nonlocal answer
            answer = await self._send(request)
            return answer[0] != NOT_LEADER

        await until(answered, "the partition has a leader")
        return answer

    async def _send(self, request: Any) -> tuple[int, int]:
        client = self._producer.client
        await client._wait_on_metadata(self._topic)
        leader = client.cluster.leader_for_partition(TopicPartition(self._topic, 0))
        response = await client.send(leader, request)
        _, error, offset, *_ = response.topics[0][1][0]
        return error, offset

    def modelled(self, sequence: int) -> tuple[int, int]:
        """The same at the model."""
        sent = (1_000 + sequence, None, b"", ())
        try:
            return DONE, self._broker.produce(self._topic, 0, [sent], 7, sequence)
        except OutOfOrderSequenceNumber:
            return OUT_OF_ORDER, -1


async def test_what_is_sent_again_is_stored_once_and_what_has_a_gap_is_refused(clusters: tuple[Kafka, Kafka]) -> None:
    real, _ = clusters
    broker = Broker(asyncio.get_running_loop(), random.Random(1))
    producer = real.producer()
    await ensure(real, real.topic(TOPIC))
    broker.create(real.topic(TOPIC), PARTITIONS)
    try:
        await start(real, producer)
        await producer._txn_manager.wait_for_pid()
        both = Sequences(real, producer, broker)
        order = [0, 0, 1, 3, 1, 2, 2, 3, 4, 5, 6, 7, 3, 1, 0, 9, 8, 8]
        modelled = [(sequence, both.modelled(sequence)) for sequence in order]
        assert modelled == [(sequence, await both.real(sequence)) for sequence in order]
    finally:
        await close(producer)


class Heard:
    """A listener."""

    def __init__(self) -> None:
        self.mine: set[int] = set()

    def on_partitions_revoked(self, revoked: Sequence[Any]) -> None:
        self.mine = set()

    def on_partitions_assigned(self, assigned: Sequence[Any]) -> None:
        self.mine = {each.partition for each in assigned}


async def test_a_group_shares_out_all_partitions_and_takes_back_those_of_who_leaves(
    clusters: tuple[Kafka, Kafka],
) -> None:
    said = []
    for kafka in clusters:
        await ensure(kafka, kafka.topic(TOPIC))
        said.append(await _members(kafka))
    assert said[0] == said[1]


async def _members(kafka: Kafka) -> list[Any]:
    heard, said = [Heard(), Heard()], []
    members = [kafka.member("group", kafka.topic(TOPIC), _listener(each)) for each in heard]
    await start(kafka, members[0])
    said.append(len(heard[0].mine))
    await members[0].commit({there(kafka, 5): 0})
    await start(kafka, members[1])

    async def shared() -> bool:
        return [len(each.mine) for each in heard] == [12, 12]

    await until(shared, "both have their share")
    said.append(heard[0].mine | heard[1].mine)
    with pytest.raises(IllegalStateError):
        await members[0].commit({there(kafka, min(heard[1].mine)): 0})
    await close(members[1])

    async def alone() -> bool:
        return len(heard[0].mine) == PARTITIONS

    await until(alone, "the other has all")
    await close(members[0])
    return said


def _listener(heard: Heard) -> Any:
    from aiokafka import ConsumerRebalanceListener

    class Listener(Heard, ConsumerRebalanceListener):  # type: ignore[misc]
        pass

    made = Listener()
    made.__dict__ = heard.__dict__
    return made
