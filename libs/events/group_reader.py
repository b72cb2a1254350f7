"""A consumer's reading as one member of a group: it takes what its partitions bring, and holds those with a hole.

Ticks say how far each partition has been read, so the group knows up to which number everything is taken, whoever took
it. A member that has seen every number itself knows it at once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from libs.events.chain import Fork, Next
from libs.events.consumer import POSITIONS, Reading, offsets_of, stored
from libs.events.parking import Taken
from libs.events.transport import Head, Published, Subscription, Transport
from libs.events.wake import Pulse

REFETCH_AFTER = 30.0  # seconds that a hole may last before its records are fetched from the feed
REMEMBERED = 100_000  # numbers taken out of order that are kept while one before them is missing


@dataclass
class GroupReader(Reading):
    """`feed`, if any, is the publisher's own table, to fill holes that stay."""

    told: ClassVar[bool] = True
    transport: Subscription
    feed: Transport | None = None
    refetch_after: float = REFETCH_AFTER
    _ahead: dict[int, datetime] = field(default_factory=dict)
    _closed: set[int] = field(default_factory=set)
    _held_since: float | None = None

    async def resume(self) -> None:
        """See `Reading.resume`; raises NotYet before the forwarder has announced the log."""
        self._held_since = None
        await self._stand(await self.transport.head())
        self._ahead = {}
        self.transport.replace()
        await self.refresh()

    async def step(self) -> bool:
        """Take what has arrived; False when nothing has. Raises Fork, and whatever `apply` raises."""
        if not await self._may_read():
            return False
        assert self.head is not None
        self.holes &= self.transport.assigned()  # those of a partition that was lost are its new owner's
        if self.transport.unplaced():
            await self._place()
        batch = await self.transport.read({}, self.batch)
        self.oldest_at = min((record.at for record in batch), default=None)
        if not batch:
            return False
        self.messaging.consumed(len(batch))
        await self._take(self.head.log_id, batch)
        if self.paused:
            return False
        await self.transport.taken(batch)
        return True

    async def refresh(self) -> None:
        """Learn how far the whole group is."""
        number, at = await stored(self.pool, self.consumer.name)
        self._reached(number, at)

    async def reached(self, number: int) -> bool:
        """Whether every record up to a number is taken, by whichever member."""
        if self.through < number:
            await self.refresh()
        return self.through >= number

    async def arrived(self, published: Pulse, seen: int, timeout: float) -> None:
        """The broker tells; the publisher's pulse would come before its forwarder has sent anything."""
        if self.paused:
            await published.after(seen, timeout)
        else:
            await self.transport.arrived(timeout)

    async def mend(self) -> None:
        """Fetch the records of holes that stayed from the feed; does nothing without one, or too early."""
        held = self.held_for()
        if self.feed is None or held < self.refetch_after:
            return
        assert self.head is not None
        if (await self.feed.head()).log_id != self.head.log_id:
            raise Fork(f"{self.consumer.source}'s topic and its feed are two logs")
        for partition in sorted(self.holes):
            while batch := await self.feed.read({partition: self._offsets[partition].number}, self.batch):
                await self._take(self.head.log_id, batch)
                if self.paused:
                    return
            self.holes -= {partition}

    def held_for(self) -> float:
        """Seconds since partitions are held back; 0 when none is."""
        now = asyncio.get_running_loop().time()
        if not self.holes:
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        return now - self._held_since if self._held_since is not None else 0.0

    async def _place(self) -> None:
        assert self.head is not None
        rows = await self.pool.fetch(POSITIONS, self.consumer.name, self.head.log_id)
        self._offsets |= offsets_of(rows)
        await self.transport.place(self._offsets)

    def _all_through(self, _batch: Sequence[Published], _found: Next) -> int:
        """A batch of some partitions says nothing of the others."""
        return 0

    def _took(self, batch: Sequence[Published], found: Next) -> None:
        self._closed |= {each.partition for each in found.taken}
        for each in found.taken:
            if each.number > self.through:
                self._ahead[each.number] = each.at
        self._reached(self.through, self.through_at)
        self._hear(max(batch, key=lambda each: each.number))

    def _held_back(self, taken: Taken) -> frozenset[int]:
        """A partition stays held until its next record comes, since a batch goes on where the last one ended."""
        new, closed = taken.holes - self.holes, self._closed - taken.holes
        self._closed = set()
        if new:
            self.transport.replace(new)  # read once more from where it was taken last, then forward until it comes
        return (self.holes | taken.holes) - closed

    def _hear(self, newest: Published) -> None:
        assert self.head is not None
        if newest.number > self.head.number:
            self.head = Head(self.head.log_id, newest.number, newest.at)

    def _reached(self, number: int, at: datetime | None) -> None:
        """Everything up to `number` is taken, and what follows without a gap of what was taken here."""
        if number > self.through:
            self._ahead = {each: when for each, when in self._ahead.items() if each > number}
        if number >= self.through:
            self.through, self.through_at = number, at
        while (after := self._ahead.pop(self.through + 1, None)) is not None:
            self.through, self.through_at = self.through + 1, after
        if len(self._ahead) > REMEMBERED:
            self._ahead = {}  # ticks will say it
