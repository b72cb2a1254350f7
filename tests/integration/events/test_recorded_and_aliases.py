"""Numbers in commit order without gaps, and two ids of one person resolved now or as known earlier."""

import asyncio
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from libs.events import aliases
from libs.events.recorded import last_number, next_numbers
from libs.events.types import Pool

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)
DAY = date(2018, 3, 1)


async def test_numbers_of_writers_at_once_have_no_gaps_even_after_a_rollback(pool: Pool) -> None:
    drawn: list[int] = []

    async def write(count: int, keep: bool) -> None:
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            numbers = await next_numbers(connection, "facts", count)
            if keep:
                drawn.extend(numbers)
                await transaction.commit()
            else:
                await transaction.rollback()

    await asyncio.gather(*(write(n % 5 + 1, keep=n % 3 > 0) for n in range(30)))
    assert drawn == list(range(1, len(drawn) + 1)), "in the order of commits"
    async with pool.acquire() as connection:
        assert await last_number(connection, "facts") == len(drawn)
        assert await last_number(connection, "other") == 0
        assert list(await next_numbers(connection, "facts", 0)) == []


async def test_a_merged_id_leads_to_the_survivor_along_a_chain(pool: Pool) -> None:
    async with pool.acquire() as tx:
        await aliases.merge(tx, A, B, 10, DAY)
        await aliases.merge(tx, A, B, 10, DAY)
        await aliases.merge(tx, B, C, 20, DAY)
        assert [await aliases.canonical(tx, each) for each in (A, B, C)] == [C, C, C]
        assert [await aliases.canonical(tx, A, at) for at in (9, 10, 19, 20)] == [A, B, B, C]
        rows = await tx.fetch("SELECT id, canonical FROM canonical_ids ORDER BY id")
        assert [tuple(row) for row in rows] == [(A, C), (B, C)]


async def test_an_unmerge_removes_one_edge_from_then_on(pool: Pool) -> None:
    async with pool.acquire() as tx:
        await aliases.merge(tx, A, B, 10, DAY)
        await aliases.unmerge(tx, A, 30, DAY)
        assert await aliases.canonical(tx, A) == A
        assert [await aliases.canonical(tx, A, at) for at in (9, 29, 30)] == [A, B, A]
        await aliases.merge(tx, A, C, 40, DAY)
        assert await aliases.canonical(tx, A) == C


async def test_a_circle_of_merges_is_walked_once(pool: Pool) -> None:
    async with pool.acquire() as tx:
        await aliases.merge(tx, A, B, 1, DAY)
        await aliases.merge(tx, B, A, 2, DAY)
        assert await aliases.canonical(tx, A) in {A, B}


async def test_nobody_is_merged_into_herself(pool: Pool) -> None:
    async with pool.acquire() as tx:
        with pytest.raises(asyncpg.CheckViolationError):
            await aliases.merge(tx, A, A, 1, DAY)
