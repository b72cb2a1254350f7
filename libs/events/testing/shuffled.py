"""A transport as unkind as Kafka may be: partitions interleaved by a seed, records delivered twice now and then."""

import random
from collections.abc import Mapping, Sequence
from uuid import UUID

from libs.events.transport import Head, Numbered, Published

_AHEAD = 4  # how many batches are read to be mixed


class ShuffledTransport:
    """Wraps a transport: order holds within a partition only."""

    def __init__(self, inner: Numbered, seed: int) -> None:
        """The same seed and the same records give the same order."""
        self._inner = inner
        self._random = random.Random(seed)  # noqa: S311 - a seeded test order
        self._before: list[Published] = []

    async def head(self) -> Head:
        """See `Transport.head`."""
        return await self._inner.head()

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        """See `Transport.read`."""
        ahead = await self._inner.read(positions, limit * _AHEAD)
        again = self._random.sample(self._before, min(len(self._before), 3))
        given = [*sorted(again, key=lambda record: record.number), *mixed(ahead, self._random)[:limit]]
        self._before = given[-50:]
        return given

    async def at(self, number: int) -> UUID | None:
        """See `Numbered.at`."""
        return await self._inner.at(number)

    async def number_of(self, event_id: UUID) -> int | None:
        """See `Numbered.number_of`."""
        return await self._inner.number_of(event_id)

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._inner.close()


def mixed(records: Sequence[Published], rng: random.Random) -> list[Published]:
    """The same records, their partitions interleaved at random."""
    partitions: dict[int, list[Published]] = {}
    for record in reversed(records):
        partitions.setdefault(record.partition, []).append(record)
    found = []
    while partitions:
        chosen = rng.choice(list(partitions))
        found.append(partitions[chosen].pop())
        if not partitions[chosen]:
            del partitions[chosen]
    return found
