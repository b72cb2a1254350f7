"""Changes of divisions: answered row by row, resolvable through time, and followed by the women of the units."""

from collections import Counter
from typing import Any

import httpx

from tests.integration.registry.house import COUNTY, DATA, NATION, XIJIANG, House, key

SAMPLE = DATA / "division-changes-sample.csv"
HEADER = "change_id,date,kind,old_code,old_name,new_code,new_name\n"
TAIJIANG, PREFECTURE = "522630000000", "522600000000"
NEW_XIJIANG = "522630106000"
WOMEN_OF_XIJIANG = 132


async def villages_of(house: House, township: str) -> dict[str, str]:
    async with house.client(NATION) as client:
        found = (await client.get(f"/v1/divisions/{township}/children", params={"on": "2016-12-31"})).json()["items"]
    return {item["code"]: item["name"] for item in found}


async def transfer(house: House, change_id: str = "T1") -> bytes:
    """西江镇 goes to 台江县, and the list names every village with its new code."""
    rows = [f"{change_id},2018-01-01,transfer,{XIJIANG},西江镇,{NEW_XIJIANG},西江镇\n"]
    for code, name in (await villages_of(house, XIJIANG)).items():
        rows.append(f"{change_id},2018-01-01,transfer,{code},{name},{NEW_XIJIANG[:9]}{code[9:]},{name}\n")
    return (HEADER + "".join(rows)).encode()


async def women(client: httpx.AsyncClient) -> int:
    count: int = (await client.get("/v1/women", params={"count": "exact", "limit": 1})).json()["count"]
    return count


async def resolved(house: House, *asked: tuple[str, str]) -> list[dict[str, Any]]:
    async with house.client(COUNTY, "reader") as client:
        body = {"codes": [{"code": code, "on": on} for code, on in asked]}
        answer = await client.post("/v1/divisions/resolve", json=body)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def test_the_sample_changes_are_answered_row_by_row_and_the_second_time_change_nothing(house: House) -> None:
    tried = await house.changes(SAMPLE.read_bytes(), dry_run=True)
    assert tried["totals"]["accepted"] == 8
    assert await house.runtime.pool.fetchval("SELECT count(*) FROM division_changes") == 0
    done = await house.changes(SAMPLE.read_bytes())
    refused = {row["row"]: row["findings"][0]["rule"] for row in done["rows"] if row["outcome"] == "refused"}
    assert refused == dict.fromkeys(range(2, 9), "old_code_unknown")
    assert done["totals"]["accepted"] == 8
    again = await house.changes(SAMPLE.read_bytes())
    assert (again["totals"]["accepted"], again["totals"]["unchanged"]) == (0, 8)
    assert again["published"] is None
    told = await house.runtime.pool.fetch("SELECT data FROM published WHERE type = 'registry.division-changed.v1'")
    assert {row["data"]["change_id"] for row in told} == {"C07", "C08", "C09", "C10", "C11", "C12"}
    [split] = [row["data"] for row in told if row["data"]["change_id"] == "C07"]
    assert (split["valid_from"], split["precision"], len(split["units"])) == ("2016-01-01", "year", 2)


async def test_a_code_of_any_year_gives_the_unit_then_and_what_lives_of_it(house: House) -> None:
    await house.changes(SAMPLE.read_bytes())
    split, recode, merge, transfer_, renamed, book, nothing = await resolved(
        house,
        ("522630100000", "2015"),
        ("522630200000", "2015"),
        ("522630204000", "2017-05-01"),
        ("522630104000", "2018"),
        ("522632204000", "2015"),
        ("522121", "1990"),
        ("529999000000", "2016"),
    )
    assert [item["name"] for item in split["successors"]] == ["台拱街道", "萃文街道"]
    assert (recode["then"]["name"], recode["successors"][0]["code"]) == ("南宫乡", "522630102000")
    assert (merge["then"]["name"], merge["then"]["valid_to"]) == ("老屯乡", "2018-06-30")
    assert [item["name"] for item in merge["successors"]] == ["台盘镇"]
    assert [item["code"] for item in transfer_["successors"]] == ["522634105000"]
    assert (renamed["then"]["name"], renamed["successors"][0]["name"]) == ("三江乡", "三江水族乡")
    assert (book["found"], book["then"]["name"], book["successors"]) == ("name_only", "遵义县", [])
    assert (nothing["found"], nothing["then"]) == ("unknown", None)
    async with house.client(COUNTY, "reader") as client:
        then = (await client.get("/v1/divisions/522632204000", params={"on": "2015-12-31"})).json()
        assert then["name"] == "三江乡"
        assert (await client.get("/v1/divisions/522632204000")).json()["name"] == "三江水族乡"
        history = (await client.get("/v1/divisions/522630105000/history")).json()
        assert [link["old_code"] for link in history["came_from"]] == ["522630202000", "522630204000"]
        found = (await client.get("/v1/divisions", params={"q": "方召镇"})).json()["items"]
        assert [item["code"] for item in found] == ["522630104000", "522634105000"]


async def test_wrong_rows_keep_out_their_whole_change_and_nothing_else(house: House) -> None:
    rows = (
        "A1,2018,rename,522634101000,西江镇,522634101000,西江苗镇\n"
        "A2,2018-13,rename,522634102000,永乐镇,522634102000,新乐镇\n"
        "A3,2018,merge,522634200000,望丰乡,522634105000,新镇\n"
        "A3,2018,merge,52263499,坏码,522634105000,新镇\n"
        "A4,2018,swap,522634100000,丹江镇,522634100000,某镇\n"
        "A5,2018,abolish,522634100000,丹江镇,522634105000,\n"
        "A6,2018,rename,522634103000,,522634103000,郎德苗镇\n"
    )
    done = await house.changes((HEADER + rows).encode(), dry_run=True)
    said = {row["row"]: {each["rule"] for each in row["findings"]} for row in done["rows"] if row["findings"]}
    assert said == {
        3: {"date_bad_form"},
        4: {"change_refused"},
        5: {"division_bad_code"},
        6: {"kind_unknown"},
        7: {"side_not_empty"},
        8: {"name_empty"},
    }
    assert done["totals"]["accepted"] == 1


async def test_who_does_not_hold_both_sides_cannot_move_a_boundary(house: House) -> None:
    done = await house.changes(await transfer(house), COUNTY)
    assert done["totals"]["accepted"] == 0
    assert {"outside_unit", "change_refused"} >= {each["rule"] for row in done["rows"] for each in row["findings"]}
    async with house.client(COUNTY, "cadre") as cadre:
        answer = await cadre.post("/v1/divisions/changes/imports", content=SAMPLE.read_bytes(), headers=key())
        assert answer.status_code == 403


async def test_the_county_that_receives_a_township_sees_its_women_and_the_other_no_longer(registered: House) -> None:
    house = registered
    async with house.client(COUNTY) as leishan, house.client(TAIJIANG) as taijiang:
        assert (await women(leishan), await women(taijiang)) == (941, 0)
        done = await house.changes(await transfer(house), PREFECTURE)
        assert done["totals"]["refused"] == 0, done["rows"][:3]
        assert done["totals"]["women"] == WOMEN_OF_XIJIANG
        assert (await women(leishan), await women(taijiang)) == (941 - WOMEN_OF_XIJIANG, WOMEN_OF_XIJIANG)
    await assert_everybody_stands_once(house, WOMEN_OF_XIJIANG)
    lists = "SELECT data FROM published WHERE type = 'registry.divisions-listed.v1' AND data->>'parent' = $1"
    told = (await house.runtime.pool.fetch(f"{lists} ORDER BY number DESC LIMIT 1", TAIJIANG))[0]["data"]
    assert (NEW_XIJIANG, "西江镇") in {(item["code"], item["name"]) for item in told["divisions"]}, "names follow"
    former = "SELECT count(*) FROM former_codes f JOIN persons p USING (person_id) WHERE f.token <> p.code_token"
    assert await house.runtime.pool.fetchval(former) == WOMEN_OF_XIJIANG, "the old county's codes lead to them still"
    again = await house.changes(await transfer(house), PREFECTURE)
    assert (again["totals"]["women"], again["published"]) == (0, None)
    await assert_everybody_stands_once(house, WOMEN_OF_XIJIANG)


async def assert_everybody_stands_once(house: House, moved: int) -> None:
    """Women, households and what is reserved of them agree, and nobody has followed twice."""
    pool = house.runtime.pool
    assert await pool.fetchval("SELECT count(*) FROM events WHERE type = 'woman-recoded'") == moved
    assert await pool.fetchval("SELECT count(*) FROM women") == 941
    apart = "SELECT count(*) FROM persons p JOIN women w ON w.woman_id = p.person_id WHERE w.division <> p.division"
    assert await pool.fetchval(apart) == 0
    apart = (
        "SELECT count(*) FROM household_codes c JOIN households h USING (household_id) WHERE h.division <> c.division"
    )
    assert await pool.fetchval(apart) == 0
    old = "SELECT count(*) FROM persons WHERE division LIKE '522634101%'"
    assert await pool.fetchval(old) == 0
    county = "SELECT count(*) FROM household_codes WHERE left(county, 6) <> left(division, 6)"
    assert await pool.fetchval(county) == 0
    told = await pool.fetch(
        "SELECT DISTINCT data ->> 'division' AS d FROM published WHERE type = 'registry.woman-changed.v1'"
    )
    assert {row["d"][:9] for row in told} == {NEW_XIJIANG[:9]}


async def test_a_village_nobody_named_waits_for_a_person_and_follows_her_decision(registered: House) -> None:
    house = registered
    row = f"T1,2018,transfer,{XIJIANG},西江镇,{NEW_XIJIANG},西江镇\n"
    await house.changes((HEADER + row).encode(), PREFECTURE)
    async with house.client(PREFECTURE) as both, house.client(COUNTY) as leishan:
        waiting = (await both.get("/v1/divisions/undecided", params={"limit": 100, "count": "exact"})).json()
        assert sum(item["women"] for item in waiting["items"]) == WOMEN_OF_XIJIANG
        assert await women(leishan) == 941
        one = max(waiting["items"], key=lambda item: item["women"])
        async with house.client(TAIJIANG) as elsewhere:
            assert (await elsewhere.get("/v1/divisions/undecided")).json()["items"] == []
            homes = await elsewhere.get(f"/v1/divisions/undecided/{one['code']}/households")
            assert homes.status_code == 404
        assert one["proposed"] == f"{NEW_XIJIANG[:9]}{one['code'][9:]}"
        decision = {"code": one["code"], "to": one["proposed"]}
        refused = await decide(leishan, decision)
        assert refused["problem"]["code"] == "registry.not_both_sides"
        wrong = await decide(both, {"code": one["code"], "to": "522634100201"})
        assert wrong["problem"]["code"] == "registry.not_a_part"
        done = await decide(both, decision)
        assert (done["status"], done["women"]) == (200, one["women"])
        assert await women(leishan) == 941 - one["women"]
        assert (await decide(both, decision))["problem"]["code"] == "registry.nothing_to_decide"
        left = (await both.get("/v1/divisions/undecided", params={"count": "exact"})).json()
        assert left["count"] == waiting["count"] - 1
    [now] = await resolved(house, (one["code"], "2016"))
    assert [item["code"] for item in now["successors"]] == [one["proposed"]]


async def test_a_later_list_that_names_the_villages_answers_for_them(registered: House) -> None:
    house = registered
    row = f"T1,2018,transfer,{XIJIANG},西江镇,{NEW_XIJIANG},西江镇\n"
    villages = await villages_of(house, XIJIANG)
    await house.changes((HEADER + row).encode(), PREFECTURE)
    lines = [f"{NEW_XIJIANG[:9]}{code[9:]},{name}" for code, name in villages.items()]
    async with house.client(PREFECTURE) as both:
        content = "\n".join(["code,name", *lines]).encode()
        answer = await both.post("/v1/divisions/imports", params={"edition": "2018-10"}, content=content)
        done = await house.result(both, answer)
        assert done["totals"]["changed"] == len(villages)
        assert (await both.get("/v1/divisions/undecided")).json()["items"] == []
    async with house.client(TAIJIANG) as taijiang:
        assert await women(taijiang) == WOMEN_OF_XIJIANG


async def test_a_split_village_is_shared_household_by_household_by_decision(registered: House) -> None:
    house = registered
    pool = house.runtime.pool
    village = await pool.fetchval("SELECT division FROM women GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
    name = await pool.fetchval("SELECT name FROM divisions WHERE code = $1", village)
    parts = [f"{village[:9]}28{n}" for n in (1, 2)]
    rows = "".join(f"S1,2018,split,{village},{name},{part},{name}{part[-1]}\n" for part in parts)
    done = await house.changes((HEADER + rows).encode(), COUNTY)
    assert (done["totals"]["accepted"], done["totals"]["women"]) == (2, 0)
    async with house.client(COUNTY) as client:
        [unit] = (await client.get("/v1/divisions/undecided")).json()["items"]
        assert [item["code"] for item in unit["candidates"]] == parts
        households = await client.get(f"/v1/divisions/undecided/{village}/households", params={"limit": 500})
        first, *rest = households.json()["items"]
        assert unit["households"] == 1 + len(rest)
        one = await decide(client, {"household_id": first["household_id"], "to": parts[0]})
        assert (one["households"], one["women"]) == (1, first["women"])
        others = await decide(client, {"code": village, "to": parts[1]}, "县民政〔2018〕7号")
        assert others["households"] == len(rest)
        assert (await client.get("/v1/divisions/undecided")).json()["items"] == []
        assert await women(client) == 941
    shared = dict(
        await pool.fetch("SELECT division, count(*) FROM households WHERE division = ANY($1) GROUP BY 1", parts)
    )
    assert shared == {parts[0]: 1, parts[1]: len(rest)}
    told = await pool.fetch("SELECT data FROM events WHERE type = 'household-recoded'")
    assert Counter(row["data"]["reason"] for row in told) == {"": 1, "县民政〔2018〕7号": len(rest)}


async def test_a_later_edition_puts_what_nobody_explained_before_a_person(house: House) -> None:
    villages = await villages_of(house, XIJIANG)
    gone, renamed, *_ = sorted(villages)
    lines = [f"{code},{'新' if code == renamed else ''}{name}" for code, name in villages.items() if code != gone]
    content = "\n".join(["code,name", *lines, f"{XIJIANG[:9]}299,添村"]).encode()
    async with house.client(COUNTY) as client:
        await house.result(
            client, await client.post("/v1/divisions/imports", params={"edition": "2018"}, content=content)
        )
        found = (await client.get("/v1/divisions/unexplained")).json()["items"]
        assert {(item["code"], item["finding"]) for item in found} == {
            (gone, "vanished"),
            (renamed, "renamed"),
            (f"{XIJIANG[:9]}299", "appeared"),
        }
        assert (await client.get(f"/v1/divisions/{gone}")).json()["valid_to"] is None
        async with house.client(TAIJIANG) as elsewhere:
            assert (await elsewhere.get("/v1/divisions/unexplained")).json()["items"] == []
        rows = f"E1,2017,merge,{gone},{villages[gone]},{XIJIANG[:9]}299,添村\n"
        done = await house.changes((HEADER + rows).encode(), COUNTY)
        assert done["totals"]["accepted"] == 1, done
        found = (await client.get("/v1/divisions/unexplained")).json()["items"]
        assert [item["finding"] for item in found] == ["renamed"]
        assert (await client.get(f"/v1/divisions/{gone}")).json()["valid_to"] == "2017-01-01"


async def decide(client: httpx.AsyncClient, decision: dict[str, Any], reason: str = "") -> dict[str, Any]:
    body = {"decisions": [decision], "reason": reason}
    answer = await client.post("/v1/divisions/undecided/decisions", json=body)
    assert answer.status_code == 207, answer.text
    [item] = answer.json()["items"]
    found: dict[str, Any] = item
    return found
