"""Published record ↔ Kafka message: CloudEvents 1.0 in binary mode, attributes as headers, the contract as JSON value.

Every attribute is a header `ce_<name>`, extensions too; `content-type` and the W3C `traceparent` keep their own names.
Beside the records travels a tick in each partition: it says how far the log goes, also where nothing was published.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import orjson

from libs.events.transport import Published

SPECVERSION = "1.0"
JSON = b"application/json"
TICK = "jinguo.tick.v1"
SCHEMAS = "/contracts/"
SCHEMA_TAIL = ".json"

# Names in `meta` that are no attribute names (lower case letters and digits), and two that Kafka tools know.
_NAMES = {"correlation_id": "ce_correlationid", "causation_id": "ce_causationid", "command_id": "ce_commandid"}
_NAMES |= {"traceparent": "traceparent"}
_META = {header: name for name, header in _NAMES.items()}
_OWN = (
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "dataschema",
    "logid",
    "number",
    "previous",
    "previousid",
)
_ATTRIBUTE = re.compile("[a-z0-9]+")
_OURS = frozenset(f"ce_{name}" for name in _OWN)
_NOBODY = UUID(int=0)  # the key of a tick
_log_id = lru_cache(maxsize=64)(UUID)  # the same in every message of a topic

Headers = Sequence[tuple[str, bytes]]


class BadEnvelope(Exception):
    """A message that no forwarder of ours wrote; it is never passed over, since it may stand for a record."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a message holds: a record, or a tick, of the log of this identity."""

    log_id: UUID
    record: Published

    @property
    def tick(self) -> bool:
        """Whether it only says how far the log goes: `number` its head, `previous` the partition's last number."""
        return self.record.type == TICK


def headers(source: str, log_id: UUID, record: Published) -> Headers:
    """The headers of a record, `previous_id` where it is known; raises BadEnvelope for meta that cannot travel."""
    attributes = _attributes(source, log_id, record)
    attributes += [("ce_subject", str(record.key)), ("ce_dataschema", f"{SCHEMAS}{record.type}{SCHEMA_TAIL}")]
    return [(name, value.encode()) for name, value in [*attributes, *_meta(record.meta)]] + [("content-type", JSON)]


def tick(source: str, log_id: UUID, record: Published) -> Headers:
    """The headers of a tick, which has no subject and no schema."""
    return [(name, value.encode()) for name, value in _attributes(source, log_id, record)] + [("content-type", JSON)]


def tick_of(log_id: UUID, partition: int, number: int, at: datetime, last: tuple[int, UUID | None]) -> Published:
    """The tick of one partition at head `number`, after its `last` record."""
    previous, previous_id = last
    event_id = uuid5(log_id, f"tick/{number}/{partition}")
    return Published(number, partition, previous, event_id, TICK, _NOBODY, {}, {}, at, previous_id)


def read(sent: Iterable[tuple[str, bytes]], value: bytes | None, *, partition: int, place: int) -> Envelope:
    """The reverse; raises BadEnvelope, which names the place and the rule but nothing of the content."""
    try:
        found = {name: content.decode() for name, content in sent}
        return Envelope(_log_id(found["ce_logid"]), _record(found, value, partition, place))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        missing = f"without {error}" if isinstance(error, KeyError) else f"unreadable ({type(error).__name__})"
        raise BadEnvelope(f"the message at {place} in partition {partition} is {missing}") from None


def _record(found: Mapping[str, str], value: bytes | None, partition: int, place: int) -> Published:
    if found["ce_specversion"] != SPECVERSION:
        raise ValueError("specversion")
    before = found.get("ce_previousid")
    return Published(
        number=int(found["ce_number"]),
        partition=partition,
        previous=int(found["ce_previous"]),
        event_id=UUID(found["ce_id"]),
        type=found["ce_type"],
        key=UUID(found["ce_subject"]) if found["ce_type"] != TICK else _NOBODY,
        data=_object(value),
        meta={
            _META.get(name) or name.removeprefix("ce_"): text
            for name, text in found.items()
            if name not in _OURS and (name in _META or name.startswith("ce_"))
        },
        at=datetime.fromisoformat(found["ce_time"]),
        previous_id=UUID(before) if before else None,
        place=place,
    )


def _object(value: bytes | None) -> dict[str, Any]:
    body = orjson.loads(value or b"")
    if not isinstance(body, dict):
        raise TypeError("the value is no object")
    return body


def _attributes(source: str, log_id: UUID, record: Published) -> list[tuple[str, str]]:
    found = [
        ("ce_specversion", SPECVERSION),
        ("ce_id", str(record.event_id)),
        ("ce_source", f"/{source}"),
        ("ce_type", record.type),
        ("ce_time", record.at.isoformat().replace("+00:00", "Z")),
        ("ce_logid", str(log_id)),
        ("ce_number", str(record.number)),
        ("ce_previous", str(record.previous)),
    ]
    return [*found, ("ce_previousid", str(record.previous_id))] if record.previous_id else found


def _meta(meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in meta.items():
        header = _NAMES.get(name) or f"ce_{name}"
        if not isinstance(value, str) or (name not in _NAMES and not _ATTRIBUTE.fullmatch(name)):
            raise BadEnvelope(f"meta {name!r} cannot travel: it must be text under a name of small letters and digits")
        if header in _OURS:
            raise BadEnvelope(f"meta {name!r} cannot travel: CloudEvents has an attribute of this name")
        found.append((header, value))
    return found
