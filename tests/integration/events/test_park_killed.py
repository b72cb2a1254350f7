"""A process that is killed while it parks, retries or discards: applied and parked are what was published, as sets."""

import signal
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from libs.events import parked
from tests.integration.events import poisoned
from tests.integration.events.conftest import MakeHouse
from tests.integration.events.poisoned import House
from tests.support.forks import Forked

ROOT = Path(__file__).resolve().parents[3]
MODULE = "tests.integration.events.poisoned"
STREAMS = 12
POISON = (2, 5)  # of the first, and of the second stream


async def _killed(house: House, point: str, *work: str) -> None:
    process = Forked(poisoned.__name__, house.target, house.source, *work, env={"JINGUO_FAILPOINT": point})
    try:
        assert await process.ended() == -signal.SIGKILL, f"{point} was not reached"
    finally:
        process.kill()


async def _published(house: House) -> int:
    """Two streams with a poison note in the middle among others without."""
    await house.poison(*POISON)
    await house.publisher.start()
    streams = [uuid7() for _ in range(STREAMS)]
    return await house.append((streams[0], [1, 2, 3]), (streams[1], [4, 5, 6]), *((each, [7]) for each in streams[2:]))


async def _whole(house: House) -> None:
    """Once mended, everything that was not discarded is applied."""
    await house.mend()
    for key in await parked.keys_of(house.reader.pool, "notes"):
        assert (await parked.retry_key(house.reader.pool, poisoned.CONSUMER, key, "test")).failed is None
    applied = await house.applied()
    assert sum(len(ns) for ns in applied.values()) + len(await parked.listed(house.reader.pool, discarded=True)) == 16


@pytest.mark.parametrize("point", ["park.found", "park.written", "park.committed", "consumer.stored"])
async def test_after_kills_while_parking_nothing_is_lost_or_doubled(make_house: MakeHouse, point: str) -> None:
    house = await make_house()
    number = await _published(house)
    for nth in (1, 1):  # the second process finds one culprit less
        await _killed(house, f"{point}:{nth}")
    await house.reader.start({"notes": house.source})
    await house.taken(number)
    applied = await house.applied()
    assert sorted(len(ns) for ns in applied.values()) == [1] * (STREAMS - 1) + [1]
    assert [row.event["data"]["n"] for row in await parked.listed(house.reader.pool)] == [2, 3, 5, 6]
    await _whole(house)


@pytest.mark.parametrize(
    ("point", "work"), [("park.retried", "retry"), ("park.removed", "retry"), ("park.discarded", "discard")]
)
async def test_after_kills_while_a_person_decides_the_event_is_there_to_be_decided(
    make_house: MakeHouse, point: str, work: str
) -> None:
    house = await make_house()
    number = await _published(house)
    await house.reader.start({"notes": house.source})
    await house.taken(number)
    await house.mend()
    await _killed(house, f"{point}:1", work)
    await house.applied()
    assert len(await parked.listed(house.reader.pool)) == 4
    await _killed(house, f"{point}:2", work)
    await house.applied()
    assert len(await parked.listed(house.reader.pool)) == (2 if work == "retry" else 3)
    await _whole(house)
