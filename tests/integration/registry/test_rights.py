"""A township cadre sees nothing of another township: no name, no number, no count, no difference in an error."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, DANJIANG, XIJIANG, House, key

CANARY = "金丝雀"
PHONE = "15499990000"


async def planted(house: House) -> list[str]:
    """Women of 西江镇 with a canary in every field, and ours of 丹江镇; gives the ids of the first."""

    def mark(row: Row) -> None:
        if row["乡(镇)"] == "西江镇":
            row["姓名"] = CANARY + str(row["姓名"])[-1]
            row["联系电话"] = PHONE
            row["自然村"] = CANARY

    await house.take_in(
        Path("r.xlsx"), COUNTY, content=book([*rows_of("丹江镇", 20), *rows_of("西江镇", 20)], change=mark)
    )
    low, high = XIJIANG, XIJIANG[:9] + "999"
    rows = await house.runtime.pool.fetch(
        "SELECT woman_id, household_id FROM women WHERE division BETWEEN $1 AND $2", low, high
    )
    assert rows
    return [str(row[name]) for row in rows for name in ("woman_id", "household_id")]


async def every_answer(house: House, client: httpx.AsyncClient, ids: list[str]) -> list[httpx.Response]:
    """Every route of the registry, asked about another township's women in every way there is."""
    answers: list[httpx.Response] = []
    for path, operations in house.app.openapi()["paths"].items():
        for method in operations:
            for subject in [*ids[:4], XIJIANG]:
                if ("{code}" in path) != (subject == XIJIANG):
                    continue
                for name in ("woman_id", "household_id", "import_id", "job_id", "code"):
                    path_ = path.replace("{" + name + "}", subject)
                    if path_ != path:
                        break
                answers.append(await client.request(method, path_, headers=key(), json=body_of(path, ids)))
            if "{" not in path:
                answers.append(await client.request(method, path, headers=key(), json=body_of(path, ids)))
    for query in (f"?division={XIJIANG}", f"?division={COUNTY}", "?limit=500", "?limit=500&clear=true&reason=visit"):
        answers.append(await client.get(f"/v1/women{query}"))
    return answers


def body_of(path: str, ids: list[str]) -> Any:
    if path.endswith("/names"):
        return {"ids": ids, "clear": True, "reason": "visit"}
    if path.endswith(("/exit", "/return")):
        return {"valid": "2017-05"}
    if path.endswith("merge"):
        return {"into": ids[0]}
    if path.endswith("/resolve"):
        return {"unit": XIJIANG, "rows": [{"ref": "1", "name": CANARY}]}
    return None


async def test_no_route_tells_a_cadre_anything_of_another_township(house: House) -> None:
    ids = await planted(house)
    for role in ("cadre", "federation", "reader", "partner"):
        async with house.client(DANJIANG, role) as client:
            for answer in await every_answer(house, client, ids):
                told = (answer.text + json.dumps(dict(answer.headers))).replace(answer.request.url.path, "")
                for secret in (CANARY, PHONE, *ids):
                    assert secret not in told, f"{role}: {answer.request.method} {answer.request.url.path}"
                if answer.status_code < 400 and "/women" in answer.request.url.path:
                    assert XIJIANG[:9] not in answer.text


async def test_the_county_sees_the_canaries_so_the_search_above_can_find_them(house: House) -> None:
    await planted(house)
    async with house.client(COUNTY) as client:
        answer = await client.get("/v1/women", params={"limit": 500, "clear": "true", "reason": "visit"})
        assert CANARY in answer.text
        assert PHONE in answer.text


async def test_not_hers_and_not_there_are_one_answer_to_the_byte(house: House) -> None:
    ids = await planted(house)
    nobody = str(UUID(int=7))
    async with house.client(DANJIANG) as client:
        for suffix, method, body in (
            ("", "GET", None),
            ("/exit", "POST", {"valid": "2017-05"}),
            ("/return", "POST", {"valid": "2017-05"}),
            ("/erase", "POST", {"reason": "unlawful"}),
            ("/merge", "POST", {"into": nobody}),
            ("/unmerge", "POST", {"into": nobody}),
        ):
            answers = []
            for subject in (ids[0], nobody):
                headers = {
                    **key(),
                    "If-Match": '"1"',
                    "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01",
                    "x-request-id": "same",
                }
                answer = await client.request(method, f"/v1/women/{subject}{suffix}", json=body, headers=headers)
                answers.append((answer.status_code, answer.text.replace(subject, "ID"), sorted(answer.headers)))
            assert answers[0] == answers[1], suffix
            assert answers[0][0] == 404
        for division in (XIJIANG, COUNTY):
            answer = await client.get("/v1/women", params={"division": division})
            assert answer.status_code == 404


async def test_pages_and_names_hold_only_the_own_units_women(house: House) -> None:
    ids = await planted(house)
    async with house.client(DANJIANG, "cadre") as client:
        seen: list[str] = []
        address: str | None = "/v1/women?limit=3"
        while address:
            page = (await client.get(address)).json()
            seen += [woman["woman_id"] for woman in page["items"]]
            address = page["next"]
        own = await house.runtime.pool.fetchval(
            "SELECT count(*) FROM women WHERE division BETWEEN $1 AND $2", DANJIANG, DANJIANG[:9] + "999"
        )
        assert len(seen) == len(set(seen)) == own
        assert not set(seen) & set(ids)
        named = (await client.post("/v1/women/names", json={"ids": [*seen[:3], *ids]})).json()["items"]
        assert [item["woman_id"] for item in named] == seen[:3]


async def test_names_are_masked_and_clear_reading_needs_a_right_a_reason_and_leaves_a_trace(house: House) -> None:
    await planted(house)
    async with house.client(XIJIANG, "cadre") as client:
        masked = (await client.get("/v1/women")).json()["items"][0]
        assert masked["name"] == CANARY[0] + "*"
        assert "*" in masked["resident_id"]
        assert masked["phone"] == "154****0000"
        asked = await client.get("/v1/women", params={"clear": "true"})
        assert (asked.status_code, asked.json()["code"]) == (422, "access.reason_missing")
        other = await client.get("/v1/women", params={"clear": "true", "reason": "other"})
        assert (other.status_code, other.json()["code"]) == (422, "access.reason_missing")
        assert await house.runtime.pool.fetchval("SELECT count(*) FROM personal_reads") == 0
        clear = (
            await client.get(f"/v1/women/{masked['woman_id']}", params={"clear": "true", "reason": "visit"})
        ).json()
        assert clear["name"].startswith(CANARY)
    async with house.client(XIJIANG, "reader") as reader:
        refused = await reader.get("/v1/women", params={"clear": "true", "reason": "visit"})
        assert refused.status_code == 403
        assert "personal:read" in refused.text
    trail = await house.runtime.pool.fetch("SELECT actor, unit, reason, women FROM personal_reads")
    assert [(row["actor"], row["unit"], row["reason"]) for row in trail] == [(f"cadre-{XIJIANG}", XIJIANG, "visit")]
    assert [str(found) for found in trail[0]["women"]] == [masked["woman_id"]]


async def test_a_job_of_the_county_is_not_shown_to_a_township(house: House) -> None:
    async with house.client(COUNTY) as county:
        answer = await county.post("/v1/imports", params={"dry_run": "true"}, content=book(rows_of("西江镇", 5)))
        job = await house.job(county, answer)
    async with house.client(DANJIANG) as client:
        assert (await client.get(f"/v1/jobs/{job['id']}")).status_code == 404
        assert (await client.get(f"/v1/jobs/{uuid4()}")).status_code == 404
        assert (await client.get("/v1/jobs")).json()["items"] == []


async def test_nothing_personal_lies_in_clear_in_any_table(house: House) -> None:
    await planted(house)
    pool = house.runtime.pool
    tables = [row["t"] for row in await pool.fetch("SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'")]
    assert {"events", "published", "women", "persons", "jobs", "commands"} <= set(tables)
    ids = [str(row["证件号码"]) for row in rows_of("西江镇", 20)]
    for table in tables:
        content = "\n".join(row["r"] for row in await pool.fetch(f'SELECT t::text AS r FROM "{table}" t'))
        for text in (CANARY, PHONE, *ids):
            assert text not in content, f"{table} holds personal data in clear"
