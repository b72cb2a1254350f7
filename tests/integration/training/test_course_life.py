"""The life of a course over REST: sessions, moves, seats and cancellation, with what follows for those in it."""

from typing import Any
from uuid import UUID

import httpx

from libs.events.wake import Pulse, until
from tests.integration.training.house import House
from tests.integration.training.test_courses import COURSE, WOMEN, enrol, opened
from tests.unit.training.leishan import REGISTER, township_of

SESSIONS = [{"day": f"2030-03-0{day}", "start": "09:00", "hours": 8} for day in range(1, 5)]


async def change(house: House, client: httpx.AsyncClient, course: UUID, way: str, **body: Any) -> httpx.Response:
    """A change to the course as it is now."""
    seen = await house.course_seen(client, course)
    answer = await client.post(f"/v1/courses/{course}/{way}", json=body, headers=seen)
    await house.projected()
    return answer


async def done(house: House, client: httpx.AsyncClient, course: UUID, way: str, **body: Any) -> dict[str, Any]:
    """The same, and what the course is after it."""
    answer = await change(house, client, course, way, **body)
    assert answer.is_success, answer.text
    read: dict[str, Any] = (await client.get(f"/v1/courses/{course}")).json()
    assert read["version"] == answer.json()["version"] >= 2
    return read


async def sessions(client: httpx.AsyncClient, course: UUID) -> list[tuple[int, str, str]]:
    items = (await client.get(f"/v1/courses/{course}/sessions")).json()["items"]
    return [(item["number"], item["day"], item["state"]) for item in items]


async def test_sessions_are_planned_moved_and_cancelled_and_the_days_follow(house: House) -> None:
    async with house.client() as client:
        course = await opened(client)
        assert (await done(house, client, course, "sessions", sessions=SESSIONS))["days"] == 4
        later = {"day": "2030-03-12", "place": "西江镇", "reason": "weather"}
        read = await done(house, client, course, "sessions/4/change", **later)
        assert (read["days"], read["last_day"]) == (4, "2030-03-12")
        assert (await done(house, client, course, "sessions/2/cancel", reason="trainer"))["days"] == 3
        assert await sessions(client, course) == [
            (1, "2030-03-01", "planned"), (2, "2030-03-02", "cancelled"), (3, "2030-03-03", "planned"),
            (4, "2030-03-12", "planned"),
        ]  # fmt: skip
        items = (await client.get(f"/v1/courses/{course}/sessions")).json()["items"]
        told = [(item["reason"], item["was_day"], item["place"]) for item in items]
        assert told == [
            (None, None, None), ("trainer", None, None), (None, None, None), ("weather", "2030-03-04", "西江镇")
        ]  # fmt: skip


async def test_a_course_is_moved_and_says_why_and_from_when(house: House) -> None:
    async with house.client() as client:
        course = await opened(client)
        await done(house, client, course, "sessions", sessions=SESSIONS)
        read = await done(house, client, course, "move", first_day="2030-03-11", place="西江镇", reason="weather")
        assert (read["first_day"], read["last_day"], read["place"]) == ("2030-03-11", "2030-03-20", "西江镇")
        assert (read["was_first_day"], read["was_place"]) == ("2030-03-01", "丹江镇")
        assert read["moved_reason"] == "weather"
        assert [day for _, day, _ in await sessions(client, course)] == [f"2030-03-1{day}" for day in range(1, 5)]
        for key in ({}, {"first_day": "2030-03-11", "last_day": "2030-03-20", "place": "西江镇"}):
            again = await client.post("/v1/courses", json=COURSE | key | {"capacity": 9})
            assert (again.status_code, again.json()["code"]) == (409, "training.course_exists")


async def test_no_course_is_moved_to_where_another_is_and_nothing_of_it_is_kept(house: House) -> None:
    async with house.client() as client:
        course, other = await opened(client), await opened(client, place="西江镇")
        refused = await change(house, client, course, "move", place="西江镇", reason="venue")
        assert (refused.status_code, refused.json()["code"]) == (409, "training.course_exists")
        assert (await client.get(f"/v1/courses/{course}")).json()["place"] == "丹江镇"
        assert course != other


async def test_more_seats_are_offered_to_who_waits_and_never_fewer_than_are_taken(house: House) -> None:
    async with house.client() as client:
        course = await opened(client, capacity=1)
        await enrol(client, course, WOMEN[0])
        for woman in WOMEN[1:3]:
            await client.post(f"/v1/courses/{course}/waitlist", json={"woman_id": str(woman)})
        await done(house, client, course, "capacity", capacity=2)
        assert await until(lambda: states(client, course, "offered", 1), Pulse(), 20)
        refused = await change(house, client, course, "capacity", capacity=1)
        assert (refused.status_code, refused.json()["code"]) == (422, "training.capacity_below_seats")


async def states(client: httpx.AsyncClient, course: UUID, state: str, count: int) -> bool:
    items = (await client.get(f"/v1/courses/{course}/waitlist")).json()["items"]
    return sum(item["state"] == state for item in items) == count


async def test_a_cancelled_course_releases_everybody_and_takes_nobody(house: House) -> None:
    async with house.client() as client:
        course = await opened(client, capacity=1)
        await enrol(client, course, WOMEN[0])
        seen = await house.enrolment_seen(client, course, WOMEN[0])
        body = {"woman_id": str(WOMEN[0]), "days": 9}
        assert (await client.post(f"/v1/courses/{course}/attendance", json=body, headers=seen)).is_success
        await client.post(f"/v1/courses/{course}/waitlist", json={"woman_id": str(WOMEN[1])})
        read = await done(house, client, course, "cancel", reason="too_few")
        assert (read["cancelled_reason"], read["cancelled_on"] is not None) == ("too_few", True)
        assert await until(lambda: states(client, course, "left", 1), Pulse(), 20)
        assert await until(lambda: _empty(house, client, course), Pulse(), 20)
        for way, asked in (("enrolments", {"on": "2030-02-01"}), ("waitlist", {})):
            body = {"woman_id": str(WOMEN[2])} | asked
            answer = await client.post(f"/v1/courses/{course}/{way}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "training.course_cancelled")
        refused = await change(house, client, course, "capacity", capacity=9)
        assert refused.json()["code"] == "training.course_cancelled"
    assert len(await house.published("training.course-cancelled.v1")) == 1
    assert [fact["woman_id"] for fact in await house.published("training.withdrawn.v1")] == [str(WOMEN[0])]


async def _empty(house: House, client: httpx.AsyncClient, course: UUID) -> bool:
    """Nobody sits there, nobody is enrolled, and the world was told."""
    await house.projected()
    read = (await client.get(f"/v1/courses/{course}")).json()
    listed = (await client.get(f"/v1/courses/{course}/enrolments")).json()["items"]
    told = await house.published("training.course-headcount.v1")
    return (read["participants"], listed, told[-1]["participants"]) == (0, [], 0)


async def test_a_cancelled_course_is_held_after_all_when_it_is_opened_again(house: House) -> None:
    async with house.client() as client:
        course = await opened(client)
        await done(house, client, course, "sessions", sessions=SESSIONS)
        await done(house, client, course, "cancel", reason="wrong_entry")
        assert await opened(client, capacity=7) == course
        await house.projected()
        read = (await client.get(f"/v1/courses/{course}")).json()
        assert (read["cancelled_on"], read["capacity"], read["days"]) == (None, 7, 10)
        assert await sessions(client, course) == []
        assert (await enrol(client, course, WOMEN[0])).status_code == 201


async def test_a_class_that_was_never_held_takes_its_roster_back(house: House) -> None:
    answer = await house.roster(REGISTER)
    (course,) = {UUID(each["course_id"]) for each in answer["courses"]}
    async with house.client() as client:
        assert (await client.get("/v1/waiting")).json()["items"]
        await done(house, client, course, "cancel", reason="not_held")
        assert await until(lambda: _empty(house, client, course), Pulse(), 20)
        assert (await client.get("/v1/waiting")).json()["items"] == [], "nobody decides about rows of no class"
    assert len(await house.published("training.withdrawn.v1")) == answer["totals"]["women_matched"]


async def test_only_its_own_unit_changes_a_course(house: House) -> None:
    async with house.client() as client:
        course = await opened(client)
        await done(house, client, course, "sessions", sessions=SESSIONS)
    mine = township_of("522634198804256703")
    ways = {
        "move": {"place": "西江镇", "reason": "venue"}, "capacity": {"capacity": 9}, "cancel": {"reason": "venue"},
        "sessions": {"sessions": SESSIONS}, "sessions/1/cancel": {"reason": "venue"},
        "sessions/1/change": {"day": "2030-03-09", "reason": "venue"},
    }  # fmt: skip
    for unit in (mine, "522635000000"):
        async with house.client(unit) as client:
            for way, body in ways.items():
                for asked in (course, UUID(int=5)):
                    answer = await client.post(f"/v1/courses/{asked}/{way}", json=body, headers={"If-Match": '"2"'})
                    assert (answer.status_code, answer.json()["code"]) == (404, "training.course_not_found")
    async with house.client(mine) as client:
        assert len(await sessions(client, course)) == 4, "who sees the course sees when it is held"


async def test_an_older_version_changes_nothing(house: House) -> None:
    async with house.client() as client:
        course = await opened(client)
        await done(house, client, course, "sessions", sessions=SESSIONS)
        old = {"If-Match": '"1"'}
        answer = await client.post(f"/v1/courses/{course}/cancel", json={"reason": "venue"}, headers=old)
        assert (answer.status_code, answer.json()["code"]) == (412, "events.stale")
        assert len(await sessions(client, course)) == 4
