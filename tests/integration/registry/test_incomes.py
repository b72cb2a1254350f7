"""Income per head of a household, year by year: what a register says and what was assessed."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, DANJIANG, House

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


FORM = {
    "year": 2016, "on": "2017-01-10", "persons": 3, "operating_fen": 500_000, "property_fen": 0, "wages_fen": 600_000,
    "operating_cost_fen": 200_000, "transfers_fen": 30_000,
}  # fmt: skip
PARTS = {
    "family_planning_fen": 0, "subsistence_fen": 20_000, "ecology_fen": 10_000, "other_transfer_fen": 0,
    "five_guarantees_fen": 0, "pension_fen": 0,
}  # fmt: skip


async def assess(house: House, household: UUID, role: str = "cadre", unit: str = COUNTY, **said: Any) -> httpx.Response:
    async with house.client(unit, role) as client:
        return await client.post(f"/v1/households/{household}/incomes", json=FORM | said)


async def shown(house: House, household: UUID, unit: str = COUNTY) -> dict[str, Any]:
    await projected(house)
    async with house.client(unit) as client:
        answer = await client.get(f"/v1/households/{household}/incomes")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def stated(house: House) -> House:
    """A registry whose register says 3000 yuan a head for 2016 of a few households."""
    await house.take_in(Path("a.xlsx"), COUNTY, content=book(ROWS, "2016年12月31日", income("3000")))
    return house


async def test_an_assessment_counts_before_the_register_and_both_are_shown(stated: House) -> None:
    household = await first_household(stated)
    made = await assess(stated, household, **PARTS)
    assert made.status_code == 201, made.text
    assert made.json()["per_head_fen"] == 310_000
    told = await shown(stated, household)
    [year] = told["years"]
    assert (year["year"], year["per_head_fen"], year["source"]) == (2016, 310_000, "assessment")
    assert (year["register_fen"], year["differs_fen"], year["register_as_of"]) == (300_000, 10_000, "2016-12-31")
    assert (year["line_fen"], year["below_line"]) == (295_200, False)
    [one] = year["assessments"]
    assert (one["parts"], one["actor"], one["role"]) == (PARTS, f"cadre-{COUNTY}", "cadre")
    assert "生产经营费用" in told["formula"]
    again = await assess(stated, household, on="2017-05-01", **PARTS)
    assert again.headers["ETag"] == made.headers["ETag"], "the same figures change nothing"
    poorer = await assess(stated, household, on="2017-02-01", operating_fen=40_000)
    assert poorer.json()["per_head_fen"] == 156_667
    late = await assess(stated, household, on="2017-01-31")
    assert (late.status_code, late.json()["code"]) == (422, "registry.older_than_known")
    [year] = (await shown(stated, household))["years"]
    assert ([each["per_head_fen"] for each in year["assessments"]], year["below_line"]) == ([156_667, 310_000], True)
    later = book(ROWS, "2016年12月31日", income("4000"))
    await stated.take_in(Path("b.xlsx"), COUNTY, content=later)
    [year] = (await shown(stated, household))["years"]
    assert (year["per_head_fen"], year["register_fen"], year["differs_fen"]) == (156_667, 400_000, -243_333)


async def test_what_is_odd_is_said_and_what_is_wrong_is_refused_with_its_line(stated: House) -> None:
    household = await first_household(stated)
    odd = await assess(stated, household, persons=9, wages_fen=900)
    assert {each["rule"] for each in odd.json()["findings"]} == {"persons_differ"}
    wrong = await assess(stated, household, **PARTS | {"pension_fen": 5})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "incomes.parts_differ")
    half = await assess(stated, household, subsistence_fen=0)
    assert (half.status_code, half.json()["code"]) == (422, "incomes.parts_missing")


async def test_who_is_of_another_unit_may_neither_see_nor_assess(stated: House) -> None:
    household = await first_household(stated)
    assert (await assess(stated, household, unit=DANJIANG)).status_code == 404
    assert (await assess(stated, household, role="reader")).status_code == 403
    async with stated.client(DANJIANG) as client:
        assert (await client.get(f"/v1/households/{household}/incomes")).status_code == 404
        assert (await client.get("/v1/incomes/unassessed")).json()["items"] == []


async def test_households_not_assessed_this_year_are_listed_in_pages_until_they_are(stated: House) -> None:
    total = await stated.runtime.pool.fetchval("SELECT count(*) FROM household_codes")
    household = await first_household(stated)
    await assess(stated, household)
    await projected(stated)
    async with stated.client() as client:
        page = (await client.get("/v1/incomes/unassessed", params={"year": 2016, "limit": 1, "count": "exact"})).json()
        count, found = page["count"], [each["household_id"] for each in page["items"]]
        while page["next"]:
            page = (await client.get(page["next"])).json()
            found += [each["household_id"] for each in page["items"]]
        other = (await client.get("/v1/incomes/unassessed", params={"year": 2017})).json()["items"]
    assert (len(found), len(set(found)), count) == (total - 1, total - 1, total - 1)
    assert str(household) not in found
    assert len(other) == total, "2016 says nothing of 2017"


async def test_the_world_learns_the_result_and_not_the_lines(stated: House) -> None:
    household = await first_household(stated)
    await assess(stated, household)
    xid = await stated.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    await stated.runtime.wait_published(xid, 10)
    sql = "SELECT data FROM published WHERE type = 'registry.household-income-assessed.v1'"
    [row] = await stated.runtime.pool.fetch(sql)
    assert {name: row["data"][name] for name in ("household_id", "year", "per_head_fen", "persons", "source")} == {
        "household_id": str(household), "year": 2016, "per_head_fen": 310_000, "persons": 3, "source": "form",
    }  # fmt: skip
    assert not any("wages" in name for name in row["data"])


async def test_what_registers_say_per_head_stands_under_the_year_of_their_day(house: House) -> None:
    await house.take_in(Path("a.xlsx"), COUNTY, content=book(ROWS, "2016年12月31日", income("2855.01")))
    await house.take_in(Path("b.xlsx"), COUNTY, content=book(ROWS, "2017年12月31日", income("3100")))
    await house.take_in(Path("c.xlsx"), COUNTY, content=book(ROWS, "2016年6月30日", income("9999")))
    assert await years(house, await first_household(house)) == [
        (2016, 285_501, date(2016, 12, 31), "register"),
        (2017, 310_000, date(2017, 12, 31), "register"),
    ]
