"""The simulation's event loop: virtual time, an order drawn from the seed, processes that freeze and die."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from libs.events.ending import end
from libs.events.testing.simulation.loop import Process, Stuck, VirtualLoop

Main = Callable[[VirtualLoop, list[Any]], Coroutine[Any, Any, None]]


def run(main: Main, seed: int = 1) -> tuple[list[Any], VirtualLoop]:
    """What a coroutine said, and the loop it ran on."""
    loop, said = VirtualLoop(random.Random(seed)), []
    loop.run_until_complete(main(loop, said))
    loop.close()
    assert not loop.broken
    return said, loop


async def _count(said: list[Any], name: str) -> None:
    for number in range(3):
        await asyncio.sleep(0)
        said.append((name, number))


async def _several(loop: VirtualLoop, said: list[Any]) -> None:
    await asyncio.gather(*(_count(said, name) for name in "abc"))


def test_an_hour_passes_at_once() -> None:
    async def main(loop: VirtualLoop, said: list[Any]) -> None:
        await asyncio.sleep(3600)
        said.append(loop.time())

    assert run(main)[0] == [3600.0]


def test_the_seed_decides_the_order() -> None:
    assert run(_several, 1)[0] == run(_several, 1)[0]
    assert list(run(_several, 1)[1].steps) == list(run(_several, 1)[1].steps)
    orders = {tuple(run(_several, seed)[0]) for seed in range(20)}
    assert len(orders) > 10
    for order in orders:
        assert [number for name, number in order if name == "a"] == [0, 1, 2]


def test_timeouts_locks_and_waits_of_asyncio_work() -> None:
    async def main(loop: VirtualLoop, said: list[Any]) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        lock = asyncio.Lock()
        async with lock:
            late = asyncio.create_task(lock.acquire(), name="late")
            done, left = await asyncio.wait((late,), timeout=1)
            said.append((len(done), len(left), loop.time()))
        said.append(await late)

    assert run(main)[0] == [(0, 1, 6.0), True]


def test_tasks_are_cancelled_in_one_order_whatever_their_addresses() -> None:
    async def rest(said: list[Any], number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            said.append(number)

    async def main(loop: VirtualLoop, said: list[Any]) -> None:
        tasks = [asyncio.create_task(rest(said, number)) for number in range(30)]
        await asyncio.sleep(1)
        await end(tasks)

    first = run(main)[0]
    assert sorted(first) == list(range(30))
    assert all(run(main)[0] == first for _ in range(5))


async def _ticking(said: list[Any]) -> None:
    try:
        while True:
            await asyncio.sleep(1)
            said.append(asyncio.get_running_loop().time())
    finally:
        said.append("farewell")


def test_a_killed_process_says_no_farewell() -> None:
    process = Process("one")

    async def main(loop: VirtualLoop, said: list[Any]) -> None:
        loop.spawn(process, _ticking(said))
        await asyncio.sleep(2.5)
        loop.kill(process)
        await asyncio.sleep(5)
        assert said == [1.0, 2.0]

    assert run(main)[1].time() == 7.5


def test_a_frozen_process_wakes_up_late() -> None:
    process = Process("one")

    async def main(loop: VirtualLoop, said: list[Any]) -> None:
        loop.spawn(process, _ticking(said))
        await asyncio.sleep(2.5)
        loop.freeze(process)
        await asyncio.sleep(10)
        loop.thaw(process)
        await asyncio.sleep(1.2)
        assert said == [1.0, 2.0, 12.5, 13.5]

    run(main)


def test_waiting_for_nobody_is_an_error() -> None:
    async def main(loop: VirtualLoop, said: list[Any]) -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        run(main)


def test_what_survives_every_cancellation_is_taken_apart_all_the_same() -> None:
    async def stubborn(said: list[Any]) -> None:
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                said.append("survived")

    async def main(loop: VirtualLoop, said: list[Any]) -> None:
        loop.spawn(Process("one"), stubborn(said))
        await asyncio.sleep(0.5)

    assert run(main)[0] == []
