"""What must hold of the topic when a run has healed: who reads it from its beginning finds what was published."""

from collections.abc import Iterator
from uuid import UUID

from libs.events import envelope
from libs.events.chain import Fork, follow
from libs.events.testing.simulation.broker import Broker, Message
from libs.events.testing.simulation.database import Database
from libs.events.transport import Offset, Published


def sent(broker: Broker) -> set[UUID]:
    """The ids of all records in all topics."""
    return {UUID(dict(message.headers)["ce_id"].decode()) for message in _messages(broker) if message.key is not None}


def violations(broker: Broker, source: Database) -> Iterator[str]:
    """Every guarantee that does not hold, in words."""
    told = {row["number"]: row for row in source.tables["published"].committed()}
    records = [_read(message) for message in _messages(broker)]
    for each in records:
        if each.type == envelope.TICK:
            continue
        row = told.get(each.number)
        if row is None or (row["event_id"], row["partition"], row["data"]) != (
            each.event_id,
            each.partition,
            each.data,
        ):
            yield f"the topic holds another record under number {each.number} than was published"
    yield from _as_a_reader(records, {number: row["event_id"] for number, row in told.items()})


def _as_a_reader(records: list[Published], told: dict[int, UUID]) -> Iterator[str]:
    """Whoever reads the topic from its beginning finds all, once, in the order of each partition."""
    beginning = {each.partition: Offset(0, None) for each in records}
    try:
        found = follow(beginning, records)
    except Fork as fork:
        yield f"the topic shows a fork to whoever reads it from its beginning: {fork}"
        return
    if found.holes:
        yield f"the topic has holes in the partitions {sorted(found.holes)}"
    if {each.number: each.event_id for each in found.taken} != told:
        yield f"published and topic differ: {len(found.taken)} can be read, {len(told)} were published"


def _messages(broker: Broker) -> Iterator[Message]:
    return (message for topic in broker.topics.values() for partition in topic for message in partition.records)


def _read(message: Message) -> Published:
    return envelope.read(message.headers, message.value, partition=message.partition, place=message.offset).record
