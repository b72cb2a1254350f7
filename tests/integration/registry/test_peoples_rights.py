"""Each right of a woman as a story by REST: told, agreed, copied, corrected, restricted, and erased with it all."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.access.tokens import Issuer
from libs.values.resident_id import check_character
from libs.values.resident_id import key as first18
from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.filled import with_divisions
from tests.integration.registry.house import COUNTY, DANJIANG, House, key
from tests.integration.registry.test_erasing import readable
from tests.support.postgres import Databases

TOWNSHIP = "522634204000"
ROWS = rows_of("方祥乡", 30)
NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
CANARY = "金丝雀"


@pytest.fixture
async def small(own_databases: Databases, issuer: Issuer) -> AsyncIterator[House]:
    """A registry with some households of one township, on a day of November 2026."""
    dsns = await with_divisions(own_databases)
    async with House.open(*dsns, issuer, clock=lambda: NOW) as opened:
        await opened.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS))
        await settled(opened)
        yield opened


async def settled(house: House) -> None:
    xid = await house.runtime.pool.fetchval("SELECT max(xid) FROM events")
    for model in ("women", "rights"):
        assert await house.runtime.wait_projected(xid, model, 10)


def women() -> list[Row]:
    return [row for row in ROWS if int(str(row["证件号码"])[16]) % 2 == 0]


async def woman_of(house: House, resident_id: str) -> UUID:
    token = house.vault.token("resident_id", first18(resident_id))
    found: UUID = await house.runtime.pool.fetchval("SELECT person_id FROM persons WHERE id_token = $1", token)
    return found


async def first(house: House, nth: int = 0) -> UUID:
    return await woman_of(house, str(women()[nth]["证件号码"]))


async def rights_of(house: House, client: httpx.AsyncClient, woman: UUID, **query: Any) -> dict[str, Any]:
    await settled(house)
    answer = await client.get(f"/v1/women/{woman}/rights", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(client: httpx.AsyncClient, woman: UUID, way: str, body: Any) -> httpx.Response:
    """A step at the version that is now."""
    seen = (await client.get(f"/v1/women/{woman}/rights")).headers["ETag"]
    return await client.post(f"/v1/women/{woman}/rights/{way}", json=body, headers={"If-Match": seen, **key()})


async def said(client: httpx.AsyncClient, woman: UUID, way: str, body: Any) -> httpx.Response:
    return await client.post(f"/v1/women/{woman}/rights/{way}", json=body, headers=key())


def mistyped(resident_id: str) -> str:
    """Another sound id, born on another day."""
    other = resident_id[:10] + "0615" + resident_id[14:17]
    return other + check_character(other)


async def test_a_village_notice_tells_whoever_is_registered_there_and_the_list_of_the_untold_shrinks(
    small: House,
) -> None:
    async with small.client(role="cadre") as client:
        before = (await client.get("/v1/rights/untold", params={"limit": 500})).json()["items"]
        assert len(before) == len(women())
        assert all("*" in row["name"] or len(row["name"]) > 1 for row in before)
        village = before[0]["division"]
        body = {"division": village, "purpose": "registration", "on": "2026-11-20"}
        assert (await client.post("/v1/rights/notices", json=body, headers=key())).status_code == 200
        her = next(row["woman_id"] for row in before if row["division"] != village)
        told = {"purposes": ["registration", "statistics"], "how": "phone", "on": "2026-11-21"}
        assert (await said(client, UUID(her), "notices", told)).status_code == 200
        await settled(small)
        after = (await client.get("/v1/rights/untold", params={"limit": 500})).json()["items"]
        expected = {row["woman_id"] for row in before if row["division"] != village} - {her}
        assert {row["woman_id"] for row in after} == expected
        shown = await rights_of(small, client, UUID(before[0]["woman_id"]))
        assert [(row["how"], row["told_on"], row["current"]) for row in shown["told"]] == [
            ("posted", "2026-11-20", True)
        ]
        older = {**body, "on": "2021-10-31"}
        refused = await client.post("/v1/rights/notices", json=older, headers=key())
        assert (refused.status_code, refused.json()["code"]) == (422, "rule_set.none_in_force")


async def test_a_consent_is_given_told_to_the_world_without_a_name_and_withdrawn(small: House) -> None:
    woman = await first(small)
    paper = {"purpose": "bank", "on": "2026-11-02", "evidence": CANARY}
    async with small.client(role="cadre") as client:
        duty = await said(client, woman, "consents", {**paper, "purpose": "registration"})
        assert (duty.status_code, duty.json()["code"]) == (422, "rights.consent_not_needed")
        guardian = {**paper, "by": "guardian", "guardian": "某", "kinship": "母亲"}
        wrong = await said(client, woman, "consents", guardian)
        assert (wrong.status_code, wrong.json()["code"]) == (422, "rights.guardian_not_needed")
        assert (await said(client, woman, "consents", paper)).status_code == 200
        shown = await rights_of(small, client, woman)
        assert [(row["purpose"], row["given_on"]) for row in shown["consents"]] == [("bank", "2026-11-02")]
        assert CANARY not in str(shown), "the paper is shown only in clear"
        clear = await rights_of(small, client, woman, clear=True, reason="checking")
        assert CANARY in str(clear)
        gone = await said(client, woman, "withdrawals", {**paper, "on": "2026-11-20"})
        assert gone.status_code == 200, gone.text
        assert (await rights_of(small, client, woman))["consents"] == []
    told = await published(small, "registry.consent-changed.v1")
    assert [(row["state"], row["purpose"], row["on"]) for row in told] == [
        ("given", "bank", "2026-11-02"),
        ("withdrawn", "bank", "2026-11-20"),
    ]
    assert all(row.keys() == {"woman_id", "purpose", "version", "state", "on"} for row in told)


async def published(house: House, type_: str) -> list[dict[str, Any]]:
    xid = await house.runtime.pool.fetchval("SELECT max(xid) FROM events")
    assert await house.runtime.wait_published(xid, 10)
    rows = await house.runtime.pool.fetch("SELECT data FROM published WHERE type = $1 ORDER BY number", type_)
    return [row["data"] for row in rows]


async def test_a_request_for_a_copy_waits_in_the_queue_until_it_was_handed_over(small: House) -> None:
    woman = await first(small)
    async with small.client() as client:
        made = await said(client, woman, "requests", {"kind": "access", "on": "2026-11-02"})
        assert made.status_code == 200, made.text
        request = made.json()["request_id"]
        await settled(small)
        [waiting] = (await client.get("/v1/rights/requests")).json()["items"]
        assert (waiting["request_id"], waiting["due"], waiting["days_left"]) == (request, "2026-11-23", -4)
        async with small.client(TOWNSHIP, "cadre") as cadre:
            told = await step(cadre, woman, f"requests/{request}/copy", {"on": "2026-11-20", "receiver": "本人"})
            assert told.status_code == 403, "the county answers"
        body = {"on": "2026-11-20", "receiver": CANARY}
        assert (await step(client, woman, f"requests/{request}/copy", body)).status_code == 200
        await settled(small)
        assert (await client.get("/v1/rights/requests")).json()["items"] == []
        answered = (await client.get("/v1/rights/requests", params={"answered": True})).json()["items"]
        assert [(row["state"], row["ended_on"]) for row in answered] == [("copied", "2026-11-20")]


async def test_a_corrected_id_is_found_by_the_next_register_and_the_old_one_still_leads_to_her(small: House) -> None:
    row = women()[0]
    old, woman = str(row["证件号码"]), await first(small)
    new = mistyped(old)
    changed = book(ROWS, change=lambda each: each.update(证件号码=new) if each["证件号码"] == old else None)
    before = await small.take_in(Path("r.xlsx"), COUNTY, content=changed)
    assert before["totals"]["refused"] == 1, "a changed id is no business of an import"
    async with small.client() as client:
        asked = {"kind": "correction", "on": "2026-11-02", "field": "resident_id", "wanted": new, "evidence": "户口簿"}
        request = (await said(client, woman, "requests", asked)).json()["request_id"]
        done = await step(client, woman, f"requests/{request}/acceptance", {"on": "2026-11-20"})
        assert done.status_code == 200, done.text
        after = await small.take_in(Path("s.xlsx"), COUNTY, content=changed)
        assert (after["totals"]["refused"], after["totals"]["accepted"]) == (0, 0)
        codes = [{"ref": each, "kind": "resident_id", "value": each} for each in (old, new)]
        found = (await client.post("/v1/codes/resolve", json={"codes": codes})).json()["items"]
        assert [(each["found"], each["woman_id"]) for each in found] == [
            ("former", str(woman)),
            ("present", str(woman)),
        ]
        await settled(small)
        clear = {"ids": [str(woman)], "clear": True, "reason": "checking"}
        [shown] = (await client.post("/v1/women/names", json=clear)).json()["items"]
        assert shown["resident_id"] == new
    assert [each["codes"] for each in await published(small, "registry.register-code-changed.v1")] == [["resident_id"]]


async def test_an_id_that_another_record_bears_is_not_given_away_and_people_decide_about_the_pair(
    small: House,
) -> None:
    woman, other = await first(small), await first(small, 1)
    async with small.client() as client:
        wanted = str(women()[1]["证件号码"])
        asked = {"kind": "correction", "on": "2026-11-02", "field": "resident_id", "wanted": wanted}
        request = (await said(client, woman, "requests", asked)).json()["request_id"]
        taken = await step(client, woman, f"requests/{request}/acceptance", {"on": "2026-11-20"})
        assert (taken.status_code, taken.json()["code"]) == (409, "rights.id_taken")
        pairs = (await client.get("/v1/duplicates", params={"sign": "id_claimed"})).json()["items"]
        assert [{each["one"]["woman_id"], each["other"]["woman_id"]} for each in pairs] == [{str(woman), str(other)}]
        again = await step(client, woman, f"requests/{request}/refusal", {"on": "2026-11-20", "reason": "属另一人"})
        assert again.status_code == 200, "the request was still open"


async def test_a_corrected_name_is_shown_and_finds_her(small: House) -> None:
    woman = await first(small)
    async with small.client() as client:
        asked = {"kind": "correction", "on": "2026-11-02", "field": "name", "wanted": "韦秀珍"}
        request = (await said(client, woman, "requests", asked)).json()["request_id"]
        assert (await step(client, woman, f"requests/{request}/acceptance", {"on": "2026-11-20"})).status_code == 200
        await settled(small)
        clear = {"ids": [str(woman)], "clear": True, "reason": "checking"}
        [shown] = (await client.post("/v1/women/names", json=clear)).json()["items"]
        assert shown["name"] == "韦秀珍"
        told = await rights_of(small, client, woman, clear=True, reason="checking")
        assert [each["kind"] for each in told["timeline"]] == ["request-made", "correction-accepted"]
        assert told["timeline"][0]["says"]["now"] == women()[0]["姓名"]


async def test_restricted_data_are_shown_to_nobody_but_who_decides_and_come_back_when_lifted(small: House) -> None:
    row, woman = women()[0], await first(small)
    stop = {"ground": "accuracy", "on": "2026-11-20", "reason": "本人称登记有误"}
    async with small.client() as client, small.client(TOWNSHIP, "cadre") as cadre:
        assert (await step(client, woman, "restriction", stop)).status_code == 200
        assert (await step(client, woman, "restriction", stop)).status_code == 409
        listed = {each["woman_id"]: each for each in (await cadre.get("/v1/women?limit=500")).json()["items"]}
        hers = listed[str(woman)]
        assert (hers["name"], hers["resident_id"], hers["phone"]) == (None, None, None), "counted, not shown"
        asked = {"ids": [str(woman)], "clear": True, "reason": "visit"}
        [nameless] = (await cadre.post("/v1/women/names", json=asked)).json()["items"]
        assert nameless["name"] is None
        assert (await client.get(f"/v1/women/{woman}")).json()["name"] is not None, "the county decides about it"
        async with small.client(COUNTY, "service") as service:
            rows = [{"ref": "1", "name": row["姓名"], "resident_id": row["证件号码"]}]
            [found] = (await service.post("/v1/resolve", json={"unit": COUNTY, "rows": rows})).json()["rows"]
            assert found["woman_id"] is None, "nothing is matched to her"
        again = await small.take_in(Path("s.xlsx"), COUNTY, content=book(ROWS, as_of="2017年12月31日"))
        assert again["totals"]["refused"] == 0, "storing goes on"
        other = await first(small, 1)
        merging = await small.decide(client, woman, "merge", {"into": str(other)})
        assert (merging.status_code, merging.json()["code"]) == (409, "rights.restricted")
        lifted = await step(client, woman, "lifting", {"on": "2026-11-25", "reason": "已核实"})
        assert lifted.status_code == 200
        assert (await cadre.get(f"/v1/women/{woman}")).json()["name"] is not None
    assert [each["ground"] for each in await published(small, "registry.processing-restricted.v1")] == ["accuracy"]
    assert len(await published(small, "registry.restriction-lifted.v1")) == 1


@pytest.mark.parametrize(
    ("role", "unit", "way", "status"),
    [
        ("reader", COUNTY, "notices", 403),
        ("partner", COUNTY, "notices", 403),
        ("cadre", DANJIANG, "notices", 404),
        ("cadre", TOWNSHIP, "notices", 200),
        ("cadre", COUNTY, "restriction", 403),
        ("federation", TOWNSHIP, "restriction", 403),
        ("federation", COUNTY, "restriction", 200),
    ],
)
async def test_who_may_write_down_and_who_may_decide(role: str, unit: str, way: str, status: int, small: House) -> None:
    woman = await first(small)
    bodies: dict[str, Any] = {
        "notices": {"purposes": ["registration"], "how": "in_person", "on": "2026-11-20"},
        "restriction": {"ground": "objection", "on": "2026-11-20", "reason": "本人要求"},
    }
    async with small.client(unit, role) as client:
        headers = {"If-Match": '"0"', **key()}
        answer = await client.post(f"/v1/women/{woman}/rights/{way}", json=bodies[way], headers=headers)
        assert answer.status_code == status, answer.text


async def test_an_erasure_blanks_every_word_that_was_said_about_her_rights(small: House) -> None:
    woman = await first(small)
    async with small.client() as client:
        paper = {"purpose": "bank", "on": "2026-11-02", "evidence": f"{CANARY}一"}
        await said(client, woman, "consents", paper)
        await said(client, woman, "withdrawals", {**paper, "evidence": f"{CANARY}二"})
        asked = {"kind": "correction", "on": "2026-11-02", "field": "name", "wanted": f"{CANARY}三"}
        request = (await said(client, woman, "requests", {**asked, "evidence": f"{CANARY}四"})).json()["request_id"]
        await step(client, woman, f"requests/{request}/acceptance", {"on": "2026-11-20"})
        second = (await said(client, woman, "requests", {"kind": "access", "on": "2026-11-02"})).json()["request_id"]
        await step(client, woman, f"requests/{second}/copy", {"on": "2026-11-20", "receiver": f"{CANARY}五"})
        third = (await said(client, woman, "requests", {"kind": "access", "on": "2026-11-02"})).json()["request_id"]
        await step(client, woman, f"requests/{third}/refusal", {"on": "2026-11-20", "reason": f"{CANARY}六"})
        await step(client, woman, "restriction", {"ground": "objection", "on": "2026-11-20", "reason": f"{CANARY}七"})
        await step(client, woman, "lifting", {"on": "2026-11-21", "reason": f"{CANARY}八"})
        before = await readable(small)
        assert {word for word in "一二三四五六七八" if f"{CANARY}{word}" in before} == set("一二三四五六七八")
        open_ = await said(client, woman, "requests", {"kind": "access", "on": "2026-11-02"})
        assert open_.status_code == 200
        await small.erase(client, woman)
        assert CANARY not in await readable(small)
        late = await said(client, woman, "notices", {"purposes": ["bank"], "how": "phone", "on": "2026-11-22"})
        assert (late.status_code, late.json()["code"]) == (422, "registry.erased")
        await settled(small)
        assert (await client.get("/v1/rights/requests")).json()["items"] == [], "nobody is left to answer"


async def test_her_record_in_clear_is_for_the_county_needs_a_reason_and_tells_who_looked(small: House) -> None:
    woman, row = await first(small), women()[0]
    async with small.client() as client, small.client(TOWNSHIP, "cadre") as cadre:
        bare = await client.post(f"/v1/women/{woman}/record", json={})
        assert (bare.status_code, bare.json()["code"]) == (422, "access.reason_missing")
        body = {"reason": "她申请查阅复制"}
        assert (await cadre.post(f"/v1/women/{woman}/record", json=body)).status_code == 403
        told = (await client.post(f"/v1/women/{woman}/record", json=body)).json()
        registered = next(each for each in told["timeline"] if each["kind"] == "woman-registered")
        assert (registered["says"]["name"], registered["body"]["as_of"]) == (row["姓名"], "2016-12-31")
        assert {each["kind"] for each in told["timeline"]} >= {"woman-registered", "household-registered"}
        assert [(each["actor"], each["reason"]) for each in told["lines"]] == [
            (f"federation-{COUNTY}", "她申请查阅复制")
        ]
    async with small.client(DANJIANG) as foreign:
        assert (await foreign.post(f"/v1/women/{woman}/record", json=body)).status_code in (403, 404)
