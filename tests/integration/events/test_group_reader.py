"""A member of a group that holds a partition with a hole: it lets go of one that it lost, and obeys a pause."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import pytest

from libs.events import control
from libs.events.consumer import SUBSCRIBE
from libs.events.contract import PARTITIONS
from libs.events.group_reader import GroupReader
from libs.events.transport import Head, Offset, Published
from libs.events.types import Pool
from tests.integration.events import counting
from tests.integration.events.test_consumer import PARTITION, record

LOG = UUID(int=5)


class Topic:
    """A subscription that gives what a test hands it, and the publisher's table in one."""

    def __init__(self, *records: Published) -> None:
        self.records = list(records)
        self.mine = frozenset(range(PARTITIONS))
        self._unplaced = self.mine

    async def head(self) -> Head:
        """See Transport."""
        return Head(LOG, 9, counting.clock())

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        """See Transport."""
        del positions
        found, self.records = self.records[:limit], self.records[limit:]
        return found

    async def close(self) -> None:
        """See Transport."""

    def unplaced(self) -> frozenset[int]:
        """See Subscription."""
        return self._unplaced

    async def place(self, offsets: Mapping[int, Offset]) -> None:
        """See Subscription."""
        self._unplaced -= frozenset(offsets)

    def replace(self, partitions: Iterable[int] | None = None) -> None:
        """See Subscription."""
        self._unplaced |= self.mine if partitions is None else frozenset(partitions)

    def assigned(self) -> frozenset[int]:
        """See Subscription."""
        return self.mine

    async def arrived(self, timeout: float) -> bool:
        """See Subscription."""
        return bool(timeout)

    async def taken(self, records: Sequence[Published]) -> None:
        """See Subscription."""


@pytest.fixture
async def reader(pool: Pool) -> GroupReader:
    """One that has read a record behind a hole."""
    await pool.execute(SUBSCRIBE, "notes", LOG, PARTITIONS)
    consumer = counting.reader().consumers[0]
    made = GroupReader(pool, consumer, Topic(record(7, 5, 2)), feed=Topic(record(5, 0, 1)), refetch_after=0.0)
    await made.resume()
    await made.step()
    return made


async def test_a_hole_of_a_partition_that_was_lost_is_its_new_owners(reader: GroupReader) -> None:
    assert reader.holes == {PARTITION}
    assert isinstance(reader.transport, Topic)
    reader.transport.mine = reader.transport._unplaced = frozenset()
    await reader.step()
    assert reader.holes == frozenset()
    assert reader.held_for() == 0.0


async def test_a_pause_while_a_hole_is_filled_is_no_error(reader: GroupReader, pool: Pool) -> None:
    assert reader.holes == {PARTITION}
    assert await control.pause(pool, "notes", "the list is wrong", "yang")
    await reader.mend()
    assert (reader.paused, reader.holes) == (True, frozenset())
    assert await pool.fetchval("SELECT max(number) FROM offsets") == 0
