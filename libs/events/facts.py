"""A published record as it travels, as a consumer sees it, and as JSON."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.events.contract import Contract, Fact
from libs.events.meta import Meta, meta_from_json
from libs.events.replay import replay_of
from libs.events.transport import Published


def to_facts(
    source: str, log_id: UUID, records: Iterable[Published], types: Mapping[str, type[Contract]]
) -> list[Fact[Any]]:
    """Those of `types` as `apply` is handed them; the meta that the records of one command share is parsed once."""
    facts: list[Fact[Any]] = []
    known: tuple[dict[str, Any], Meta] | None = None
    for record in records:
        if record.type in types:
            if known is None or record.meta != known[0]:
                known = record.meta, meta_from_json(record.meta)
            facts.append(to_fact(source, log_id, record, types, known[1]))
    return facts


def to_fact(
    source: str, log_id: UUID, record: Published, types: Mapping[str, type[Contract]], meta: Meta | None = None
) -> Fact[Any]:
    """What `apply` is handed; raises pydantic's ValidationError when the body does not fit its contract.

    `meta` is the record's own where it is parsed already. A replay is handed on as the record it repeats, so what makes
    a second delivery harmless makes a replay harmless.
    """
    original = replay_of(record.meta)
    return Fact(
        source=source,
        log_id=log_id,
        number=original.number if original else record.number,
        partition=record.partition,
        previous=record.previous,
        event_id=original.event_id if original else record.event_id,
        type=record.type,
        key=record.key,
        body=types[record.type].model_validate(record.data),
        meta=meta or meta_from_json(record.meta),
        at=record.at,
    )


def record_to_json(record: Published) -> dict[str, Any]:
    """Everything that is needed to take the record later."""
    return {
        "number": record.number,
        "partition": record.partition,
        "previous": record.previous,
        "event_id": str(record.event_id),
        "type": record.type,
        "key": str(record.key),
        "data": record.data,
        "meta": record.meta,
        "at": record.at.isoformat(),
    }


def record_from_json(data: Mapping[str, Any]) -> Published:
    """The reverse of `record_to_json`."""
    ids = {name: UUID(data[name]) for name in ("event_id", "key")}
    return Published(**{**data, **ids, "at": datetime.fromisoformat(data["at"])})
