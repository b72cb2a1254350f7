"""The broker dies, freezes, is away for long: told where it lasts, and nothing is lost, doubled or reordered."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.integration.events.kafka.load import counted, errors, until
from tests.integration.events.kafka.pair import Pair
from tests.support.kafka import LocalBroker


@pytest.fixture
def broker(local_kafka: LocalBroker) -> Iterator[LocalBroker]:
    """To be disturbed; well again for the next test."""
    yield local_kafka
    local_kafka.mend()


async def test_a_killed_broker_loses_and_doubles_nothing(pair: Pair, broker: LocalBroker) -> None:
    async with pair.load.going_on():
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(broker.start)
        before = await counted(pair.reader)

        async def more() -> bool:
            return await counted(pair.reader) > before

        await until(more, "records are taken from the broker that is back")
    assert await pair.settle() > 0


@pytest.mark.parametrize("seconds", [1.5, 6.0])
async def test_a_frozen_broker_loses_and_doubles_nothing(pair: Pair, broker: LocalBroker, seconds: float) -> None:
    """Below and above the session time-out of three seconds."""
    async with pair.load.going_on():
        broker.freeze()
        before = pair.load.written
        await asyncio.sleep(seconds)  # the disturbance itself
        assert pair.load.written > before, "writing does not wait for the broker"
        broker.thaw()
    assert await pair.settle() > 0


async def test_a_broker_that_is_away_for_long_is_told_and_waited_for(pair: Pair, broker: LocalBroker) -> None:
    await asyncio.to_thread(broker.kill)
    await pair.load.write(20)  # writing and publishing go on
    ask = errors([pair.publisher])

    async def told() -> bool:
        return any("Kafka" in each for each in await ask())

    await until(told, "the state of the system shows it")
    await asyncio.to_thread(broker.start)
    assert await pair.settle() > 0
    assert await ask() == []
