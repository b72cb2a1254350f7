"""What a consumer does with records that come twice, with holes, or from another past than the one it read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from uuid_utils.compat import uuid7

from libs.events.consumer import FactReader, Fork, stored
from libs.events.contract import Fact
from libs.events.meta import meta_to_json
from libs.events.partition import partition_of
from libs.events.service import Consumer
from libs.events.transport import Head, Published
from libs.events.types import Connection, Pool
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime

LOG = UUID(int=1)
AT = datetime(2016, 5, 3, tzinfo=UTC)
ONE, TWO = UUID(int=100), UUID(int=101)  # keys of two partitions
PARTITION = partition_of(ONE)


def record(number: int, previous: int, n: int, key: UUID = ONE, kind: str = "notes.taken.v1") -> Published:
    data, meta = {"stream": str(key), "n": n}, meta_to_json(counting.META)
    return Published(number, partition_of(key), previous, uuid5(LOG, str(number)), kind, key, data, meta, AT)


class Told:
    """A transport that gives what the test tells it."""

    def __init__(self, *records: Published, log_id: UUID = LOG) -> None:
        self.records = list(records)
        self.log_id = log_id
        self.asked: list[Mapping[int, int]] = []

    async def head(self) -> Head:
        return Head(self.log_id, max((each.number for each in self.records), default=0), AT)

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        self.asked.append(dict(positions))
        return self.records[:limit]

    async def at(self, number: int) -> UUID | None:
        return next((each.event_id for each in self.records if each.number == number), None)

    async def number_of(self, event_id: UUID) -> int | None:
        return next((each.number for each in self.records if each.event_id == event_id), None)

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def target(make_database: MakeDatabase, open_runtime: OpenRuntime) -> Pool:
    runtime = await open_runtime(counting.reader(), await make_database(counting.MIGRATIONS))
    return runtime.pool


async def reading(target: Pool, transport: Told, consumer: Consumer | None = None) -> FactReader:
    reader = FactReader(target, consumer or counting.reader().consumers[0], transport)
    await reader.resume()
    return reader


async def counted(target: Pool) -> dict[UUID, int]:
    return {stream: count for stream, (count, _) in (await checks.tally(target, "consumer")).items()}


async def test_a_record_delivered_again_changes_nothing(target: Pool) -> None:
    told = Told(record(1, 0, 1))
    reader = await reading(target, told)
    assert await reader.step()
    told.records = [record(1, 0, 1), record(1, 0, 1), record(2, 1, 2), record(2, 1, 2)]
    assert await reader.step()
    assert not await reader.step()
    assert await counted(target) == {ONE: 2}
    assert reader.through == 2


async def test_two_members_at_once_take_each_record_once(target: Pool) -> None:
    told = Told(*(record(n, n - 1, n) for n in range(1, 11)))
    members = [await reading(target, told), await reading(target, told)]
    for member in members:
        await member.step()
    assert await counted(target) == {ONE: 10}


async def test_a_member_does_not_claim_what_another_one_took_past_a_hole(target: Pool) -> None:
    """Found by simulation: the other member has taken number 4 of one partition and waits for 2 of another."""
    told = Told(record(1, 0, 1))
    late = await reading(target, told)
    other = await reading(target, Told(record(1, 0, 1), record(3, 2, 2, TWO), record(4, 1, 2)))
    await other.step()
    assert other.holes == {partition_of(TWO)}
    await late.step()
    assert late.through == 1


async def test_a_hole_holds_its_partition_until_it_is_filled(target: Pool) -> None:
    told = Told(record(1, 0, 1), record(4, 3, 3), record(5, 4, 4), record(2, 0, 1, TWO))
    reader = await reading(target, told)
    assert await reader.step()
    assert reader.holes == {PARTITION}
    assert await counted(target) == {ONE: 1, TWO: 1}
    told.records = [record(3, 1, 2), record(4, 3, 3), record(5, 4, 4)]
    assert await reader.step()
    assert not reader.holes
    assert await counted(target) == {ONE: 4, TWO: 1}


async def test_what_is_missing_may_come_later_in_the_same_batch(target: Pool) -> None:
    told = Told(record(1, 0, 1), record(4, 3, 3), record(3, 1, 2), record(4, 3, 3), record(5, 4, 4))
    reader = await reading(target, told)
    assert await reader.step()
    assert not reader.holes
    assert await counted(target) == {ONE: 4}


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (replace(record(2, 1, 2), event_id=UUID(int=9)), "another event id"),
        (record(3, 1, 3), "2 was read before"),
    ],
)
async def test_another_past_stops_the_consumer(target: Pool, then: Published, words: str) -> None:
    told = Told(record(1, 0, 1), record(2, 1, 2))
    reader = await reading(target, told)
    await reader.step()
    told.records = [then, record(4, 3, 4)]
    with pytest.raises(Fork, match=words):
        await reader.step()
    assert await counted(target) == {ONE: 2}


async def test_a_publisher_that_lost_its_end_stops_the_consumer(target: Pool) -> None:
    told = Told(record(1, 0, 1), record(2, 1, 2))
    reader = await reading(target, told)
    await reader.step()
    told.records = [record(1, 0, 1)]
    with pytest.raises(Fork, match="ends at 1, 2 was read"):
        await reader.step()
    with pytest.raises(Fork, match="ends at 1, 2 was read"):
        await reading(target, told)


async def test_another_record_under_the_last_number_stops_the_consumer_at_its_start(target: Pool) -> None:
    reader = await reading(target, Told(record(1, 0, 1)))
    await reader.step()
    with pytest.raises(Fork, match="another record under number 1"):
        await reading(target, Told(replace(record(1, 0, 1), event_id=UUID(int=9)), record(2, 1, 2)))


async def test_a_new_log_stops_the_consumer(target: Pool) -> None:
    told = Told(record(1, 0, 1))
    reader = await reading(target, told)
    await reader.step()
    told.log_id = UUID(int=2)
    with pytest.raises(Fork, match="a new log"):
        await reader.step()
    with pytest.raises(Fork, match="a new log"):
        await reading(target, told)


async def test_records_it_does_not_handle_move_it_all_the_same(target: Pool) -> None:
    reader = await reading(target, Told(record(1, 0, 1, kind="notes.other.v1")))
    assert await reader.step()
    assert await counted(target) == {}
    assert await stored(target, "notes") == (1, AT)


async def test_a_refused_batch_leaves_the_offset(target: Pool) -> None:
    async def refuse(tx: Connection, facts: Sequence[Fact[Any]]) -> None:
        await counting.consume(tx, facts)
        raise ValueError("no")

    consumer = replace(counting.reader().consumers[0], apply=refuse)
    reader = await reading(target, Told(record(1, 0, 1)), consumer)
    with pytest.raises(ValueError, match="no"):
        await reader.step()
    assert await counted(target) == {}
    assert await stored(target, "notes") == (0, None)


async def test_a_full_batch_in_order_is_known_to_be_read_through(target: Pool) -> None:
    reader = await reading(target, Told(*(record(n, n - 1, n) for n in range(1, 4))))
    reader.batch = 2
    await reader.step()
    assert (reader.through, reader.through_at) == (2, AT)


async def test_a_full_batch_out_of_order_says_nothing_of_what_lies_between(target: Pool) -> None:
    reader = await reading(target, Told(record(2, 0, 1), record(1, 0, 1, TWO), record(3, 2, 2)))
    reader.batch = 2
    await reader.step()
    assert reader.through == 0


def test_the_two_keys_lie_in_two_partitions() -> None:
    assert partition_of(ONE) != partition_of(TWO)
    assert counting.META.correlation_id != uuid7()
