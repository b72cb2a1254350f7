"""A register that names a village that is no more: its people are where that village went, and never back in it."""

from collections import Counter
from pathlib import Path
from typing import Any

from libs.values.resident_id import check_character
from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, XIJIANG, House
from tests.integration.registry.test_division_changes import HEADER, villages_of

ROWS = rows_of("西江镇", 60)
FIRST = ROWS[: next(i for i in range(30, len(ROWS)) if ROWS[i]["户编号"] != ROWS[i - 1]["户编号"])]
FRESH = ROWS[len(FIRST) :]
NEW = "522634111000"
FRESH_ID = "52263419900101012" + check_character("52263419900101012")


async def recode(house: House) -> None:
    """西江镇 and its villages have other codes since 2018."""
    rows = [f"R1,2018-01-01,recode,{XIJIANG},西江镇,{NEW},西江镇\n"]
    for code, name in (await villages_of(house, XIJIANG)).items():
        rows.append(f"R1,2018-01-01,recode,{code},{name},{NEW[:9]}{code[9:]},{name}\n")
    done = await house.changes((HEADER + "".join(rows)).encode())
    assert done["totals"]["accepted"] == len(rows)


async def bring(house: House, rows: list[Row], as_of: str, division: str = COUNTY, **query: Any) -> dict[str, Any]:
    return await house.take_in(Path("r.xlsx"), division, content=book(rows, as_of), **query)


def rules(result: dict[str, Any], prefix: str = "village_") -> Counter[str]:
    said = (each["rule"] for row in result["rows"] for each in row["findings"])
    return Counter(rule for rule in said if rule.startswith(prefix))


async def townships(house: House) -> Counter[str]:
    """Where people, households and what is reserved of them stand."""
    found: Counter[str] = Counter()
    for table in ("persons", "household_codes", "women", "households"):
        for row in await house.runtime.pool.fetch(f"SELECT left(division, 9) AS d FROM {table}"):
            found[row["d"]] += 1
    return found


async def told(house: House, type_: str) -> Counter[tuple[str, str]]:
    rows = await house.runtime.pool.fetch("SELECT data, meta FROM published WHERE type = $1", type_)
    return Counter((row["data"]["division"][:9], str(row["meta"]["valid"])) for row in rows)


async def test_a_register_after_the_change_that_names_the_old_village_follows_it_and_says_so(house: House) -> None:
    await bring(house, FIRST, "2016年12月31日")
    await recode(house)
    before = await house.runtime.pool.fetchval("SELECT count(*) FROM events WHERE type LIKE '%-recoded'")
    tried = await bring(house, ROWS, "2018年12月31日", dry_run=True)
    assert rules(tried) == {"village_followed": len(ROWS)}
    result = await bring(house, ROWS, "2018年12月31日")
    assert rules(result) == {"village_followed": len(ROWS)}
    assert NEW[:9] in str(result["rows"][0]["findings"]), "the row names the village of today"
    assert set(await townships(house)) == {NEW[:9]}
    moved = sum("moved" in change for row in result["rows"] for change in row.get("changes", ()))
    assert moved == 0, "nobody has moved"
    after = await house.runtime.pool.fetchval("SELECT count(*) FROM events WHERE type LIKE '%-recoded'")
    assert after == before
    codes = await house.runtime.pool.fetchval("SELECT count(*) FROM household_codes")
    assert codes == len({row["户编号"] for row in ROWS}), "no household was made a second time"
    again = await bring(house, ROWS, "2018年12月31日")
    assert Counter(row["outcome"] for row in again["rows"]) == {"unchanged": len(ROWS)}


async def test_a_register_of_a_day_before_the_change_names_the_unit_of_then_and_nobody_goes_back(house: House) -> None:
    await bring(house, FIRST, "2016年12月31日")
    await recode(house)
    result = await bring(house, ROWS, "2017年12月31日")
    assert result["totals"]["refused"] == 0
    assert set(await townships(house)) == {NEW[:9]}
    assert sum("moved" in change for row in result["rows"] for change in row.get("changes", ())) == 0
    registered = await told(house, "registry.woman-registered.v1")
    assert registered[XIJIANG[:9], "2017-12-31"] > 0, "the unit of then is what the register said"
    changed = await told(house, "registry.woman-changed.v1")
    assert {at for at, valid in changed if valid == "2017-12-31"} == {XIJIANG[:9]}, "also of who had followed already"
    assert {at for at, valid in changed if valid == "2018-01-01"} == {NEW[:9]}
    count = "SELECT count(*) FROM events WHERE type NOT LIKE 'register-import%'"
    events = await house.runtime.pool.fetchval(count)
    again = await bring(house, ROWS, "2017年12月31日")
    assert await house.runtime.pool.fetchval(count) == events
    assert Counter(row["outcome"] for row in again["rows"]) == {"unchanged": len(ROWS)}
    older = await bring(house, FIRST, "2016年12月30日")
    assert {row["outcome"] for row in older["rows"]} == {"unchanged"}
    assert set(await townships(house)) == {NEW[:9]}


async def test_a_village_that_was_split_keeps_whom_it_knows_and_refuses_whom_it_does_not(house: House) -> None:
    await bring(house, FIRST, "2016年12月31日")
    village = await house.runtime.pool.fetchval("SELECT division FROM household_codes ORDER BY division LIMIT 1")
    name = (await villages_of(house, XIJIANG))[village]
    parts = [f"{XIJIANG[:9]}301", f"{XIJIANG[:9]}302"]
    rows = "".join(f"S1,2018-01-01,split,{village},{name},{part},{name}{part[-1]}\n" for part in parts)
    assert (await house.changes((HEADER + rows).encode()))["totals"]["accepted"] == 2
    stood = await house.runtime.pool.fetch("SELECT household_id, division FROM household_codes ORDER BY 1")
    result = await bring(house, FIRST, "2018年12月31日")
    assert rules(result)["village_kept"] > 0
    assert result["totals"]["refused"] == 0
    assert await house.runtime.pool.fetch("SELECT household_id, division FROM household_codes ORDER BY 1") == stood
    other = dict(FIRST[0], 户编号="990001", 人编号="990000000001", 证件号码=FRESH_ID)
    there = next(each for each in result["rows"] if any(said["rule"] == "village_kept" for said in each["findings"]))
    other["行政村"] = FIRST[result["rows"].index(there)]["行政村"]
    fresh = await bring(house, [dict(other, 与户主关系="户主")], "2018年12月31日")
    assert rules(fresh) == {"village_ended": 1}
    [said] = [each for each in fresh["rows"][0]["findings"] if each["rule"] == "village_ended"]
    assert all(part in said["right_answer"] for part in parts)
