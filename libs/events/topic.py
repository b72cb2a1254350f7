"""A publisher's topic: made with our 24 partitions, and looked at from both ends."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import NewTopic  # type: ignore[import-untyped]
from aiokafka.errors import TopicAlreadyExistsError, for_code  # type: ignore[import-untyped]
from aiokafka.structs import TopicPartition  # type: ignore[import-untyped]

from libs.events import envelope
from libs.events.contract import PARTITIONS
from libs.events.envelope import Envelope
from libs.events.kafka import Kafka, close, start

REPLICATION = 3
FOR_EVER = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
LOOK_LIMIT = 15.0  # seconds for reading one record of each partition


class WrongTopic(Exception):
    """The topic is not one that we can write to or read from; a person must mend it."""


@dataclass(frozen=True, slots=True)
class Ends:
    """One partition: its first offset, the offset after its last record, and those two records, None when empty."""

    beginning: int
    end: int
    first: Envelope | None
    last: Envelope | None


async def ensure(kafka: Kafka, topic: str) -> bool:
    """Make the topic where it is missing, True then; raises WrongTopic for another number of partitions."""
    admin = kafka.admin()
    try:
        await start(kafka, admin)
        found = await _partitions(admin, topic)
        if found is None:
            await _create(kafka, admin, topic)
            loop = asyncio.get_running_loop()
            deadline = loop.time() + LOOK_LIMIT
            while (found := await _partitions(admin, topic)) is None and loop.time() < deadline:  # noqa: ASYNC110 - it is asked
                await asyncio.sleep(0.05)  # every broker hears of it a moment later
            _check(topic, found)
            return True
    finally:
        await close(admin)
    _check(topic, found)
    return False


async def exists(kafka: Kafka, topic: str) -> bool:
    """Whether it is there; raises WrongTopic for another number of partitions."""
    admin = kafka.admin()
    try:
        await start(kafka, admin)
        found = await _partitions(admin, topic)
    finally:
        await close(admin)
    if found is not None:
        _check(topic, found)
    return found is not None


async def look(kafka: Kafka, topic: str) -> Mapping[int, Ends]:
    """Both ends of every partition."""
    partitions = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    async with _reader(kafka, partitions) as reader:
        beginnings = await reader.beginning_offsets(partitions)
        ends = await reader.end_offsets(partitions)
        filled = [each for each in partitions if ends[each] > beginnings[each]]
        last = await _at(reader, {each: ends[each] - 1 for each in filled})
        cut = {each: beginnings[each] for each in filled if beginnings[each] > 0}
        first = await _at(reader, cut) if cut else {}
    return {
        each.partition: Ends(beginnings[each], ends[each], first.get(each.partition), last.get(each.partition))
        for each in partitions
    }


@asynccontextmanager
async def _reader(kafka: Kafka, partitions: Iterable[Any]) -> AsyncIterator[Any]:
    reader = kafka.reader()
    try:
        await start(kafka, reader)
        reader.assign(list(partitions))
        yield reader
    finally:
        await close(reader)


async def _at(reader: Any, places: Mapping[Any, int]) -> dict[int, Envelope]:
    """The records at these offsets."""
    found: dict[int, Envelope] = {}
    for each, place in places.items():
        reader.seek(each, place)
    deadline = asyncio.get_running_loop().time() + LOOK_LIMIT
    while missing := [each for each in places if each.partition not in found]:
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"the broker does not give the records of {len(missing)} partitions")
        for each, messages in (await reader.getmany(*missing, timeout_ms=500)).items():
            message = messages[0]
            found[each.partition] = envelope.read(
                message.headers, message.value, partition=each.partition, place=message.offset
            )
    return found


async def _partitions(admin: Any, topic: str) -> int | None:
    described = (await admin.describe_topics([topic]))[0]
    error = for_code(described["error_code"])
    if error.errno == 3:  # unknown topic
        return None
    if error.errno and not described["partitions"]:
        raise error(topic)
    return len(described["partitions"])


async def _create(kafka: Kafka, admin: Any, topic: str) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    copies = kafka.replication or min(REPLICATION, brokers)
    answer = await admin.create_topics([NewTopic(topic, PARTITIONS, copies, topic_configs=FOR_EVER)])
    for _, code, message in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise WrongTopic(f"topic {topic} is missing and cannot be made: {message or error.__name__}")


def _check(topic: str, found: int | None) -> None:
    if found != PARTITIONS:
        raise WrongTopic(f"topic {topic} has {found} partitions; it must have {PARTITIONS}, since keys depend on it")
