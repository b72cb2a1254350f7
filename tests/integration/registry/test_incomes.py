"""Income per head of a household, year by year: what a register says and what was assessed."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, House

ROWS = rows_of("西江镇", 6)


def income(yuan: str) -> Any:
    """A change of rows: what the register says per head."""

    def change(row: Row) -> None:
        row["人均纯收入"] = yuan

    return change


async def projected(house: House) -> None:
    xid = await house.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await house.runtime.wait_projected(xid, "incomes", 10)


async def years(house: House, household: UUID) -> list[tuple[Any, ...]]:
    await projected(house)
    sql = "SELECT year, per_head_fen, as_of, source FROM incomes WHERE household_id = $1 ORDER BY year"
    return [tuple(row) for row in await house.runtime.pool.fetch(sql, household)]


async def first_household(house: House) -> UUID:
    found: UUID = await house.runtime.pool.fetchval("SELECT household_id FROM household_codes ORDER BY 1 LIMIT 1")
    return found


async def test_what_registers_say_per_head_stands_under_the_year_of_their_day(house: House) -> None:
    await house.take_in(Path("a.xlsx"), COUNTY, content=book(ROWS, "2016年12月31日", income("2855.01")))
    await house.take_in(Path("b.xlsx"), COUNTY, content=book(ROWS, "2017年12月31日", income("3100")))
    await house.take_in(Path("c.xlsx"), COUNTY, content=book(ROWS, "2016年6月30日", income("9999")))
    assert await years(house, await first_household(house)) == [
        (2016, 285_501, date(2016, 12, 31), "register"),
        (2017, 310_000, date(2017, 12, 31), "register"),
    ]
