"""The standing report of the quality of data: what the last register of each household was told, rule by rule."""

from collections import Counter
from pathlib import Path
from typing import Any

from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, DANJIANG, DATA, XIJIANG, House

NAME = Path("register.xlsx")


async def shown(house: House, unit: str = COUNTY) -> dict[str, tuple[int, int]]:
    """Rows and households by rule."""
    async with house.client(unit) as client:
        rules = (await client.get("/v1/quality")).raise_for_status().json()["rules"]
    return {each["rule"]: (each["rows"], each["households"]) for each in rules}


async def rows_under(house: House, rule: str, unit: str = COUNTY) -> list[dict[str, Any]]:
    async with house.client(unit) as client:
        page = (await client.get(f"/v1/quality/rows?rule={rule}&limit=3&count=exact")).raise_for_status().json()
        items, count = page["items"], page["count"]
        while page["next"]:
            page = (await client.get(page["next"].removeprefix("/registry"))).raise_for_status().json()
            items += page["items"]
    assert len(items) == count
    found: list[dict[str, Any]] = items
    return found


async def test_it_counts_what_the_import_said_of_registered_households(house: House) -> None:
    result = await house.take_in(DATA / "register-2016-dirty.xlsx", COUNTY)
    said = Counter(
        said["rule"]
        for row in result["rows"]
        for said in row["findings"]
        if said["severity"] == "warning" and row["outcome"] in ("accepted", "changed")
    )
    found = await shown(house)
    assert said
    for rule, times in said.items():
        items = await rows_under(house, rule)
        assert len(items) >= times, rule
        assert found[rule] == (
            len({(item["household_id"], item["row"]) for item in items}),
            len({item["household_id"] for item in items}),
        )
    errors = {said["rule"] for row in result["rows"] for said in row["findings"] if said["severity"] == "error"}
    assert found.keys() & errors, "a refused row of a registered household waits for its correction"
    assert not {rule for rule in found if rule.startswith("name_blanks")}, "what was put right without loss is no fault"


async def test_a_corrected_register_clears_it_and_an_older_one_does_not_come_back(house: House) -> None:
    def wrong(row: Row) -> None:
        row["劳动技能"] = "看情况"

    rows = rows_of("丹江镇", 6)
    await house.take_in(NAME, COUNTY, content=book(rows, change=wrong))
    assert (await shown(house))["skill_not_in_list"][0] == len(rows)
    assert (await shown(house, DANJIANG)).keys() == {"skill_not_in_list"}
    assert await shown(house, XIJIANG) == {}
    items = await rows_under(house, "skill_not_in_list")
    assert {item["column"] for item in items} == {"劳动技能"}
    async with house.client() as client:
        women = {each["woman_id"] for each in (await client.get("/v1/women?limit=100")).json()["items"]}
    assert {item["woman_id"] for item in items} - {None} == women
    await house.take_in(NAME, COUNTY, content=book(rows, "2017年12月31日"))
    assert await shown(house) == {}
    await house.take_in(NAME, COUNTY, content=book(rows, "2015年12月31日", wrong))
    assert await shown(house) == {}, "a newer register has said better"


async def test_a_dry_run_leaves_no_trace(house: House) -> None:
    await house.take_in(DATA / "register-2016-dirty.xlsx", COUNTY, dry_run="true")
    assert await shown(house) == {}
