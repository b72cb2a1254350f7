"""Activities over REST: planned, held, reported, corrected, cancelled; told to the world; seen in their units only."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.outreach.projections import activities, reach
from tests.integration.outreach.conftest import DANJIANG, XIJIANG
from tests.support.part_house import COUNTY, PartHouse
from tests.support.plans import scanned

PLAN = {"topic": "policy", "title": "政策宣讲", "form": "院坝会", "first_day": "2017-07-03", "last_day": "2017-07-03"}
DAYS = {"first_day": "2017-07-03", "last_day": "2017-07-03"}
REPORT = {"sessions": 1, "attendances": 244, "women_attendances": 168, "registered_attendances": 95, "materials": 366}


async def planned(client: httpx.AsyncClient, division: str | None = None, **changes: Any) -> httpx.Response:
    query = {"division": division} if division else {}
    answer = await client.post("/v1/activities", params=query, json=PLAN | changes)
    assert answer.status_code == 201, answer.text
    return answer


async def held(client: httpx.AsyncClient, division: str | None = None, **changes: Any) -> httpx.Response:
    """The answer to the holding; its address is that of the activity."""
    answer = await planned(client, division, **changes)
    days = {name: (PLAN | changes)[name] for name in DAYS}
    done = await client.post(f"{answer.headers['Location']}/holding", json=days, headers=seen(answer))
    assert done.status_code == 200, done.text
    done.headers["Location"] = answer.headers["Location"]
    return done


async def reported(client: httpx.AsyncClient, division: str | None = None, **changes: Any) -> str:
    answer = await held(client, division, **changes)
    address = answer.headers["Location"]
    done = await client.post(f"{address}/report", json=REPORT, headers=seen(answer))
    assert done.status_code == 200, done.text
    return address


def seen(answer: httpx.Response) -> dict[str, str]:
    return {"If-Match": answer.headers["ETag"]}


async def test_an_activity_is_planned_held_reported_corrected_and_read_back(house: PartHouse) -> None:
    async with house.client() as client:
        answer = await held(client, DANJIANG)
        address = answer.headers["Location"]
        early = await client.post(f"{address}/report", json=REPORT, headers={"If-Match": '"1"'})
        assert (early.status_code, early.json()["code"]) == (412, "events.stale")
        first = await client.post(f"{address}/report", json=REPORT, headers=seen(answer))
        wrong = await client.post(f"{address}/report", json=REPORT | {"women_attendances": 245}, headers=seen(first))
        assert (wrong.status_code, wrong.json()["code"]) == (422, "outreach.bad_count")
        again = await client.post(f"{address}/report", json=REPORT | {"materials": 300}, headers=seen(first))
        await client.post(
            f"{address}/awareness", json={"when": "before", "asked": 30, "aware": 12}, headers=seen(again)
        )
        await house.projected()
        read = await client.get(address)
        row = read.json()
    assert (row["unit"], row["division"], row["phase"]) == (COUNTY, DANJIANG, "reported")
    assert {name: row[name] for name in REPORT} == REPORT | {"materials": 300}
    assert (row["asked_before"], row["aware_before"], row["asked_after"]) == (30, 12, None)
    assert [fact["materials"] for fact in await house.published("outreach.activity-reported.v1")] == [366, 300]


async def test_a_cancelled_activity_says_why_and_is_told(house: PartHouse) -> None:
    async with house.client() as client:
        answer = await planned(client)
        address = answer.headers["Location"]
        body = {"reason": "called_off"}
        assert (await client.post(f"{address}/cancellation", json=body, headers=seen(answer))).status_code == 200
        await house.projected()
        assert {**(await client.get(address)).json(), "phase": "cancelled", "reason": "called_off"} == (
            await client.get(address)
        ).json()
        listed = await client.get("/v1/activities", params={"phase": "planned"})
        assert listed.json()["items"] == []
    (told,) = await house.published("outreach.activity-cancelled.v1")
    assert told["reason"] == "called_off"


async def test_the_same_request_is_answered_once(house: PartHouse) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    async with house.client() as client:
        first = await client.post("/v1/activities", json=PLAN, headers=key)
        again = await client.post("/v1/activities", json=PLAN, headers=key)
        assert (first.content, first.headers["Location"]) == (again.content, again.headers["Location"])


async def test_a_list_is_paged_the_newest_first_and_by_topic(house: PartHouse) -> None:
    async with house.client() as client:
        for day in range(1, 6):
            date = f"2017-07-0{day}"
            await planned(client, topic="screening" if day == 3 else "policy", first_day=date, last_day=date)
        await house.projected()
        days: list[str] = []
        address: str | None = "/v1/activities?limit=2"
        while address:
            page = (await client.get(address)).json()
            days += [item["first_day"] for item in page["items"]]
            address = page["next"]
        assert days == [f"2017-07-0{day}" for day in range(5, 0, -1)]
        found = (await client.get("/v1/activities", params={"topic": "screening"})).json()["items"]
        assert [item["first_day"] for item in found] == ["2017-07-03"]


async def test_a_unit_sees_its_own_and_what_is_above_and_changes_its_own_only(house: PartHouse) -> None:
    async with house.client(DANJIANG, "cadre") as client:
        own = (await planned(client)).headers["Location"]
        for query in ({"unit": XIJIANG}, {"division": XIJIANG}, {"unit": COUNTY}):
            assert (await client.post("/v1/activities", params=query, json=PLAN)).status_code == 404
    async with house.client() as client:
        above = await planned(client, XIJIANG)
    await house.projected()
    async with house.client(DANJIANG) as client:
        assert len((await client.get("/v1/activities")).json()["items"]) == 2
        refused = await client.post(f"{above.headers['Location']}/holding", json=DAYS, headers=seen(above))
        assert (refused.status_code, refused.json()["code"]) == (404, "outreach.activity_not_found")
    async with house.client(XIJIANG) as client:
        assert (await client.get(own)).status_code == 404
        assert len((await client.get("/v1/activities")).json()["items"]) == 1
    async with house.client(role="reader") as client:
        assert (await client.get("/v1/activities")).status_code == 403


FILL = """
INSERT INTO activities SELECT gen_random_uuid(), '52' || lpad((n % 9000)::text, 4, '0') || '000000',
    '52' || lpad((n % 9000)::text, 4, '0') || '100000', 'policy', 't', 'f', date '2017-01-01' + n % 900,
    date '2020-01-01', NULL, NULL, 'reported', NULL, 1, 9, 5, 2, 0, NULL, NULL, NULL, NULL, 1
FROM generate_series(1, 20000) n;
INSERT INTO women SELECT gen_random_uuid(), '52' || lpad((n % 9000)::text, 10, '0'), 'not_exited', n
FROM generate_series(100, 20000) n;
INSERT INTO reached SELECT a.activity_id, w.woman_id, w.division, 'policy', a.first_day, 1
FROM (SELECT * FROM activities LIMIT 400) a
CROSS JOIN LATERAL (SELECT * FROM women ORDER BY a.activity_id, woman_id LIMIT 50) w;
ANALYZE;
"""
SCOPE = ("520000100000", "520000199999")
WHEN = ("2017-01-01", "2017-03-31")
QUERIES = (
    (activities.LIST, (*SCOPE, [], None, None, None, None, 51), set()),
    (activities.READ, (*SCOPE, [], uuid4()), set()),
    (reach.LISTED, (uuid4(), *SCOPE, None, 51), set()),
    (reach.REGISTERED, (*SCOPE, 9), set()),
)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_no_query_reads_a_growing_table_from_end_to_end(house: PartHouse, mode: str) -> None:
    async with house.runtime.pool.acquire() as connection:
        await connection.execute(FILL)
        for query, values, allowed in QUERIES:
            found = await scanned(connection, mode, query, values)
            assert found - {"aliases"} <= allowed, query
