"""A household that splits: what was assessed stays with it as it was, and the new one waits to be visited."""

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, House, key

ROWS = rows_of("西江镇", 24)
WOMEN = [row for row in ROWS if int(str(row["证件号码"])[16]) % 2 == 0]
HOMES = Counter(row["户编号"] for row in WOMEN)
HER = next(row for row in WOMEN if row["与户主关系"] != "户主" and HOMES[row["户编号"]] > 1)
LINES = {"operating_fen": 640_000, "property_fen": 0, "wages_fen": 0, "operating_cost_fen": 0, "transfers_fen": 0}


@pytest.fixture
async def split(house: House) -> tuple[House, UUID, UUID]:
    """One household with an assessed income, of which a woman has left with a code of her own; the old and the new."""

    def without(row: Row) -> None:
        row["人均纯收入"] = None

    def leaves(row: Row) -> None:
        without(row)
        if row["证件号码"] == HER["证件号码"]:
            row.update(户编号="990001", 与户主关系="户主")

    await house.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS, change=without))
    old = await household_of(house)
    async with house.client(role="cadre") as client:
        body = {"year": 2016, "on": "2017-01-10", "persons": 2, **LINES}
        made = await client.post(f"/v1/households/{old}/incomes", json=body, headers=key())
        assert made.status_code == 201, made.text
    later = [row for row in ROWS if row is not HER] + [HER]
    result = await house.take_in(Path("s.xlsx"), COUNTY, content=book(later, "2017年12月31日", leaves))
    assert "household_split" in result["rows"][-1]["changes"]
    await settled(house)
    return house, old, await household_of(house)


async def household_of(house: House) -> UUID:
    token = house.vault.token("resident_id", str(HER["证件号码"])[:18])
    found: UUID = await house.runtime.pool.fetchval("SELECT household_id FROM persons WHERE id_token = $1", token)
    return found


async def settled(house: House) -> None:
    xid = await house.runtime.pool.fetchval("SELECT max(xid) FROM events")
    for model in ("women", "households", "incomes"):
        assert await house.runtime.wait_projected(xid, model, 10)


async def test_the_assessment_stays_with_the_household_as_it_was_and_the_new_one_is_unassessed(
    split: tuple[House, UUID, UUID],
) -> None:
    house, old, new = split
    assert old != new
    async with house.client(role="cadre") as client:
        kept: dict[str, Any] = (await client.get(f"/v1/households/{old}/incomes")).json()
        fresh: dict[str, Any] = (await client.get(f"/v1/households/{new}/incomes")).json()
        query = {"year": 2016, "limit": 500}
        waiting = (await client.get("/v1/incomes/unassessed", params=query)).json()["items"]
    assert [(year["year"], year["per_head_fen"]) for year in kept["years"]] == [(2016, 320_000)]
    assert fresh["years"] == []
    found = {each["household_id"] for each in waiting}
    assert str(new) in found
    assert str(old) not in found


async def test_the_womens_order_by_need_says_unknown_for_the_new_household(split: tuple[House, UUID, UUID]) -> None:
    house, old, new = split
    async with house.client(role="cadre") as client:
        listed = (await client.get("/v1/women", params={"order": "priority", "limit": 500})).json()["items"]
    status = next(each["status"] for each in listed if each["household_id"] == str(new))
    same = [each["household_id"] for each in listed if each["status"] == status]
    assert same[0] == str(old), "of one state a known income comes first"
    assert same.index(str(new)) > same.index(str(old))
