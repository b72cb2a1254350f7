"""What people report and decide about one woman, over the API."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.values.resident_id import key as first18
from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, House, key

UNLAWFUL = {"reason": "unlawful"}
ROWS = rows_of("方祥乡", 30)


@pytest.fixture
async def small(house: House) -> House:
    """A registry with some households of one township."""
    await house.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS))
    return house


async def women(house: House, status: str) -> list[str]:
    rows = await house.runtime.pool.fetch("SELECT woman_id FROM women WHERE status = $1 ORDER BY 1", status)
    return [str(row["woman_id"]) for row in rows]


async def shown(client: httpx.AsyncClient, woman: str, token: str | None = None) -> httpx.Response:
    headers = {"Read-Token": token, "Prefer": "wait=10"} if token else {}
    return await client.get(f"/v1/women/{woman}", headers=headers)


async def published(house: House, kind: str) -> list[dict[str, Any]]:
    """Bodies of the published records of a kind, once the publisher has caught up."""
    xid = await house.runtime.pool.fetchval("SELECT max(xid) FROM events")
    await house.runtime.wait_published(xid, 10)
    rows = await house.runtime.pool.fetch(
        "SELECT data FROM published WHERE type = $1 ORDER BY number", f"registry.{kind}.v1"
    )
    return [row["data"] for row in rows]


async def test_an_exit_is_reported_once_read_back_and_published(small: House) -> None:
    woman = (await women(small, "not_exited"))[0]
    body = {"valid": "2017-05", "reason": "收入稳定"}
    headers = key()
    async with small.client(COUNTY, "partner") as client:
        first = await shown(client, woman)
        assert first.headers["etag"] == '"1"'
        assert (await client.get(f"/v1/women/{woman}", headers={"If-None-Match": '"1"'})).status_code == 304
        done = await client.post(f"/v1/women/{woman}/exit", json=body, headers={**headers, "If-Match": '"1"'})
        assert done.status_code == 200, done.text
        assert done.headers["etag"] == '"2"'
        again = await client.post(f"/v1/women/{woman}/exit", json=body, headers={**headers, "If-Match": '"1"'})
        assert again.content == done.content
        assert again.headers["idempotency-replayed"] == "true"
        after = await shown(client, woman, done.headers["read-token"])
        assert (after.json()["status"], after.headers["etag"]) == ("exited", '"2"')
    told = await published(small, "woman-exited")
    assert [(fact["woman_id"], fact["valid"], fact["source"]) for fact in told] == [
        (woman, "2017-05", "poverty_office")
    ]


async def test_the_rules_of_exit_and_return_are_named_in_the_refusal(small: House) -> None:
    woman, out = (await women(small, "not_exited"))[0], (await women(small, "exited"))[0]
    async with small.client() as client:
        for subject, way, valid, status, code in (
            (out, "exit", "2017-05", 409, "registry.already_exited"),
            (woman, "return", "2017-05", 409, "registry.not_exited"),
            (woman, "exit", "2015", 422, "registry.older_than_known"),
            (woman, "exit", "2999-01", 422, "registry.in_the_future"),
            (woman, "exit", "gestern", 422, "valid_date.bad_form"),
        ):
            answer = await client.post(f"/v1/women/{subject}/{way}", json={"valid": valid}, headers=key())
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        stale = await client.post(
            f"/v1/women/{woman}/exit", json={"valid": "2017-05"}, headers={**key(), "If-Match": '"7"'}
        )
        assert stale.status_code == 412
        client.event_hooks = {}  # no key is added any more
        keyless = await client.post(f"/v1/women/{woman}/exit", json={"valid": "2017-05"})
        assert keyless.status_code == 400
    assert await published(small, "woman-exited") == []


async def test_a_return_follows_an_exit_and_a_new_exit_follows_it(small: House) -> None:
    out = (await women(small, "exited"))[0]
    async with small.client() as client:
        back = await client.post(f"/v1/women/{out}/return", json={"valid": "2017-03"}, headers=key())
        assert back.status_code == 200, back.text
        again = await client.post(f"/v1/women/{out}/exit", json={"valid": "2017-08-01"}, headers=key())
        assert again.status_code == 200, again.text
    assert len(await published(small, "woman-returned")) == 1


async def test_two_records_become_one_woman_and_two_again(small: House) -> None:
    one, other = (await women(small, "not_exited"))[:2]
    async with small.client() as client:
        merged = await small.decide(client, other, "merge", {"into": one})
        assert merged.status_code == 200, merged.text
        stale = await client.post(f"/v1/women/{other}/merge", json={"into": one}, headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "events.stale")
        assert (await client.post(f"/v1/women/{other}/unmerge", json={"into": one})).status_code == 428
        twice = await small.decide(client, other, "merge", {"into": one})
        assert twice.content == merged.content
        listed = (await shown(client, other, merged.headers["read-token"])).json()
        assert listed["merged_into"] == one
        everybody = (await client.get("/v1/women", params={"limit": 500})).json()["items"]
        assert other not in {item["woman_id"] for item in everybody}
        chain = await small.decide(client, one, "merge", {"into": other})
        assert (chain.status_code, chain.json()["code"]) == (409, "registry.merged")
        row = await roster_row(small, other)
        assert (await resolved(small, row))["woman_id"] == one, "a roster with her old id finds the survivor"
        assert str(await small.runtime.pool.fetchval("SELECT canonical_id($1)", other)) == one
        parted = await small.decide(client, other, "unmerge", {"into": one})
        assert parted.status_code == 200, parted.text
        assert (await shown(client, other, parted.headers["read-token"])).json()["merged_into"] is None
        assert (await resolved(small, row))["woman_id"] == other
    assert [fact["merged_id"] for fact in await published(small, "woman-merged")] == [other]
    assert [fact["survivor_id"] for fact in await published(small, "woman-unmerged")] == [one]


async def test_a_register_that_names_a_merged_record_leaves_the_survivor_alone(small: House) -> None:
    one, other = (await women(small, "not_exited"))[:2]
    async with small.client() as client:
        await small.decide(client, other, "merge", {"into": one})
    result = await small.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS))
    skipped = [row for row in result["rows"] if row["outcome"] == "skipped"]
    assert [row["findings"][-1]["rule"] for row in skipped] == ["merged_record"]
    versions = await small.runtime.pool.fetch("SELECT type FROM events WHERE stream_id = $1 ORDER BY version", one)
    assert [row["type"] for row in versions] == ["woman-registered", "woman-absorbed"]


async def test_an_erased_woman_is_blank_everywhere_for_ever(small: House) -> None:
    woman = (await women(small, "not_exited"))[0]
    row = await roster_row(small, woman)
    async with small.client() as client:
        done = await small.erase(client, woman)
        blank = (await shown(client, woman, done.headers["read-token"])).json()
        assert (blank["name"], blank["resident_id"], blank["phone"], blank["erased"]) == (None, None, None, True)
        await small.erase(client, woman)
        report = await client.post(f"/v1/women/{woman}/exit", json={"valid": "2017-05"}, headers=key())
        assert (report.status_code, report.json()["code"]) == (422, "registry.erased")
    assert (await resolved(small, row))["match"] == "not_in_register"
    assert [fact["woman_id"] for fact in await published(small, "woman-erased")] == [woman]
    events = await small.runtime.pool.fetch("SELECT data FROM events WHERE stream_id = $1 ORDER BY version", woman)
    sealed = events[0]["data"]["personal"]["name"]["sealed"]
    assert await small.vault.open_many([(woman, sealed)]) == [None]
    again = await small.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS))
    refused = [answer for answer in again["rows"] if answer["outcome"] == "refused"]
    assert [answer["findings"][-1]["rule"] for answer in refused] == ["person_erased"]


async def test_with_the_last_woman_of_a_household_its_contact_data_go(small: House) -> None:
    pool = small.runtime.pool
    household = await pool.fetchval("SELECT household_id FROM households WHERE women = 2 LIMIT 1")
    both = [
        str(row["woman_id"])
        for row in await pool.fetch("SELECT woman_id FROM women WHERE household_id = $1", household)
    ]
    async with small.client() as client:
        await small.erase(client, both[0])
        assert (await client.get(f"/v1/households/{household}")).json()["code"] is not None
        await small.erase(client, both[1])
        blank = (await client.get(f"/v1/households/{household}")).json()
    assert (blank["code"], blank["hamlet"], blank["phone"]) == (None, None, None)
    again = await small.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS))
    assert again["totals"]["refused"] == 2


async def test_readers_may_decide_nothing(small: House) -> None:
    woman = (await women(small, "not_exited"))[0]
    async with small.client(COUNTY, "cadre") as cadre:
        for way in ("exit", "return", "merge", "unmerge", "erase"):
            answer = await cadre.post(f"/v1/women/{woman}/{way}", json={}, headers=key())
            assert answer.status_code == 403
    async with small.client(COUNTY, "partner") as partner:
        assert (await partner.post(f"/v1/women/{woman}/erase", json=UNLAWFUL)).status_code == 403


async def test_a_household_is_masked_and_in_clear_only_with_a_reason_that_is_noted(small: House) -> None:
    found = await small.runtime.pool.fetchval("SELECT household_id FROM households LIMIT 1")
    async with small.client() as client:
        body = (await client.get(f"/v1/households/{found}")).json()
        assert body["phone"][3:7] == "****"
        assert (body["code"][:1], body["hamlet"]) == ("*", None)
        assert (await client.get(f"/v1/households/{found}", params={"clear": True})).status_code == 422
        reason = {"clear": True, "reason": "她搬了家，核对地址"}
        clear = (await client.get(f"/v1/households/{found}", params=reason)).json()
    assert clear["code"] in {row["户编号"] for row in ROWS}
    trail = await small.runtime.pool.fetch(
        "SELECT action, outcome, reason FROM audit_trail WHERE object_id = $1 ORDER BY id", str(found)
    )
    assert [tuple(row) for row in trail] == [
        ("household.opened", "success", None),
        ("household.opened", "failed", None),
        ("personal.read", "success", reason["reason"]),
    ]


async def roster_row(house: House, woman: str) -> dict[str, str]:
    """A roster row with her name and id, read as the county may."""
    async with house.client() as client:
        body = {"ids": [woman], "clear": True, "reason": "checking"}
        item = (await client.post("/v1/women/names", json=body)).json()["items"][0]
    return {"ref": "1", "name": item["name"], "resident_id": first18(item["resident_id"])}


async def resolved(house: House, row: dict[str, str]) -> dict[str, Any]:
    async with house.client(COUNTY, "service") as client:
        answer: Row = (await client.post("/v1/resolve", json={"unit": COUNTY, "rows": [row]})).json()["rows"][0]
    return answer
