"""The match report's read models rebuilt from kept facts: the same rows, while facts come and reports are read."""

import asyncio
from typing import Any

import pytest

from libs.events.pool import connect
from libs.events.rebuild import Rebuild, source_of
from services.reporting.worker import service
from tests.conftest import MakeDatabase
from tests.integration.reporting import county
from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import record
from tests.integration.reporting.test_counting_rules import report, rows

TABLES = {"women", "lines", "merges", "households", "divisions", "movements"}
POPULATION = "SELECT count(*) FROM women_cells(NULL, NULL, NULL, NULL, NULL, NULL) WHERE population"


def of(dsn: str, page: int = 200) -> Rebuild:
    return Rebuild(dsn, source_of(service(), "match"), page=page)


async def test_the_sample_county_rebuilt_has_the_same_rows_and_the_same_report(
    dsn: str, connection: Any, feed: s.Feed
) -> None:
    await record(connection, feed(*county.register(), *county.lists()))
    await record(connection, feed(s.course(), *county.roster("roster-training", 1, by_hand=False)))
    before, shown = await rows(connection), await report(connection, s.COUNTY)
    comparison = await of(dsn).build()
    assert comparison.equal
    assert {table for table, found in comparison.rebuilt.items() if found.rows} == TABLES - {"merges"}
    await of(dsn).swap()
    assert await rows(connection) == before
    assert await report(connection, s.COUNTY) == shown
    await record(connection, feed(*(s.merged(n, n + 1) for n in range(0, 20, 2)), *(s.exited(n) for n in range(30))))
    assert (await of(dsn).compare()).equal
    await of(dsn).rollback()
    assert (await of(dsn).compare()).equal


async def test_reports_read_and_facts_recorded_meanwhile_notice_nothing(dsn: str, feed: s.Feed) -> None:
    """Every report read in one snapshot counts exactly the women whose registration is recorded in it."""
    writer, reader = await connect(dsn), await connect(dsn)
    await record(writer, feed(s.divisions(), *(s.registered(n, s.VILLAGES[n % 4]) for n in range(300))))
    over, read = asyncio.Event(), 0

    async def write() -> None:
        number = 300
        while not over.is_set():
            await record(writer, feed(*(s.registered(n, s.VILLAGES[n % 4]) for n in range(number, number + 5))))
            number += 5

    async def look() -> None:
        nonlocal read
        while not over.is_set():
            async with reader.transaction(isolation="repeatable_read", readonly=True):
                recorded = await reader.fetchval("SELECT max(recorded) FROM facts")
                women = await reader.fetchval(POPULATION)
                units = await reader.fetchval("SELECT count(*) FROM divisions")
                assert (women, units > 0) == (recorded - 1, True)
                read += 1

    both = [asyncio.create_task(write()), asyncio.create_task(look())]
    for _ in range(3):
        for command in (of(dsn).build, of(dsn).swap, of(dsn).rollback, of(dsn).drop):
            await command()
            assert not [task for task in both if task.done()]
    over.set()
    await asyncio.gather(*both)
    assert read > 10
    await reader.close()
    await writer.close()


@pytest.mark.parametrize("page", [1, 7])
async def test_the_size_of_pages_changes_nothing(
    page: int, dsn: str, connection: Any, feed: s.Feed, make_database: MakeDatabase
) -> None:
    del make_database
    women = range(20)
    facts = [s.divisions(), s.course(), *(s.registered(n) for n in women), *(s.attended(n, n % 3) for n in women)]
    await record(connection, feed(*facts, *(s.merged(n, n + 1) for n in (0, 4, 8)), s.unmerged(4, 5), s.withdrawn(3)))
    assert (await of(dsn, page).build()).equal
