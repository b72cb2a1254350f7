"""A record over Kafka is a CloudEvent, and arrives as it was published; the CloudEvents SDK is the oracle."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiokafka.partitioner import DefaultPartitioner
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat

from libs.events import envelope
from libs.events.contract import PARTITIONS
from libs.events.envelope import BadEnvelope
from libs.events.meta import Meta, meta_to_json
from libs.events.partition import partition_of
from libs.events.transport import Published

LOG, KEY = UUID(int=1), UUID("01890a5d-ac96-774b-bcce-b302099a8057")
META = Meta(
    actor="王干部",
    role="county",
    unit="522634000000",
    correlation_id=UUID(int=5),
    command_id=UUID(int=6),
    causation_id=UUID(int=7),
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    valid="2016-05",
)
AT = datetime(2016, 5, 3, 8, 1, 2, 345678, tzinfo=UTC)
BODY = {"stream": str(KEY), "n": 3, "place": "雷山县"}
RECORD = Published(
    7, partition_of(KEY), 4, UUID(int=9), "notes.taken.v1", KEY, BODY, meta_to_json(META), AT, UUID(int=8), 12
)


def sent(record: Published = RECORD) -> dict[str, bytes]:
    return dict(envelope.headers("notes", LOG, record))


def read(headers: dict[str, bytes], value: bytes | None = orjson.dumps(BODY)) -> envelope.Envelope:
    return envelope.read(headers.items(), value, partition=RECORD.partition, place=12)


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        replace(RECORD, previous=0, previous_id=None, meta=meta_to_json(Meta("a", "b", "c", UUID(int=5)))),
        replace(RECORD, meta=RECORD.meta | {"replayof": "3"}),
    ],
)
def test_a_record_arrives_as_it_was_published(record: Published) -> None:
    arrived = read(sent(record))
    assert arrived == envelope.Envelope(LOG, record)
    assert (arrived.record.previous_id, arrived.record.place) == (record.previous_id, 12)
    assert not arrived.tick


def test_the_cloudevents_sdk_reads_the_same_event() -> None:
    event = from_binary(KafkaMessage(sent(), str(KEY), orjson.dumps(BODY)), JSONFormat())
    assert (event.get_id(), event.get_type(), event.get_source()) == (str(UUID(int=9)), "notes.taken.v1", "/notes")
    assert (event.get_subject(), event.get_time(), event.get_specversion()) == (str(KEY), AT, "1.0")
    assert event.get_dataschema() == "/contracts/notes.taken.v1.json"
    assert event.get_data() == BODY
    extensions = {"logid": LOG, "number": 7, "previous": 4, "previousid": UUID(int=8), "valid": "2016-05"}
    extensions |= {"correlationid": META.correlation_id, "causationid": META.causation_id, "actor": "王干部"}
    assert {name: event.get_extension(name) for name in extensions} == {n: str(v) for n, v in extensions.items()}


def test_the_cloudevents_sdk_writes_the_same_headers() -> None:
    event = from_binary(KafkaMessage(sent(), None, orjson.dumps(BODY)), JSONFormat())
    written = to_binary(event, JSONFormat())
    ours = sent()
    assert ours.pop("traceparent").decode() == META.traceparent  # a header of its own, known to every tracing tool
    assert written.headers == ours
    assert orjson.loads(written.value) == BODY


def test_a_tick_says_how_far_the_log_goes() -> None:
    told = envelope.tick_of(LOG, RECORD.partition, 90, AT, (7, UUID(int=9)))
    arrived = read(dict(envelope.tick("notes", LOG, told)), b"{}")
    assert arrived.tick
    assert (arrived.record.number, arrived.record.previous, arrived.record.previous_id) == (90, 7, UUID(int=9))


@pytest.mark.parametrize("name", ["ce_logid", "ce_id", "ce_number", "ce_previous", "ce_type", "ce_time", "ce_subject"])
def test_a_message_without_an_attribute_is_refused_by_its_place(name: str) -> None:
    headers = sent()
    del headers[name]
    with pytest.raises(BadEnvelope, match=f"at 12 in partition .* without '{name}'"):
        read(headers)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ({"ce_number": b"seven"}, orjson.dumps(BODY)),
        ({"ce_time": "昨天".encode()}, orjson.dumps(BODY)),
        ({"ce_actor": b"\xff"}, orjson.dumps(BODY)),
        ({"ce_specversion": b"0.3"}, orjson.dumps(BODY)),
        ({}, b"[1]"),
        ({}, b"{"),
        ({}, None),
    ],
)
def test_a_broken_message_is_refused_without_repeating_it(header: dict[str, bytes], value: Any) -> None:
    with pytest.raises(BadEnvelope, match=r"unreadable \(\w+\)$"):
        read(sent() | header, value)


@pytest.mark.parametrize("meta", [{"number": "3"}, {"a_b": "3"}, {"replayof": 3}, {"é-": "x"}])
def test_meta_that_cannot_travel_is_refused_before_it_is_sent(meta: dict[str, Any]) -> None:
    with pytest.raises(BadEnvelope, match="cannot travel"):
        sent(replace(RECORD, meta=meta))


def test_a_key_lies_where_a_kafka_client_would_put_it() -> None:
    kafka, everywhere = DefaultPartitioner(), list(range(PARTITIONS))
    ids = random.Random(1)
    for key in (UUID(int=ids.getrandbits(128)) for _ in range(1_000)):
        assert partition_of(key) == kafka(str(key).encode(), everywhere, everywhere)
