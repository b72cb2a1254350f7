"""Whose a pair is: units inside one decide below, two units agree, the unit above settles, others see nothing."""

from typing import Any

import httpx
import pytest

from tests.integration.registry.house import COUNTY, DANJIANG, NATION, XIJIANG, House
from tests.integration.registry.twins import (
    IN_KAILI,
    KAILI,
    alone,
    answer_pair,
    mistyped,
    queue,
    scanned,
    take,
    undo_pair,
    women_rows,
)

PREFECTURE = "522600000000"
HER = women_rows(1)[0]


@pytest.fixture
async def across(house: House) -> House:
    """A woman registered in two counties under ids one digit apart, and the pair found."""
    await take(house, [HER])
    await take(house, [alone(HER, 证件号码=mistyped(HER["证件号码"]), **IN_KAILI)], KAILI)
    await scanned(house, division=PREFECTURE)
    return house


async def only(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    [pair] = await queue(client, **query)
    return pair


def sides(pair: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The caller's record, the other unit's, and the name of the caller's side."""
    mine = "one" if pair["one"]["own"] else "other"
    return pair[mine], pair["other" if mine == "one" else "one"], mine


@pytest.mark.parametrize(("unit", "theirs"), [(COUNTY, KAILI), (KAILI, COUNTY)])
async def test_of_the_other_units_record_only_unit_and_birth_year_are_told(
    across: House, unit: str, theirs: str
) -> None:
    async with across.client(unit) as client:
        pair = await only(client)
        clear = await client.get(f"/v1/duplicates/{pair['pair_id']}", params={"clear": True, "reason": "checking"})
    mine, other, _ = sides(clear.json())
    assert mine["name"] == HER["姓名"]
    assert {name for name, value in other.items() if value is not None} == {
        "own", "division", "division_name", "birth_year",
    }  # fmt: skip
    assert other["division"] == theirs
    assert (pair["may"], pair["differing"]) == ("propose", [])
    foreign = await across.runtime.pool.fetchval(
        "SELECT woman_id FROM women WHERE division NOT LIKE $1", f"{unit[:6]}%"
    )
    assert str(foreign) not in clear.text
    read = await across.runtime.pool.fetchval("SELECT women FROM personal_reads ORDER BY number DESC LIMIT 1")
    assert [str(each) for each in read] == [mine["woman_id"]]


async def test_two_counties_that_say_the_same_merge_her(across: House) -> None:
    async with across.client(COUNTY) as leishan, across.client(KAILI) as kaili:
        pair = await only(leishan)
        mine, _, side = sides(pair)
        first = await answer_pair(leishan, pair["pair_id"], "same", side)
        assert (first.status_code, first.json()["state"]) == (200, "proposed"), first.text
        seen = await only(kaili, state="proposed")
        assert [(each["unit"], each["verdict"], each["survivor"]) for each in seen["proposals"]] == [
            (COUNTY, "same", side)
        ]
        second = await answer_pair(kaili, pair["pair_id"], "same", side)
        assert (second.status_code, second.json()["state"]) == (200, "same"), second.text
        survivor = await across.runtime.pool.fetchval("SELECT survivor_id FROM persons WHERE survivor_id IS NOT NULL")
        assert str(survivor) == mine["woman_id"]
        back = await undo_pair(kaili, pair["pair_id"])
        assert (back.status_code, back.json()["state"]) == (200, "open"), back.text


async def test_a_dispute_goes_up_and_what_is_decided_there_stays_there(across: House) -> None:
    async with across.client(COUNTY) as leishan, across.client(KAILI) as kaili, across.client(PREFECTURE) as above:
        pair = (await only(leishan))["pair_id"]
        await answer_pair(leishan, pair, "same", "one")
        disputed = await answer_pair(kaili, pair, "different")
        assert disputed.json()["state"] == "disputed"
        shown = await only(above, state="disputed")
        assert shown["may"] == "decide"
        assert {each["verdict"] for each in shown["proposals"]} == {"same", "different"}
        assert (await answer_pair(above, pair, "different")).json()["state"] == "different"
        refused = await undo_pair(leishan, pair)
        assert (refused.status_code, refused.json()["code"]) == (422, "registry.pair_decided_above")
        assert (await only(leishan, state="different"))["may"] == "nothing"
        assert (await undo_pair(above, pair)).status_code == 200


async def test_a_unit_without_a_record_of_the_pair_meets_nothing(across: House) -> None:
    async with across.client(COUNTY) as leishan:
        pair = (await only(leishan))["pair_id"]
    nobody = "0190ffff-7fff-7fff-bfff-ffffffffffff"
    body = {"verdict": "different"}
    async with across.client(XIJIANG if HER["乡(镇)"] != "西江镇" else DANJIANG) as other:
        assert await queue(other) == []
        assert (await other.get("/v1/duplicates", params={"count": "exact"})).json()["count"] == 0
        for each in (pair, nobody):
            read = await other.get(f"/v1/duplicates/{each}")
            told = await other.post(f"/v1/duplicates/{each}/decision", json=body, headers={"If-Match": '"1"'})
            undone = await other.post(f"/v1/duplicates/{each}/undo", json={}, headers={"If-Match": '"1"'})
            assert [answer.status_code for answer in (read, told, undone)] == [404, 404, 404]


async def test_two_townships_of_a_county_settle_it_or_their_county_does(house: House) -> None:
    row = {**HER, "乡(镇)": "丹江镇", "行政村": None}
    villages = await house.runtime.pool.fetch(
        "SELECT parent, min(name) AS name FROM divisions WHERE parent = ANY($1) GROUP BY parent", [DANJIANG, XIJIANG]
    )
    named = {village["parent"]: village["name"] for village in villages}
    await take(house, [{**row, "行政村": named[DANJIANG]}])
    twin = alone(HER, 证件号码=mistyped(HER["证件号码"]))
    await take(house, [{**twin, "乡(镇)": "西江镇", "行政村": named[XIJIANG]}])
    await scanned(house)
    async with house.client(DANJIANG) as danjiang, house.client(XIJIANG) as xijiang, house.client(COUNTY) as county:
        pair = await only(danjiang)
        _, other, _ = sides(pair)
        assert (other["division"], pair["may"]) == (XIJIANG, "propose")
        assert (await only(county))["may"] == "decide"
        assert (await answer_pair(county, pair["pair_id"], "different")).json()["state"] == "different"
        assert (await undo_pair(county, pair["pair_id"])).status_code == 200
        assert (await answer_pair(xijiang, pair["pair_id"], "different")).json()["state"] == "proposed"
        assert (await answer_pair(danjiang, pair["pair_id"], "different")).json()["state"] == "different"
    async with house.client(NATION) as nation:
        assert (await only(nation, state="different"))["settled"] == "agreement"


async def test_a_scan_tells_of_the_callers_units_only(house: House) -> None:
    await take(house, [HER])
    await take(house, [alone(HER, 证件号码=mistyped(HER["证件号码"]), **IN_KAILI)], KAILI)
    nothing = await scanned(house, division=XIJIANG if HER["乡(镇)"] != "西江镇" else DANJIANG)
    assert set(nothing.values()) == {0}
    assert (await scanned(house, division=KAILI))["women"] == 1
    assert (await scanned(house, division=COUNTY))["women"] == 1
    async with house.client(PREFECTURE) as above:
        assert len(await queue(above)) == 1
