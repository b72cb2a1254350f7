"""Holds a topic against the published log: what is missing is found, and a log that is not ours stops the forwarder."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.events.chain import Fork
from libs.events.contract import PARTITIONS
from libs.events.envelope import Envelope
from libs.events.kafka import Kafka
from libs.events.topic import Ends, ensure, look
from libs.events.transport import Published
from libs.events.types import Pool, Record

LASTS = """
SELECT p.partition, coalesce(last.number, 0) AS number, last.event_id
FROM generate_series(0, $1 - 1) AS p(partition) LEFT JOIN LATERAL (
    SELECT number, event_id FROM published WHERE published.partition = p.partition AND published.number <= $2
    ORDER BY number DESC LIMIT 1) last ON true
"""
LOG = """
SELECT feed_log_id() AS log_id, ARRAY(SELECT log_id FROM logs) AS ours,
       (SELECT at FROM published WHERE number = $1) AS at
"""
IDS = "SELECT number, partition, event_id FROM published WHERE number = ANY($1)"
PARTITION = """
SELECT number, partition, previous, event_id, type, key, data::text AS data, meta, at
FROM published WHERE partition = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4
"""
BEFORE = "SELECT number, event_id FROM published WHERE partition = $1 AND number <= $2 ORDER BY number DESC LIMIT 1"
BEGINNINGS = "SELECT partition, beginning FROM forwarded"
STORE = """
INSERT INTO forwarded (partition, beginning) SELECT * FROM unnest($1::smallint[], $2::bigint[])
ON CONFLICT (partition) DO UPDATE SET beginning = excluded.beginning
"""

_log = logging.getLogger("jinguo.events")


@dataclass(frozen=True, slots=True)
class Last:
    """The last record of a partition, as far as it was sent; number 0 and no id when there is none."""

    number: int
    event_id: UUID | None


@dataclass(frozen=True, slots=True)
class Finding:
    """`missing`: partition → the number after which it must be sent again. `told`: ticks at the cursor end it all."""

    log_id: UUID
    at: datetime | None
    lasts: Mapping[int, Last]
    missing: Mapping[int, int]
    told: bool
    beginnings: Mapping[int, int]


class TopicCheck:
    """The check of one publisher's topic."""

    def __init__(self, pool: Pool, kafka: Kafka, source: str) -> None:
        """Reads only; `store` keeps where the partitions began."""
        self._pool, self._kafka, self._source = pool, kafka, source
        self._topic = kafka.topic(source)

    async def prepare(self) -> None:
        """Make the topic if it is missing; raises WrongTopic."""
        if await ensure(self._kafka, self._topic):
            _log.info("made topic %s with %d partitions", self._topic, PARTITIONS)

    async def find(self, cursor: int) -> Finding:
        """What the topic lacks up to the cursor; raises Fork when it holds what `published` does not say."""
        await self.prepare()
        log = await self._pool.fetchrow(LOG, cursor)
        assert log is not None
        rows = await self._pool.fetch(LASTS, PARTITIONS, cursor)
        lasts = {row["partition"]: Last(row["number"], row["event_id"]) for row in rows}
        ends = await look(self._kafka, self._topic)
        self._ours(frozenset(log["ours"]), ends)
        await self._known(log["log_id"], ends)
        before = {row["partition"]: row["beginning"] for row in await self._pool.fetch(BEGINNINGS)}
        missing = {}
        for partition, last in lasts.items():
            after = _lacks(log["log_id"], ends[partition], last, before.get(partition, 0))
            if after is not None:
                missing[partition] = after
        for partition, after in missing.items():
            if ends[partition].end > 0 or after:
                text = "topic %s lacks records of partition %d after number %d: they are sent again"
                _log.error(text, self._topic, partition, after)
        told = all(_told(log["log_id"], each, cursor) for each in ends.values())
        beginnings = {
            number: each.beginning for number, each in ends.items() if each.beginning != before.get(number, 0)
        }
        return Finding(log["log_id"], log["at"], lasts, missing, told, beginnings)

    async def store(self, found: Finding) -> None:
        """Remember where partitions begin, once what was cut off has been sent again; writes nothing when unchanged."""
        if found.beginnings:
            await self._pool.execute(STORE, list(found.beginnings), list(found.beginnings.values()))

    async def last_before(self, partition: int, number: int) -> Last:
        """The partition's last record up to a number."""
        row = await self._pool.fetchrow(BEFORE, partition, number)
        return Last(row["number"], row["event_id"]) if row else Last(0, None)

    async def pages(self, partition: int, after: int, up_to: int, size: int) -> AsyncIterator[Sequence[Record]]:
        """One partition's rows after a number, in pages."""
        while rows := await self._pool.fetch(PARTITION, partition, after, up_to, size):
            yield rows
            after = rows[-1]["number"]

    def _ours(self, logs: frozenset[UUID], ends: Mapping[int, Ends]) -> None:
        """A former log of this database is followed by the present one, in full; a stranger's topic is left alone."""
        strange = {each.last.log_id for each in ends.values() if each.last} - logs
        if strange:
            raise Fork(
                f"topic {self._topic} holds the log {min(map(str, strange))} of another database: "
                "give this installation a prefix of its own, or delete the topic of one that is gone"
            )

    async def _known(self, log_id: UUID, ends: Mapping[int, Ends]) -> None:
        """What the topic ends with must be what was published; else the publisher lost its end, or two write."""
        seen = {
            partition: _seen(each.last) for partition, each in ends.items() if each.last and each.last.log_id == log_id
        }
        numbers = [number for number, _ in seen.values() if number]
        rows = {row["number"]: row for row in await self._pool.fetch(IDS, numbers)}
        for partition, (number, event_id) in seen.items():
            row = rows.get(number)
            if number and (row is None or (row["partition"], row["event_id"]) != (partition, event_id)):
                raise Fork(
                    f"topic {self._topic} has another record under number {number} than was published: "
                    f"{self._source} was restored, or another one writes there"
                )


def published_of(row: Any, last: Last) -> Published:
    """A row as it travels, without its body, which goes as it stands in the table."""
    return Published(
        row["number"],
        row["partition"],
        row["previous"],
        row["event_id"],
        row["type"],
        row["key"],
        {},
        row["meta"],
        row["at"],
        last.event_id,
    )


def _seen(last: Envelope) -> tuple[int, UUID | None]:
    """Number and id of the last record; a tick names the one before it."""
    record = last.record
    return (record.previous, record.previous_id) if last.tick else (record.number, record.event_id)


def _lacks(log_id: UUID, ends: Ends, last: Last, beginning: int) -> int | None:
    """The number after which a partition must be sent again; None when it is whole."""
    if not last.number:
        return None
    if ends.last is None or ends.last.log_id != log_id:
        return 0
    if ends.beginning > beginning and (ends.first is None or ends.first.record.previous > 0):
        return 0  # its beginning was cut off
    seen, _ = _seen(ends.last)
    return seen if seen < last.number else None


def _told(log_id: UUID, ends: Ends, cursor: int) -> bool:
    return ends.last is not None and ends.last.tick and (ends.last.log_id, ends.last.record.number) == (log_id, cursor)
