"""What requests leave in the trail of a real service: who, whence, what, and how it ended."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from libs.access.principal import Principal
from libs.audit.verify import verify
from libs.events.verifying.check import snapshot
from libs.service.rates import Meter, Rates
from libs.values.division import Division
from tests.integration.registry.filled import new_issuer, with_divisions, with_register
from tests.integration.registry.house import COUNTY, NATION, XIJIANG, House, key
from tests.support.postgres import Databases

SUB = f"federation-{COUNTY}"


async def _trail(house: House, action: str | None = None) -> list[dict[str, Any]]:
    rows = await house.runtime.pool.fetch("SELECT * FROM audit_trail ORDER BY id")
    return [dict(row) for row in rows if action is None or row["action"] == action]


async def _woman(house: House) -> Any:
    return await house.runtime.pool.fetchrow("SELECT woman_id, version FROM women WHERE status <> 'exited' LIMIT 1")


async def test_a_change_is_noted_with_its_events_and_in_their_transaction(own_databases: Databases) -> None:
    async with House.open(*await with_register(own_databases), new_issuer()) as house, house.client() as client:
        woman = await _woman(house)
        before = len(await _trail(house))
        answer = await client.post(
            f"/v1/women/{woman['woman_id']}/exit",
            json={"valid": "2017-02", "reason": "income"},
            headers={**key(), "If-Match": f'"{woman["version"]}"', "X-Correlation-Id": str(uuid4())},
        )
        assert answer.status_code == 200, answer.text
        [entry] = (await _trail(house))[before:]
        events = await house.runtime.pool.fetch("SELECT position, meta FROM events ORDER BY position DESC LIMIT 1")
        assert (entry["actor"], entry["role"], entry["unit"]) == (SUB, "federation", COUNTY)
        assert (entry["outcome"], entry["object_id"]) == ("success", str(woman["woman_id"]))
        assert entry["correlation_id"] == events[0]["meta"]["correlation_id"]
        assert entry["trace_id"] in events[0]["meta"]["traceparent"]
        assert entry["detail"]["to"] == events[0]["position"]
        assert entry["session"], "the token by which it came"
        assert entry["address"] == "127.0.0.1"


async def test_refusals_and_failed_changes_are_noted(own_databases: Databases) -> None:
    async with House.open(*await with_register(own_databases), new_issuer()) as house:
        woman = (await _woman(house))["woman_id"]
        before = len(await _trail(house))
        async with house.client(XIJIANG, "reader") as reader:
            assert (await reader.get(f"/v1/women/{uuid4()}")).status_code == 404
            assert (await reader.post(f"/v1/women/{woman}/exit", json={})).status_code == 403
        async with house.client() as client:
            wrong = await client.post(f"/v1/women/{woman}/exit", json={"valid": "x"}, headers=key())
            assert wrong.status_code in {422, 428}
            client.headers["Authorization"] = "Bearer nonsense"
            assert (await client.get(f"/v1/women/{woman}")).status_code == 401
        entries = (await _trail(house))[before:]
        named = [entry["action"] for entry in entries]  # as the document calls them
        read, write = "women_read_woman", "decisions_report_exit"
        assert named == [read, write, write, read]
        found = [(each["actor"], each["outcome"], each["code"]) for each in entries]
        assert found == [
            (f"reader-{XIJIANG}", "refused", "404"),
            (f"reader-{XIJIANG}", "refused", "403"),
            (SUB, "failed", str(wrong.status_code)),
            (None, "refused", "401"),
        ]


async def test_what_no_route_answers_and_what_is_sent_back_unread_leaves_nothing(own_databases: Databases) -> None:
    async with House.open(*await with_register(own_databases), new_issuer()) as house, house.client() as client:
        before = len(await _trail(house))
        answers = [
            await client.post("/v1/nowhere", json={}),
            await client.put(f"/v1/women/{uuid4()}", json={}),
            await client.post("/v1/imports", content=b"x", headers={"Content-Encoding": "gzip"}),
            await client.post(f"/v1/women/{uuid4()}/exit", content=b"x", headers={**key(), "Content-Type": "text/csv"}),
        ]
        nobody = {"Authorization": "", "Content-Type": "application/json"}
        exit_ = f"/v1/women/{uuid4()}/exit"
        answers.append(await client.post(exit_, content=b"{", headers=nobody))
        answers.append(await client.post(exit_, content=b"{", headers={**nobody, "Content-Length": "99999999999"}))
        house.app.state.rates = Rates(Meter("client", 1, 60), Meter("address", 1, 60))
        answers += [await client.post(f"/v1/women/{uuid4()}/exit", json={}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [404, 405, 415, 415, 400, 413, 422, 429]
        assert [each["code"] for each in (await _trail(house))[before:]] == ["422"]


async def test_the_purpose_and_the_written_reason_of_an_export_stand_in_the_trail(own_databases: Databases) -> None:
    async with House.open(*await with_register(own_databases), new_issuer()) as house, house.client() as client:
        before = len(await _trail(house))
        path, reason = f"/v1/imports/{uuid4()}/refused", "更正被退回的三行"
        await client.get(path, params={"reason": reason}, headers={"Purpose": "correction"})
        [entry] = (await _trail(house))[before:]
        assert (entry["action"], entry["purpose"]) == ("import.refused_rows", "correction")
        assert entry["reason"] == reason


async def test_a_masked_read_leaves_nothing_and_a_clear_one_is_noted_with_its_reason(own_databases: Databases) -> None:
    async with House.open(*await with_register(own_databases), new_issuer()) as house, house.client() as client:
        woman = (await _woman(house))["woman_id"]
        before = len(await _trail(house))
        assert (await client.get(f"/v1/women/{woman}")).status_code == 200
        assert (await client.post("/v1/women/names", json={"ids": [str(woman)]})).status_code == 200
        assert len(await _trail(house)) == before
        clear = await client.get(f"/v1/women/{woman}", params={"clear": True, "reason": "visit"})
        assert clear.status_code == 200
        [entry] = (await _trail(house))[before:]
        assert (entry["action"], entry["reason"], entry["object_id"]) == ("personal.read", "visit", str(woman))
        assert clear.json()["name"] not in str(entry)


async def test_what_cannot_be_noted_is_not_answered_and_not_done(own_databases: Databases) -> None:
    async with House.open(*await with_register(own_databases), new_issuer()) as house, house.client() as client:
        woman = await _woman(house)
        pool = house.runtime.pool
        events = await pool.fetchval("SELECT count(*) FROM events")
        await pool.execute("ALTER TABLE audit_trail ADD CONSTRAINT full_disk CHECK (false) NOT VALID")
        clear = await client.get(f"/v1/women/{woman['woman_id']}", params={"clear": True, "reason": "visit"})
        assert (clear.status_code, clear.json()["code"]) == (503, "audit.unavailable")
        change = await client.post(
            f"/v1/women/{woman['woman_id']}/exit",
            json={"valid": "2017-02", "reason": "income"},
            headers={**key(), "If-Match": f'"{woman["version"]}"'},
        )
        assert (change.status_code, change.json()["code"]) == (503, "audit.unavailable")
        assert await pool.fetchval("SELECT count(*) FROM events") == events
        await pool.execute("ALTER TABLE audit_trail DROP CONSTRAINT full_disk")
        assert (await client.get(f"/v1/women/{woman['woman_id']}")).status_code == 200


async def test_an_import_is_noted_under_whoever_sent_the_file(own_databases: Databases) -> None:
    async with House.open(*await with_divisions(own_databases), new_issuer()) as house:
        await house.divisions()
        noted = [each for each in await _trail(house) if each["detail"].get("by")]
        assert {each["actor"] for each in noted} == {f"federation-{NATION}"}
        assert sum(
            each["detail"].get("events", 0) for each in await _trail(house)
        ) == await house.runtime.pool.fetchval("SELECT count(*) FROM events")


async def test_a_service_seals_its_trail_while_it_runs(own_databases: Databases) -> None:
    dsn, keys_dsn = await with_register(own_databases)
    async with House.open(dsn, keys_dsn, new_issuer()) as house, house.client() as client:
        assert (await client.get(f"/v1/women/{uuid4()}")).status_code == 404
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT count(*) FROM audit_unsealed") == 0
    assert await connection.fetchval("SELECT count(*) FROM audit_chain") > 0
    await connection.close()
    async with snapshot(dsn) as found:
        checks = await verify(found, "registry", None, None)
    assert [check.faults for check in checks] == [[], [], []]


async def test_an_auditor_reads_the_trail_of_his_units_and_is_noted_himself(own_databases: Databases) -> None:
    async with House.open(*await with_register(own_databases), new_issuer()) as house:
        async with house.client(XIJIANG, "reader") as reader:
            await reader.get(f"/v1/women/{uuid4()}")
            assert (await reader.get("/v1/audit")).status_code == 403
        async with auditor(house, COUNTY) as client:
            refused = (await client.get("/v1/audit", params={"outcome": "refused"})).json()["items"]
            assert [(item["actor"], item["code"]) for item in refused] == [
                (f"reader-{XIJIANG}", "403"),
                (f"reader-{XIJIANG}", "404"),
            ]
            first = (await client.get("/v1/audit", params={"limit": 2, "action": "audit.viewed"})).json()
            assert [item["actor"] for item in first["items"]] == [f"auditor-{COUNTY}"]
            seen, address = [], "/v1/audit?limit=500"
            while address:
                page = (await client.get(address)).json()
                seen += [item["id"] for item in page["items"]]
                address = page["next"]
            assert seen == sorted(set(seen), reverse=True)
        async with auditor(house, "522635000000") as elsewhere:
            assert (await elsewhere.get("/v1/audit", params={"outcome": "refused"})).json()["items"] == []


def auditor(house: House, division: str) -> httpx.AsyncClient:
    """A client with the one right of an auditor."""
    principal = Principal(f"auditor-{division}", "", "auditor", Division(division), frozenset({"audit:read"}))
    headers = {"Authorization": f"Bearer {house.issuer.user_token(principal)}"}
    transport = httpx.ASGITransport(app=house.app)
    return httpx.AsyncClient(transport=transport, base_url="http://registry", headers=headers)
