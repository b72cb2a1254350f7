"""A person holds a consumer, frees it, and lets it begin elsewhere; a running process obeys, and so does the next."""

from dataclasses import replace

import pytest
from uuid_utils.compat import uuid7

from libs.events import control, parked
from libs.events.contract import PARTITIONS
from libs.events.wake import Pulse, until
from libs.values.errors import Conflict, Invalid
from tests.integration.events import poisoned
from tests.integration.events.conftest import MakeHouse, OpenRuntime
from tests.integration.events.poisoned import House

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
XMAX = "SELECT pg_snapshot_xmax(pg_current_snapshot())"


async def _holds(house: House) -> None:
    """While it is paused nothing is taken, and it draws no transaction ids for looking."""
    shown = await house.shown(lambda each: each.paused == "the list is wrong")
    assert shown.error is None
    before = await house.reader.pool.fetchval(XMAX)
    await house.reader.pool.execute("SELECT pg_sleep(0.8)")
    assert await house.reader.pool.fetchval(XMAX) - before <= 1
    assert not await house.reader.wait_consumed("notes", 3, 0)


async def test_a_paused_consumer_takes_nothing_until_resumed_also_after_a_restart(
    make_house: MakeHouse, open_runtime: OpenRuntime
) -> None:
    house = await make_house()
    await house.start()
    stream = uuid7()
    await house.taken(await house.append((stream, [1])))
    assert await control.pause(house.reader.pool, "notes", "the list is wrong", "yang")
    number = await house.append((stream, [2, 3]))
    await _holds(house)
    await house.reader.stop()
    house = replace(house, reader=await open_runtime(poisoned.service(), house.target))
    await house.reader.start({"notes": house.source})
    await _holds(house)
    (state,) = (await control.states(house.reader.pool)).values()
    assert (state.paused, state.reason, state.actor, state.number) == (True, "the list is wrong", "yang", 1)
    await control.resume(house.reader.pool, "notes", "wu")
    await house.taken(number)
    assert await house.applied() == {stream: [1, 2, 3]}
    assert (await house.shown(lambda each: each.paused is None)).error is None
    actions = await house.reader.pool.fetch("SELECT action, reason, actor FROM consumer_actions ORDER BY id")
    assert [tuple(row) for row in actions] == [("pause", "the list is wrong", "yang"), ("resume", None, "wu")]


async def test_when_pause_has_returned_no_batch_is_under_way(make_house: MakeHouse) -> None:
    """A batch that waits for the lock while it is paused sees the pause, not what was there when it began to wait."""
    house = await make_house()
    await house.start()
    stream = uuid7()
    await house.taken(await house.append((stream, [1])))
    async with house.reader.pool.acquire() as tx, tx.transaction():
        await tx.fetch(control.LOCK, "notes")
        await house.append((stream, [2]))

        async def waits() -> bool:
            return bool(await house.reader.pool.fetchval(WAITING))

        assert await until(waits, Pulse(), 10)
        await tx.execute(control.PAUSE, "notes", True)
    await house.shown(lambda _: house.reader._facts._readers["notes"].paused)
    assert await house.reader.pool.fetchval("SELECT count(*) FROM applied") == 1


async def test_what_makes_no_sense_is_refused_with_the_way_out(make_house: MakeHouse) -> None:
    house = await make_house()
    pool = house.reader.pool
    with pytest.raises(Conflict, match="has not begun to read"):
        await control.pause(pool, "notes", "why", "yang")
    await house.start()
    await house.taken(await house.append((uuid7(), [1, 2])))
    with pytest.raises(Invalid, match="needs a reason"):
        await control.pause(pool, "notes", " ", "yang")
    with pytest.raises(Conflict, match="is not paused"):
        await control.resume(pool, "notes", "yang")
    for wrong in (0, 4):
        with pytest.raises(Invalid, match=f"--at {wrong} is not in the log") as told:
            await control.beginning(house.publisher.pool, wrong)
        assert told.value.right == "1 to 3"
    where = await control.beginning(house.publisher.pool, 1)
    with pytest.raises(Conflict, match="is reading now"):
        await control.start_at(pool, "notes", where, "yang")
    assert await control.pause(pool, "notes", "a reason", "yang")
    assert not await control.pause(pool, "notes", "another reason", "yang")
    with pytest.raises(Conflict, match="has read another log"):
        await control.start_at(pool, "notes", replace(where, log_id=uuid7()), "yang")


async def test_a_consumer_that_never_ran_can_be_paused_or_begin_in_the_middle(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.publisher.start()
    streams = [uuid7() for _ in range(30)]
    number = await house.append(*((stream, [1, 2]) for stream in streams))
    where = await control.beginning(house.publisher.pool, 41)
    assert len(where.last) == PARTITIONS
    await control.start_at(house.reader.pool, "notes", where, "yang")
    await control.pause(house.reader.pool, "notes", "the list is wrong", "yang")
    await house.reader.start({"notes": house.source})
    await _holds(house)
    await control.resume(house.reader.pool, "notes", "yang")
    await house.taken(number)
    numbers = await poisoned.numbers(house.reader.pool, "SELECT number FROM applied ORDER BY number")
    assert numbers == list(range(41, 61))


async def test_what_a_move_skips_and_repeats_is_counted_in_each_partition(make_house: MakeHouse) -> None:
    """Over Kafka a partition may be far behind the others: what it has not taken would be skipped."""
    house = await make_house()
    await house.start()
    number = await house.append(*((uuid7(), [1]) for _ in range(60)))
    await house.taken(number)
    pool, source = house.reader.pool, house.publisher.pool
    where = await control.beginning(source, 31)
    assert await control.moved(pool, source, "notes", where) == (0, 30)
    assert await control.moved(pool, source, "nobody", where) == (30, 0)
    behind = await source.fetchval("SELECT partition FROM published WHERE number = 1")
    skipped = await source.fetchval("SELECT count(*) FROM published WHERE partition = $1 AND number < 31", behind)
    again = await source.fetchval("SELECT count(*) FROM published WHERE partition <> $1 AND number >= 31", behind)
    await pool.execute("UPDATE offsets SET number = 0, event_id = NULL WHERE partition = $1", behind)
    assert skipped > 0
    assert await control.moved(pool, source, "notes", where) == (skipped, again)


async def test_a_paused_consumer_is_moved_back_while_it_runs_and_reads_again(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.poison(2)
    await house.start()
    streams = [uuid7() for _ in range(10)]
    number = await house.append(*((stream, [1]) for stream in streams), (streams[0], [2]), (streams[1], [2]))
    await house.taken(number)
    pool = house.reader.pool
    await parked.discard(pool, "notes", 11, "entered twice", "yang")
    await control.pause(pool, "notes", "to read again", "yang")
    await house.shown(lambda each: each.paused is not None)
    await pool.execute("TRUNCATE applied")
    await house.mend()
    await control.start_at(pool, "notes", await control.beginning(house.publisher.pool, 3), "yang")
    await control.resume(pool, "notes", "yang")
    await poisoned.read_again(pool, 3, 10)
    await house.taken(number)
    rows = await parked.listed(pool, discarded=True)
    assert [(row.number, row.discarded_at is None) for row in rows] == [(11, False), (12, True)], "both stay aside"
    assert (await parked.retry_key(pool, poisoned.CONSUMER, streams[1], "yang")).applied == (12,)
