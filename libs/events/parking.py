"""Sets aside what a consumer cannot take: the event and every later one of its key; everything else flows on.

A batch that failed too often is halved until the culprits stand alone, each part in a transaction of its own, so one
poison record among a thousand costs twenty transactions. Parking happens in the transaction that moves the offset.
"""

from collections import Counter
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from libs.events import failpoints
from libs.events.facts import record_to_json
from libs.events.poison import ParkedTooMany, Poison, is_poison, why
from libs.events.replay import replay_of
from libs.events.transport import Offset, Published
from libs.events.types import Connection

OPEN_KEYS = """
SELECT DISTINCT key FROM parked WHERE consumer = $1 AND key = ANY($2::uuid[]) AND discarded_at IS NULL
"""
DISCARDED = """
SELECT number FROM parked
WHERE consumer = $1 AND log_id = $2 AND number = ANY($3::bigint[]) AND discarded_at IS NOT NULL
"""
CULPRITS = """
SELECT count(DISTINCT key) FROM parked WHERE consumer = $1 AND discarded_at IS NULL AND error IS NOT NULL
"""
PARK = """
WITH new AS (
    INSERT INTO parked (consumer, log_id, partition, number, key, event, error, attempts)
    SELECT $1, $2, * FROM unnest($3::smallint[], $4::bigint[], $5::uuid[], $6::jsonb[], $7::text[], $8::int[])
    ON CONFLICT DO NOTHING
    RETURNING partition)
UPDATE offsets SET parked = offsets.parked + n.count
FROM (SELECT partition, count(*)::int AS count FROM new GROUP BY partition) n
WHERE offsets.consumer = $1 AND offsets.log_id = $2 AND offsets.partition = n.partition
"""


@dataclass(frozen=True, slots=True)
class Culprit:
    """A record that fails even alone: why, and after how many tries."""

    number: int
    error: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: whether an offset moved, and the partitions held back by a hole."""

    moved: bool
    holes: frozenset[int] = frozenset()


class Take(Protocol):
    """Takes a batch in one transaction, parking `culprit` instead of applying it."""

    def __call__(self, part: Sequence[Published], culprit: Culprit | None = None) -> Awaitable[Taken]:
        """Raises what `apply` raises."""


class Parking:
    """One consumer's way with batches that fail."""

    def __init__(self, consumer: str, handles: Collection[str], policy: Poison) -> None:
        """`handles` are the types of records that are applied; others need no parking."""
        self._consumer = consumer
        self._handles = handles
        self._policy = policy
        self._failed: Counter[tuple[int, int]] = Counter()  # by partition and number, since a batch with it went well

    async def take(self, take: Take, batch: Sequence[Published]) -> Taken:
        """Take a batch; after too many failures take it apart. Raises what is to be tried again later.

        Each record has failures of its own: batches of other records, as partitions take turns over Kafka, neither
        make them forgotten nor add to them.
        """
        places = [(each.partition, each.number) for each in batch]
        try:
            taken = await take(batch)
        except Exception as error:
            if not is_poison(error):
                raise
            self._failed.update(places)
            if not self._policy.park or max(self._failed[each] for each in places) < self._policy.tries:
                raise
            taken = await self._apart(take, batch)
        for each in places:
            self._failed.pop(each, None)
        return taken

    def stand(self, offsets: Mapping[int, Offset]) -> None:
        """Forget failures of what was taken elsewhere meanwhile, or will never be."""
        self._failed = Counter({each: n for each, n in self._failed.items() if each[1] > offsets[each[0]].number})

    async def sort(
        self,
        tx: Connection,
        log_id: UUID,
        records: Sequence[Published],
        looked: Collection[int],
        culprit: Culprit | None,
    ) -> list[Published]:
        """The records to apply; those of parked keys are parked behind them, discarded ones are left out.

        `looked`: the partitions with rows in `parked`, as the locked offsets say; for others nobody asks.
        """
        about = [each for each in records if each.partition in looked and each.type in self._handles]
        keys, gone = await self._known(tx, log_id, about) if about else (set(), set())
        apply: list[Published] = []
        park: list[Published] = []
        for record in records:
            if culprit and record.number == culprit.number:
                keys.add(record.key)
            if not gone.isdisjoint(_numbers(record)):
                continue
            (park if record.key in keys and record.type in self._handles else apply).append(record)
        if park:
            await self._park(tx, log_id, park, culprit)
        return apply

    async def _known(self, tx: Connection, log_id: UUID, about: Sequence[Published]) -> tuple[set[UUID], set[int]]:
        keys = await tx.fetch(OPEN_KEYS, self._consumer, list({each.key for each in about}))
        numbers = [number for each in about for number in _numbers(each)]
        gone = await tx.fetch(DISCARDED, self._consumer, log_id, numbers)
        return {row["key"] for row in keys}, {row["number"] for row in gone}

    async def _park(self, tx: Connection, log_id: UUID, park: Sequence[Published], culprit: Culprit | None) -> None:
        if culprit:
            known = await tx.fetchval(CULPRITS, self._consumer)
            if known >= self._policy.keys:
                raise ParkedTooMany(self._consumer, known)
        blamed = [culprit if culprit and each.number == culprit.number else None for each in park]
        await tx.execute(
            PARK,
            self._consumer,
            log_id,
            [each.partition for each in park],
            [each.number for each in park],
            [each.key for each in park],
            [record_to_json(each) for each in park],
            [each.error if each else None for each in blamed],
            [each.attempts if each else 0 for each in blamed],
        )
        failpoints.passing("park.written")

    async def _apart(self, take: Take, batch: Sequence[Published]) -> Taken:
        """Halve until each culprit stands alone; in the batch's order, so what precedes a record is taken first."""
        moved, holes = False, frozenset[int]()
        left = _halves(batch)
        while left:
            part = left.pop()
            try:
                taken = await take(part)
            except Exception as error:
                if not is_poison(error):
                    raise
                if len(part) > 1:
                    left += _halves(part)
                    continue
                failpoints.passing("park.found")
                attempts = self._failed[part[0].partition, part[0].number] + 1
                taken = await take(part, Culprit(part[0].number, why(error), attempts))
                failpoints.passing("park.committed")
            moved, holes = moved or taken.moved, holes | taken.holes
        return Taken(moved, holes)


def _numbers(record: Published) -> tuple[int, ...]:
    """A record's number, and that of the one it repeats: what was discarded is not applied when it is said again."""
    original = replay_of(record.meta)
    return (record.number, original.number) if original else (record.number,)


def _halves(batch: Sequence[Published]) -> list[Sequence[Published]]:
    """The later half first, as it is to be popped; one record stays whole."""
    middle = len(batch) // 2
    return [batch[middle:], batch[:middle]] if middle else [batch]
