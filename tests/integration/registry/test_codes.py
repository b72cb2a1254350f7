"""A partner's codes of any year lead to the woman; to nobody outside his units."""

from typing import Any
from uuid import UUID

from tests.integration.registry.house import COUNTY, DATA, House

XIJIANG, DATANG = "522634101000", "522634102000"
SPLIT = "522634198802244768"  # she split off in 2021 and has another 人编号 since


async def asked(house: House, codes: list[dict[str, Any]], division: str = COUNTY, role: str = "partner") -> Any:
    async with house.client(division, role) as client:
        body = {"codes": [{"ref": str(at), **code} for at, code in enumerate(codes)]}
        return await client.post("/v1/codes/resolve", json=body)


async def woman(house: House, resident_id: str) -> dict[str, Any]:
    answer = await asked(house, [{"kind": "resident_id", "value": resident_id}])
    [found] = answer.json()["items"]
    return dict(found)


async def code_of(house: House, woman_id: str) -> str:
    row = await house.runtime.pool.fetchrow("SELECT sealed FROM women WHERE woman_id = $1::uuid", woman_id)
    assert row is not None
    [code] = await house.vault.open_many([(UUID(woman_id), row["sealed"]["code"])])
    assert code is not None
    return code


async def test_codes_of_any_year_lead_to_the_woman(registered: House) -> None:
    before = await woman(registered, SPLIT)
    old = await code_of(registered, before["woman_id"])
    await registered.take_in(DATA / "register-2021.csv", COUNTY)
    new = await code_of(registered, before["woman_id"])
    assert new != old
    answer = await asked(
        registered,
        [
            {"kind": "person_code", "value": new},
            {"kind": "person_code", "value": f" {old} "},
            {"kind": "resident_id", "value": f"{SPLIT.lower()}43"},
            {"kind": "person_code", "value": "999999999999"},
            {"kind": "resident_id", "value": "522634"},
        ],
    )
    items = answer.json()["items"]
    assert [item["found"] for item in items] == ["present", "former", "present", "not_found", "unreadable"]
    assert {item["woman_id"] for item in items[:3]} == {before["woman_id"]}


async def test_a_merged_record_answers_with_the_survivor(registered: House) -> None:
    merged = await woman(registered, SPLIT)
    survivor = await registered.runtime.pool.fetchval(
        "SELECT woman_id::text FROM women WHERE woman_id <> $1::uuid AND division LIKE '522634%' LIMIT 1",
        merged["woman_id"],
    )
    async with registered.client() as client:
        done = await registered.decide(client, merged["woman_id"], "merge", {"into": survivor})
    assert done.status_code == 200, done.text
    now = await woman(registered, SPLIT)
    assert (now["woman_id"], now["record"], now["found"]) == (survivor, merged["woman_id"], "present")


async def test_who_is_registered_elsewhere_is_answered_like_nobody(registered: House) -> None:
    answer = await asked(registered, [{"kind": "resident_id", "value": SPLIT}], DATANG)
    assert answer.json()["items"] == [
        {"ref": "0", "found": "not_found", "woman_id": None, "record": None, "division": None}
    ]
    man = await asked(registered, [{"kind": "resident_id", "value": "522634198804120072"}])
    assert man.json()["items"][0]["found"] == "not_found"


async def test_a_code_needs_its_county_above_one(registered: House) -> None:
    code = {"kind": "person_code", "value": "000345189103"}
    answer = await asked(registered, [code], "522600000000")
    assert (answer.status_code, answer.json()["code"]) == (422, "registry.code_without_county")
    named = await asked(registered, [code | {"county": COUNTY}], "522600000000")
    assert named.json()["items"][0]["found"] in ("present", "not_found")


async def test_an_erased_womans_codes_lead_nowhere(registered: House) -> None:
    before = await woman(registered, SPLIT)
    old = await code_of(registered, before["woman_id"])
    await registered.take_in(DATA / "register-2021.csv", COUNTY)
    former = "SELECT count(*) FROM former_codes WHERE person_id = $1::uuid"
    assert await registered.runtime.pool.fetchval(former, before["woman_id"]) == 1
    async with registered.client() as client:
        await registered.erase(client, before["woman_id"])
    assert await registered.runtime.pool.fetchval(former, before["woman_id"]) == 0
    codes = [{"kind": "person_code", "value": old}, {"kind": "resident_id", "value": SPLIT}]
    found = (await asked(registered, codes)).json()["items"]
    assert [item["found"] for item in found] == ["not_found", "not_found"]
