"""Courses by hand: opened, filled, refused by a rule, read back at once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.integration.training.house import House
from tests.unit.training.leishan import women

COURSE = {
    "title": "家政服务培训班",
    "trade": "家政服务",
    "organiser": "雷山县妇女联合会",
    "first_day": "2030-03-01",
    "last_day": "2030-03-10",
    "place": "丹江镇",
    "days": 10,
    "capacity": 2,
}
WOMEN = [woman for woman, _ in women()]


async def opened(client: httpx.AsyncClient, **changes: Any) -> UUID:
    answer = await client.post("/v1/courses", json=COURSE | changes)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def enrol(client: httpx.AsyncClient, course: UUID, woman: UUID, **more: Any) -> httpx.Response:
    body = {"woman_id": str(woman), "on": "2030-02-01"} | more
    return await client.post(f"/v1/courses/{course}/enrolments", json=body)


async def test_a_course_is_opened_filled_and_read_back(house: House) -> None:
    async with house.client() as client:
        course = await opened(client)
        answer = await enrol(client, course, WOMEN[0])
        assert answer.status_code == 201, answer.text
        token = {"Read-Token": answer.headers["Read-Token"], "Prefer": "wait=5"}
        read = await client.get(f"/v1/courses/{course}", headers=token)
        assert read.headers["ETag"] == answer.headers["ETag"]
        counts = {name: read.json()[name] for name in ("participants", "women", "registered_women", "capacity")}
        assert counts == {"participants": 1, "women": 1, "registered_women": 1, "capacity": 2}
        known = await client.get(f"/v1/courses/{course}", headers={"If-None-Match": read.headers["ETag"]})
        assert known.status_code == 304
        listed = (await client.get(f"/v1/courses/{course}/enrolments")).json()["items"]
        assert [item["woman_id"] for item in listed] == [str(WOMEN[0])]


async def test_enrolment_never_exceeds_capacity_however_many_apply_at_once(house: House) -> None:
    async with house.client() as client:
        course = await opened(client, capacity=3)
        answers = await asyncio.gather(*(enrol(client, course, woman) for woman in WOMEN[:10]))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [201] * 3 + [422] * 7
        refused = next(answer for answer in answers if answer.status_code == 422)
        assert refused.json()["code"] == "training.course_full"


async def test_enrolling_twice_and_after_the_end_is_refused(house: House) -> None:
    async with house.client() as client:
        course = await opened(client)
        assert (await enrol(client, course, WOMEN[0])).status_code == 201
        twice = await enrol(client, course, WOMEN[0])
        assert (twice.status_code, twice.json()["code"]) == (409, "training.already_enrolled")
        late = await enrol(client, course, WOMEN[1], on="2030-03-11")
        assert (late.status_code, late.json()["code"]) == (422, "training.course_finished")
        seen = await house.course_seen(client, course)
        assert (await client.post(f"/v1/courses/{course}/finish", headers={"If-Match": '"1"'})).status_code == 412
        assert (await client.post(f"/v1/courses/{course}/finish", headers=seen)).status_code == 200
        finished = await enrol(client, course, WOMEN[1])
        assert finished.json()["code"] == "training.course_finished"


async def test_attendance_is_recorded_published_and_corrected(house: House) -> None:
    async with house.client() as client:
        course = await opened(client)
        await enrol(client, course, WOMEN[0])
        address = f"/v1/courses/{course}/attendance"
        body = {"woman_id": str(WOMEN[0]), "days": 9, "result": "合格", "certificate": "GZ1"}
        seen = await house.enrolment_seen(client, course, WOMEN[0])
        assert (await client.post(address, json=body, headers=seen)).status_code == 200
        overwritten = await client.post(address, json=body | {"days": 8}, headers=seen)
        assert (overwritten.status_code, overwritten.json()["code"]) == (412, "events.stale")
        seen = await house.enrolment_seen(client, course, WOMEN[0])
        changed = await client.post(address, json=body | {"days": 8}, headers=seen)
        assert changed.status_code == 200
        seen = {"If-Match": changed.headers["ETag"]}
        beyond = await client.post(address, json=body | {"days": 11}, headers=seen)
        assert beyond.json()["code"] == "training.bad_attendance"
        nobody = await client.post(address, json=body | {"woman_id": str(WOMEN[1])}, headers=seen)
        assert nobody.json()["code"] == "training.enrolment_not_found"
    await house.projected()
    xid = await house.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    await house.runtime.wait_published(xid, 30)
    assert [fact["days"] for fact in await house.published("training.attended.v1")] == [9, 8]


async def test_the_same_request_is_answered_once(house: House) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    async with house.client() as client:
        course = await opened(client)
        body = {"woman_id": str(WOMEN[0]), "on": "2030-02-01"}
        first = await client.post(f"/v1/courses/{course}/enrolments", json=body, headers=key)
        again = await client.post(f"/v1/courses/{course}/enrolments", json=body, headers=key)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.content == again.content
        assert again.headers["Idempotency-Replayed"] == "true"
        other = await client.post(f"/v1/courses/{course}/enrolments", json=body | {"on": "2030-02-02"}, headers=key)
        assert other.status_code == 422


async def test_a_second_course_of_the_same_key_is_refused(house: House) -> None:
    async with house.client() as client:
        await opened(client)
        assert (await client.post("/v1/courses", json=COURSE)).status_code == 201
        answer = await client.post("/v1/courses", json=COURSE | {"capacity": 5})
        assert (answer.status_code, answer.json()["code"]) == (409, "training.course_exists")
        bad = await client.post("/v1/courses", json=COURSE | {"last_day": "2030-02-01", "place": "西江镇"})
        assert (bad.status_code, bad.json()["code"]) == (422, "training.bad_period")


async def test_courses_are_paged_newest_first(house: House) -> None:
    async with house.client() as client:
        for day in range(1, 8):
            await opened(client, first_day=f"2030-03-0{day}")
        await house.projected()
        days: list[str] = []
        address: str | None = "/v1/courses?limit=3"
        while address:
            page = (await client.get(address)).json()
            days += [item["first_day"] for item in page["items"]]
            address = page["next"]
        assert days == [f"2030-03-0{day}" for day in range(7, 0, -1)]
        assert (await client.get("/v1/courses?limitt=3")).status_code == 400
