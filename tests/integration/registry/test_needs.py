"""Needs of women over the API: kept with their history, health and notes sealed, listed until somebody has asked."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.integration.registry.books import book, rows_of
from tests.integration.registry.house import COUNTY, DANJIANG, House

ROWS = rows_of("西江镇", 6)
FORM: dict[str, Any] = {
    "on": "2017-03-01", "main_cause": "缺劳力", "other_causes": ["因学"], "labour": "ordinary",
    "skills_wanted": ["handicraft", "e_commerce"], "willing_to_borrow": True, "borrow_fen": 3_000_000,
    "children_under_3": 1, "children_3_to_5": 0, "minded_by": "grandparents", "health": ["残疾", "长期慢性病"],
    "note": "丈夫在外务工",
}  # fmt: skip
CLEAR = {"clear": "true", "reason": "visit"}


@pytest.fixture
async def house(house: House) -> House:
    """A registry with a few poor households."""
    await house.take_in(Path("a.xlsx"), COUNTY, content=book(ROWS))
    await projected(house)
    return house


async def projected(house: House) -> None:
    xid = await house.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    for name in ("women", "households", "needs"):
        assert await house.runtime.wait_projected(xid, name, 10)


async def women(house: House) -> list[UUID]:
    sql = "SELECT person_id FROM persons WHERE woman ORDER BY person_id"
    return [row["person_id"] for row in await house.runtime.pool.fetch(sql)]


async def ask(house: House, woman: UUID, role: str = "cadre", unit: str = COUNTY, **said: Any) -> httpx.Response:
    async with house.client(unit, role) as client:
        return await client.post(f"/v1/women/{woman}/needs", json=FORM | said)


async def read(house: House, woman: UUID, role: str = "federation", **query: str) -> dict[str, Any]:
    async with house.client(COUNTY, role) as client:
        answer = await client.get(f"/v1/women/{woman}/needs", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_needs_are_kept_with_their_history_and_the_registers_cause_beside_them(house: House) -> None:
    woman = (await women(house))[0]
    assert (await ask(house, woman)).status_code == 201
    assert (await ask(house, woman, on="2017-09-01", main_cause="缺技术", other_causes=[])).status_code == 201
    told = await read(house, woman)
    assert [each["main_cause"] for each in told["assessments"]] == ["缺技术", "缺劳力"]
    first = told["assessments"][1]
    assert (first["skills_wanted"], first["borrow_fen"]) == (["handicraft", "e_commerce"], 3_000_000)
    assert (first["health"], first["note"], first["actor"]) == (None, None, f"cadre-{COUNTY}")
    cause = await house.runtime.pool.fetchval(
        "SELECT main_cause FROM households h JOIN women w USING (household_id) WHERE woman_id = $1", woman
    )
    assert (told["register_cause"], told["cause_differs"]) == (cause, cause != "缺技术")
    same = await ask(house, woman, on="2017-10-01", main_cause="缺技术", other_causes=[])
    assert same.headers["ETag"] == '"2"'
    late = await ask(house, woman, on="2017-08-31")
    assert (late.status_code, late.json()["code"]) == (422, "registry.older_than_known")


async def test_health_is_read_in_clear_by_who_may_only_and_the_reading_is_kept(house: House) -> None:
    woman = (await women(house))[0]
    await ask(house, woman)
    [seen] = (await read(house, woman, **CLEAR))["assessments"]
    assert (seen["health"], seen["note"]) == ("长期慢性病,残疾", "丈夫在外务工")
    [seen] = (await read(house, woman, "cadre", **CLEAR))["assessments"]
    assert ("health" in seen, seen["note"]) == (False, "丈夫在外务工")
    reads = await house.runtime.pool.fetch("SELECT actor, reason, women FROM personal_reads")
    assert [(row["actor"], row["reason"], row["women"]) for row in reads] == [
        (f"federation-{COUNTY}", "visit", [woman]),
        (f"cadre-{COUNTY}", "visit", [woman]),
    ]
    kept = await house.runtime.pool.fetch("SELECT data::text AS told FROM events WHERE type = 'woman-needs-assessed'")
    assert all("残疾" not in row["told"] and "务工" not in row["told"] for row in kept)


async def test_the_world_learns_skills_and_borrowing_and_neither_causes_nor_health(house: House) -> None:
    woman = (await women(house))[0]
    await ask(house, woman)
    xid = await house.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    await house.runtime.wait_published(xid, 10)
    sql = "SELECT data FROM published WHERE type = 'registry.woman-needs-assessed.v1'"
    [row] = await house.runtime.pool.fetch(sql)
    assert set(row["data"]) == {
        "woman_id", "division", "on", "skills_wanted", "willing_to_borrow", "borrow_fen",
    }  # fmt: skip
    assert row["data"]["skills_wanted"] == ["handicraft", "e_commerce"]


async def test_an_erased_woman_has_no_health_any_more_and_nothing_new_is_kept(house: House) -> None:
    woman = (await women(house))[0]
    await ask(house, woman)
    async with house.client() as client:
        await house.erase(client, woman)
    await projected(house)
    [seen] = (await read(house, woman, **CLEAR))["assessments"]
    assert (seen["health"], seen["note"]) == (None, None)
    refused = await ask(house, woman, on="2017-11-01")
    assert (refused.status_code, refused.json()["code"]) == (422, "registry.erased")


async def test_what_a_merged_record_said_is_hers_and_goes_back_when_they_are_parted(house: House) -> None:
    one, other = (await women(house))[:2]
    await ask(house, one)
    async with house.client() as client:
        merged = await house.decide(client, one, "merge", {"into": str(other)})
        assert merged.status_code == 200, merged.text
        await projected(house)
        assert len((await read(house, other))["assessments"]) == 1
        unasked = (await client.get("/v1/needs/unassessed", params={"year": 2017})).json()["items"]
        assert str(other) not in {each["woman_id"] for each in unasked}
        to_merged = await ask(house, one, on="2017-11-01")
        assert (to_merged.status_code, to_merged.json()["code"]) == (409, "registry.merged")
        assert (await house.decide(client, one, "unmerge", {"into": str(other)})).status_code == 200
    await projected(house)
    assert (await read(house, other))["assessments"] == []
    assert len((await read(house, one))["assessments"]) == 1


async def test_women_nobody_asked_are_listed_and_other_units_see_and_write_nothing(house: House) -> None:
    found = await women(house)
    await ask(house, found[0])
    await projected(house)
    async with house.client() as client:
        told = (await client.get("/v1/needs/unassessed", params={"year": 2017, "count": "exact"})).json()
    assert {each["woman_id"] for each in told["items"]} == {str(each) for each in found[1:]}
    assert told["count"] == len(found) - 1
    assert (await ask(house, found[1], unit=DANJIANG)).status_code == 404
    assert (await ask(house, found[1], role="partner")).status_code == 403
    async with house.client(DANJIANG) as client:
        assert (await client.get(f"/v1/women/{found[0]}/needs")).status_code == 404
        assert (await client.get("/v1/needs/unassessed")).json()["items"] == []
