"""Private events → the published log. One holder of a lease writes it, so its numbers count 1, 2, 3 without gaps."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import asyncpg
from opentelemetry.trace import SpanKind

from libs.events import tracing
from libs.events.contract import PARTITIONS, Outgoing
from libs.events.lease import LeaseLost
from libs.events.meta import meta_to_json
from libs.events.metric_names import BATCH_COUNT
from libs.events.partition import partition_of
from libs.events.service import Publish
from libs.events.store import Recorded
from libs.events.types import Connection

PUBLISHER = "publisher"
FORWARDER = "forwarder"  # the other cursor that counts published numbers

LASTS = """
SELECT p.partition, coalesce(last.number, 0) AS number FROM generate_series(0, $1 - 1) AS p(partition)
LEFT JOIN LATERAL (
    SELECT number FROM published WHERE published.partition = p.partition ORDER BY number DESC LIMIT 1) last ON true
"""
INSERT = """
INSERT INTO published (number, partition, previous, event_id, type, key, data, meta, at)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::uuid[], $5::text[], $6::uuid[], $7::jsonb[],
                     $8::jsonb[], $9::timestamptz[])
"""


class Publisher:
    """The effect of the publisher's cursor; `publish` must be pure, a failure stops publishing until it is mended."""

    def __init__(self, publish: Publish) -> None:
        """Knows no partition's last number until the first page."""
        self._publish = publish
        self._rows: tuple[list[Any], ...] = ()

    async def effect(self, tx: Connection, events: Sequence[Recorded[Any]], last_number: int) -> int:
        """Append what the events say to the world; the new last number."""
        outgoing = [(event, nth, item) for event in events for nth, item in enumerate(self._publish(event))]
        if not outgoing:
            return last_number
        traceparents = (event.meta.traceparent for event, _, _ in outgoing)
        about = {BATCH_COUNT: len(outgoing)}
        with tracing.span("events.publish", traceparents, kind=SpanKind.PRODUCER, semantic=about):
            return await _insert(tx, outgoing, last_number)


async def _insert(tx: Connection, outgoing: Sequence[tuple[Recorded[Any], int, Outgoing]], last_number: int) -> int:
    previous = {row["partition"]: row["number"] for row in await tx.fetch(LASTS, PARTITIONS)}
    rows = []
    for number, (event, nth, item) in enumerate(outgoing, start=last_number + 1):
        partition = partition_of(item.key)
        rows.append(row_of(number, partition, previous[partition], event, nth, item))
        previous[partition] = number
    try:
        await tx.execute(INSERT, *map(list, zip(*rows, strict=True)))
    except asyncpg.UniqueViolationError as error:
        raise LeaseLost(PUBLISHER) from error  # somebody else published these numbers
    return last_number + len(rows)


def event_id_of(private: UUID, nth: int) -> UUID:
    """Id of the n-th record that a private event publishes: the same whenever it is computed."""
    return uuid5(private, str(nth))


def row_of(
    number: int, partition: int, previous: int, event: Recorded[Any], nth: int, item: Outgoing
) -> tuple[Any, ...]:
    """The row of `published`, column by column, that an event makes as its n-th record."""
    meta = meta_to_json(event.meta)
    if item.valid is not None:
        meta["valid"] = item.valid
    body = item.body.model_dump(mode="json")
    event_id = event_id_of(event.event_id, nth)
    return number, partition, previous, event_id, item.body.type, item.key, body, meta, event.recorded_at
