"""A woman goes to another course before hers begins: once, whole or not at all."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from libs.events.wake import Pulse, until
from tests.integration.training.house import House
from tests.integration.training.test_course_life import states
from tests.integration.training.test_courses import WOMEN, enrol, opened


async def transfer(
    house: House, client: httpx.AsyncClient, course: UUID, woman: UUID, to: UUID, key: str = ""
) -> httpx.Response:
    seen = await house.enrolment_seen(client, course, woman)
    headers = seen | {"Idempotency-Key": key or str(uuid4())}
    body = {"course_id": str(to)}
    answer = await client.post(f"/v1/courses/{course}/enrolments/{woman}/transfer", json=body, headers=headers)
    await house.projected()
    return answer


async def sitting(client: httpx.AsyncClient, course: UUID) -> set[UUID]:
    items = (await client.get(f"/v1/courses/{course}/enrolments")).json()["items"]
    return {UUID(item["woman_id"]) for item in items}


async def test_she_leaves_here_and_sits_there_and_asked_again_nothing_happens(house: House) -> None:
    async with house.client() as client:
        here, there = await opened(client), await opened(client, place="西江镇")
        await enrol(client, here, WOMEN[0])
        seen = await house.enrolment_seen(client, here, WOMEN[0])
        address, body = f"/v1/courses/{here}/enrolments/{WOMEN[0]}/transfer", {"course_id": str(there)}
        headers = seen | {"Idempotency-Key": "once"}
        answers = [await client.post(address, json=body, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
        assert answers[0].content == answers[1].content
        await house.projected()
        assert (await sitting(client, here), await sitting(client, there)) == (set(), {WOMEN[0]})
        assert (await client.get(f"/v1/courses/{here}")).json()["participants"] == 0


async def test_where_it_is_full_she_waits_and_her_seat_goes_to_the_next(house: House) -> None:
    async with house.client() as client:
        here, there = await opened(client, capacity=1), await opened(client, place="西江镇", capacity=1)
        await enrol(client, here, WOMEN[0])
        await enrol(client, there, WOMEN[1])
        await client.post(f"/v1/courses/{here}/waitlist", json={"woman_id": str(WOMEN[2])})
        assert (await transfer(house, client, here, WOMEN[0], there)).status_code == 200
        assert (await sitting(client, here), await sitting(client, there)) == (set(), {WOMEN[1]})
        assert await states(client, there, "waiting", 1)
        assert await until(lambda: states(client, here, "offered", 1), Pulse(), 20)


async def test_of_two_at_once_only_one_gets_the_last_seat_and_nobody_is_lost(house: House) -> None:
    async with house.client() as client:
        here, there = await opened(client, capacity=9), await opened(client, place="西江镇", capacity=1)
        for woman in WOMEN[:4]:
            await enrol(client, here, woman)
        answers = await asyncio.gather(*(transfer(house, client, here, woman, there) for woman in WOMEN[:4]))
        assert [answer.status_code for answer in answers] == [200] * 4
        await house.projected()
        assert (await sitting(client, here), len(await sitting(client, there))) == (set(), 1)
        assert await states(client, there, "waiting", 3)


@pytest.mark.parametrize("which", ["sits", "same", "attended", "cancelled", "over"])
async def test_what_is_refused_leaves_her_where_she_sits(house: House, which: str) -> None:
    past = {"first_day": "2017-03-01", "last_day": "2017-03-10"}
    async with house.client() as client:
        here = await opened(client)
        there = await opened(client, place="西江镇", **(past if which == "over" else {}))
        await enrol(client, here, WOMEN[0])
        if which == "sits":
            await enrol(client, there, WOMEN[0])
        if which == "attended":
            seen = await house.enrolment_seen(client, here, WOMEN[0])
            body = {"woman_id": str(WOMEN[0]), "days": 1}
            assert (await client.post(f"/v1/courses/{here}/attendance", json=body, headers=seen)).is_success
        if which == "cancelled":
            seen = await house.course_seen(client, there)
            gone = await client.post(f"/v1/courses/{there}/cancel", json={"reason": "venue"}, headers=seen)
            assert gone.is_success
        answer = await transfer(house, client, here, WOMEN[0], here if which == "same" else there)
        code = {
            "sits": "already_enrolled", "same": "already_enrolled", "attended": "attended_already",
            "cancelled": "course_cancelled", "over": "course_finished",
        }[which]  # fmt: skip
        assert answer.json()["code"] == f"training.{code}"
        assert await sitting(client, here) == {WOMEN[0]}
