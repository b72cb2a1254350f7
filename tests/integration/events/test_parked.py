"""An event that a consumer cannot take is set aside with what follows it of its key; everything else flows on."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from libs.events import parked, restore
from libs.events.contract import Fact
from libs.events.parked import EventParked
from libs.events.replay import replay
from libs.events.types import Connection
from libs.values.errors import Conflict, Invalid, NotFound, Refused
from tests.conftest import MakeDatabase
from tests.integration.events import counting, poisoned
from tests.integration.events.conftest import MakeHouse, OpenRuntime
from tests.integration.events.test_consumer import ONE, TWO, Told, record

BAD = 666


async def test_a_poison_event_is_parked_with_what_follows_it_of_its_key_and_the_rest_flows_on(
    make_house: MakeHouse,
) -> None:
    house = await make_house()
    await house.poison(3)
    await house.start()
    sick, well = uuid7(), uuid7()
    await house.taken(await house.append((sick, [1, 2, 3, 4]), (well, [1, 2])))
    await house.taken(await house.append((sick, [5]), (well, [4, 5])))
    assert await house.applied() == {sick: [1, 2], well: [1, 2, 4, 5]}
    rows = await parked.listed(house.reader.pool)
    assert [row.event["data"]["n"] for row in rows] == [3, 4, 5]
    assert [row.error and row.error.rpartition(":")[0] for row in rows] == [
        "ValueError in tests.integration.events.poisoned", None, None,
    ]  # fmt: skip
    assert "杨花" not in str(await house.reader.pool.fetch("SELECT error FROM parked"))
    assert rows[0].attempts == 3
    shown = await house.shown(lambda each: each.error is None)
    assert (shown.parked, shown.lag_events) == (3, 0)


async def test_a_key_is_retried_in_its_order_once_mended_and_flows_again(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.poison(2)
    await house.start()
    sick = uuid7()
    await house.taken(await house.append((sick, [1, 2, 3])))
    (key,) = await parked.keys_of(house.reader.pool, "notes")
    failed = await parked.retry_key(house.reader.pool, poisoned.CONSUMER, key, "yang")
    assert (failed.applied, failed.failed, failed.left) == ((), 2, 2)
    assert [row.attempts for row in await parked.listed(house.reader.pool)] == [4, 0]
    assert await house.applied() == {sick: [1]}
    await house.mend()
    done = await parked.retry_key(house.reader.pool, poisoned.CONSUMER, key, "yang")
    assert (done.applied, done.failed, done.left) == ((2, 3), None, 0)
    await house.taken(await house.append((sick, [4])))
    assert await house.applied() == {sick: [1, 2, 3, 4]}
    assert await parked.listed(house.reader.pool) == []
    query = "SELECT number, actor FROM consumer_actions WHERE action = 'retry' ORDER BY id"
    assert [tuple(row) for row in await house.reader.pool.fetch(query)] == [(2, "yang"), (3, "yang")]
    with pytest.raises(NotFound, match="Nothing of key"):
        await parked.retry_key(house.reader.pool, poisoned.CONSUMER, key, "yang")


async def test_one_event_is_retried_alone_only_as_the_first_of_its_key(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.poison(2)
    await house.start()
    sick = uuid7()
    await house.taken(await house.append((sick, [1, 2, 3])))
    await house.mend()
    with pytest.raises(Refused, match="waits behind event 2"):
        await parked.retry_number(house.reader.pool, poisoned.CONSUMER, 3, "yang")
    done = await parked.retry_number(house.reader.pool, poisoned.CONSUMER, 2, "yang")
    assert (done.applied, done.left) == ((2,), 1)
    await house.taken(await house.append((sick, [4])))
    assert await house.applied() == {sick: [1, 2]}, "the key waits while one of its events is parked"
    with pytest.raises(NotFound, match="No event 2 is parked"):
        await parked.retry_number(house.reader.pool, poisoned.CONSUMER, 2, "yang")


async def test_discarding_one_lets_the_later_ones_be_retried_and_is_kept_for_ever(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.poison(2)
    await house.start()
    sick = uuid7()
    await house.taken(await house.append((sick, [1, 2, 3])))
    pool = house.reader.pool
    with pytest.raises(Invalid, match="needs a reason"):
        await parked.discard(pool, "notes", 2, "  ", "yang")
    await parked.discard(pool, "notes", 2, "entered twice", "yang")
    with pytest.raises(Conflict, match=r"was discarded on .* by yang: entered twice"):
        await parked.discard(pool, "notes", 2, "again", "yang")
    with pytest.raises(NotFound, match="No event 9 is parked"):
        await parked.discard(pool, "notes", 9, "no such", "yang")
    done = await parked.retry_key(pool, poisoned.CONSUMER, sick, "yang")
    assert done.applied == (3,)
    await house.taken(await house.append((sick, [4])))
    assert await house.applied() == {sick: [1, 3, 4]}
    assert await parked.listed(pool) == []
    (kept,) = await parked.listed(pool, discarded=True)
    assert (kept.number, kept.discarded_by, kept.discarded_reason) == (2, "yang", "entered twice")
    for change in ("DELETE FROM parked", "UPDATE parked SET discarded_reason = 'x'", "TRUNCATE parked"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="what is recorded stays"):
            await pool.execute(change)


async def test_a_discarded_event_is_not_applied_when_it_is_published_once_more(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.poison(2)
    await house.start()
    await house.taken(await house.append((uuid7(), [1, 2])))
    await parked.discard(house.reader.pool, "notes", 2, "entered twice", "yang")
    await house.mend()
    async with house.publisher.pool.acquire() as tx, tx.transaction():
        said_again = await replay(tx, 2, 2)
    await house.taken(said_again.last)
    assert said_again.last == 3
    assert await poisoned.numbers(house.reader.pool, "SELECT number FROM applied") == [1]


async def test_several_poisons_of_several_keys_in_the_middle_of_an_import_cost_few_tries(
    make_house: MakeHouse,
) -> None:
    house = await make_house()
    streams = [uuid7() for _ in range(600)]
    poison = {100: 7, 300: 8, 301: 9}  # place in the import → the note that is poison
    await house.poison(*(BAD + n for n in poison.values()))
    await house.start()
    notes = [(s, [BAD + poison[i], 1_001] if i in poison else [1, 2, 3]) for i, s in enumerate(streams)]
    poisoned.calls.clear()
    await house.taken(await house.append(*notes))
    applied = await house.applied()
    assert applied == {stream: [1, 2, 3] for i, stream in enumerate(streams) if i not in poison}
    rows = await parked.listed(house.reader.pool)
    assert [row.error is None for row in rows] == [False, True] * 3
    assert len(poisoned.calls) < 120, "a part is halved, not tried one by one"
    await house.mend()
    for key in await parked.keys_of(house.reader.pool, "notes"):
        await parked.retry_key(house.reader.pool, poisoned.CONSUMER, key, "yang")
    assert len(await house.applied()) == 600


async def test_a_body_that_does_not_fit_its_contract_is_parked_and_said_by_its_fields(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    bad = replace(record(2, 0, 1, TWO), data={"stream": "杨花", "n": 1})
    told = Told(record(1, 0, 1), bad, record(3, 1, 2))
    target = await make_database(counting.MIGRATIONS)
    reader = await open_runtime(poisoned.service(), target, transports={"notes": told})
    await reader.start()
    assert await reader.wait_consumed("notes", 3, 10)
    (row,) = await parked.listed(reader.pool)
    assert (row.number, row.error) == (2, "ValidationError: stream uuid_parsing")
    assert [row["stream"] for row in await reader.pool.fetch(poisoned.ORDER)] == [ONE]


async def test_who_waits_for_a_parked_event_is_told_at_once(make_house: MakeHouse, open_runtime: OpenRuntime) -> None:
    house = await make_house()
    await house.poison(1)
    await house.start()
    number = await house.append((uuid7(), [1]))
    for _ in range(2):
        with pytest.raises(EventParked, match=f"Event {number} could not be taken") as told:
            await asyncio.wait_for(house.reader.wait_consumed("notes", number, 60), 20)
        assert (told.value.status, told.value.code) == (409, "event.parked")
    await parked.discard(house.reader.pool, "notes", number, "not wanted", "yang")
    assert await house.reader.wait_consumed("notes", number, 10), "what a person decided is decided"


class Failing:
    """Fails for a reason of its own until it is mended."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error
        self.tries = 0

    async def __call__(self, tx: Connection, facts: Sequence[Fact[Any]]) -> None:
        self.tries += 1
        if self.error:
            raise self.error
        await poisoned.apply(tx, facts)


@pytest.mark.parametrize(
    ("error", "policy", "shown"),
    [
        (asyncpg.UndefinedTableError("no table"), {}, "UndefinedTableError"),
        (asyncpg.DiskFullError("full"), {}, "DiskFullError"),
        (ConnectionResetError("gone"), {}, "ConnectionResetError"),
        (ValueError("a rebuild"), {"park": False}, "ValueError"),
        (ValueError("all of them"), {"keys": 2}, "ParkedTooMany: 2 keys of notes are parked already"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else None,
)
async def test_a_fault_that_is_not_of_single_events_stops_the_consumer_and_loses_nothing(
    make_house: MakeHouse, error: Exception, policy: dict[str, Any], shown: str
) -> None:
    failing = Failing(error)
    house = await make_house(replace(poisoned.patient(**policy), apply=failing))
    await house.start()
    streams = [uuid7() for _ in range(5)]
    number = await house.append(*((stream, [1]) for stream in streams))
    found = await house.shown(lambda each: failing.tries > 8 and bool(each.error))
    found = await house.shown(lambda each: str(each.error).startswith(shown))
    assert found.parked == policy.get("keys", 0)
    failing.error = None
    await house.taken(number)
    assert len(await house.applied()) == 5 - policy.get("keys", 0)


async def test_two_readers_of_one_consumer_park_each_event_once(
    make_house: MakeHouse, open_runtime: OpenRuntime
) -> None:
    house = await make_house()
    await house.poison(2)
    other = await open_runtime(poisoned.service(), house.target)
    await house.start()
    await other.start({"notes": house.source})
    streams = [uuid7() for _ in range(20)]
    for n in (1, 2, 3):
        number = await house.append(*((stream, [n]) for stream in streams))
        await house.taken(number)
    assert await other._wait_taken("notes", number, 20)
    assert await house.applied() == {stream: [1] for stream in streams}
    await house.mend()
    keys = await parked.keys_of(house.reader.pool, "notes")
    pools = (house.reader.pool, other.pool)
    retries = [parked.retry_key(pool, poisoned.CONSUMER, key, "yang") for key in keys for pool in pools]
    done = await asyncio.gather(*retries, house.append(*((stream, [4]) for stream in streams)), return_exceptions=True)
    assert isinstance(done[-1], int)
    await house.taken(done[-1])
    assert sum(isinstance(each, NotFound) for each in done) == len(keys), "the second finds nothing left"
    for key in await parked.keys_of(house.reader.pool, "notes"):
        await parked.retry_key(house.reader.pool, poisoned.CONSUMER, key, "yang")
    assert await house.applied() == {stream: [1, 2, 3, 4] for stream in streams}


async def test_what_is_parked_moves_with_its_log_to_a_restored_installation(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.poison(2)
    await house.start()
    one, two = uuid7(), uuid7()
    await house.taken(await house.append((one, [1, 2, 3]), (two, [1, 2])))
    await parked.discard(house.reader.pool, "notes", 5, "not wanted", "yang")
    await house.reader._facts.stop()
    old, new = await house.publisher.pool.fetchval("SELECT feed_log_id()"), uuid7()
    async with house.reader.pool.acquire() as connection, connection.transaction():
        await restore.move_offsets(connection, restore.NewLog(old, new))
    await house.mend()
    assert (await parked.retry_key(house.reader.pool, poisoned.CONSUMER, one, "yang")).applied == (2, 3)
    assert await house.applied() == {one: [1, 2, 3], two: [1]}
