"""Works side by side: no more than allowed, all ended when the block is left, the first failure told as it was."""

import asyncio

import pytest

from libs.service.at_once import AtOnce


class Works:
    """Works that run until they are let go; number 1 fails."""

    def __init__(self) -> None:
        self.begun = {number: asyncio.Event() for number in range(5)}
        self.let_go = {number: asyncio.Event() for number in range(5)}
        self.ended: list[int] = []

    async def work(self, number: int) -> None:
        self.begun[number].set()
        await self.let_go[number].wait()
        if number == 1:
            raise LookupError(f"work {number}")
        self.ended.append(number)

    async def run(self, *numbers: int) -> None:
        """Two at once; after them the block fails when 4 is among them."""
        async with AtOnce(2) as running:
            for number in numbers:
                if number == 4:
                    await self.begun[0].wait()
                    raise ValueError("of the block")
                await running.start(self.work(number))


async def test_no_more_run_than_may() -> None:
    works = Works()
    running = asyncio.create_task(works.run(0, 2, 3))
    await works.begun[2].wait()
    assert not works.begun[3].is_set()
    works.let_go[0].set()
    await works.begun[3].wait()
    assert works.ended == [0]
    works.let_go[2].set()
    works.let_go[3].set()
    await running
    assert sorted(works.ended) == [0, 2, 3]


@pytest.mark.parametrize("numbers", [(1, 2), (1, 2, 3)])
async def test_the_first_failure_ends_the_others_and_is_told_as_it_was(numbers: tuple[int, ...]) -> None:
    works = Works()
    works.let_go[1].set()
    with pytest.raises(LookupError, match="work 1"):
        await works.run(*numbers)
    assert works.ended == []
    assert not works.begun[3].is_set()


async def test_what_fails_in_the_block_ends_the_works() -> None:
    works = Works()
    with pytest.raises(ValueError, match="of the block"):
        await works.run(0, 4)
    assert works.ended == []
