"""Applying for a course: a seat or a place in turn, however many ask at once, leave, accept and decline meanwhile.

`RACES=1000 pytest tests/integration/training/test_applications.py -k race` runs as many worlds as the issue asks for.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from libs.events.store import Recorded
from libs.events.wake import Pulse, until
from services.training.domain.course import NotOpened, course
from services.training.domain.keys import waitlist_id
from services.training.domain.waitlist import PlaceOffered, Queue, waitlist
from tests.integration.training.house import House
from tests.integration.training.test_courses import WOMEN, opened
from tests.integration.training.test_waitlist import becomes, full, queue, say, states

RACES = int(os.environ.get("RACES", "6"))
SEED = int(os.environ.get("SEED", "1"))


async def apply(client: httpx.AsyncClient, course_id: UUID, woman: UUID, **headers: str) -> httpx.Response:
    return await client.post(f"/v1/courses/{course_id}/applications", json={"woman_id": str(woman)}, headers=headers)


async def test_who_applies_has_a_seat_or_waits_in_turn(house: House) -> None:
    one, two = WOMEN[:2]
    async with house.client() as client:
        course_id = await opened(client, capacity=1)
        first = await apply(client, course_id, one)
        assert (first.status_code, first.json()["outcome"]) == (201, "enrolled")
        second = await apply(client, course_id, two)
        assert (second.status_code, second.json()["outcome"]) == (201, "waiting")
        for woman, code in ((one, "training.already_enrolled"), (two, "training.already_waiting")):
            again = await apply(client, course_id, woman)
            assert (again.status_code, again.json()["code"]) == (409, code)
        assert (await apply(client, course_id, UUID(int=5))).json()["code"] == "training.woman_not_found"
        assert (await apply(client, UUID(int=5), one)).json()["code"] == "training.course_not_found"
        over = await opened(client, first_day="2020-03-01", last_day="2020-03-10")
        refused = await apply(client, over, one)
        assert (refused.status_code, refused.json()["code"]) == (422, "training.course_finished")
    async with house.client("522634102000") as other:
        assert (await apply(other, course_id, one)).status_code == 404


async def test_the_same_application_sent_again_is_answered_the_same(house: House) -> None:
    async with house.client() as client:
        course_id = await opened(client, capacity=1)
        for woman, outcome in zip(WOMEN[:2], ("enrolled", "waiting"), strict=True):
            key = {"Idempotency-Key": str(uuid5(woman, "apply"))}
            answers = [await apply(client, course_id, woman, **key) for _ in range(3)]
            assert {(answer.status_code, answer.json()["outcome"]) for answer in answers} == {(201, outcome)}
            assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", "true"]
        await house.projected()
        assert await states(client, course_id) == {WOMEN[1]: ("waiting", 1)}


async def test_two_hundred_at_once_leave_thirty_seated_and_the_rest_in_the_order_of_need(house: House) -> None:
    asking = WOMEN[:200]
    await house.runtime.pool.execute("UPDATE women SET status = 'returned' WHERE woman_id = ANY($1)", asking[::7])
    async with house.client() as client:
        course_id = await opened(client, capacity=30)
        answers = await asyncio.gather(*(apply(client, course_id, woman) for woman in asking))
        assert Counter(answer.json()["outcome"] for answer in answers) == {"enrolled": 30, "waiting": 170}
        await house.projected()
        items = (await client.get(f"/v1/courses/{course_id}/waitlist")).json()["items"]
    assert [item["turn"] for item in items] == list(range(1, 171))
    place = [(item["status"] != "returned", item["since"]) for item in items]
    assert place == sorted(place), "who fell back into poverty first, then who asked first"
    assert all(item["explained"] for item in items)
    await _never_oversold(house, course_id, 30)


async def test_a_seat_that_was_promised_is_nobody_elses_and_who_asks_waits(house: House) -> None:
    async with full(house) as (client, course_id):
        await queue(client, course_id, WOMEN[1])
        seen = await house.enrolment_seen(client, course_id, WOMEN[0])
        await client.post(f"/v1/courses/{course_id}/enrolments/{WOMEN[0]}/leave", headers=seen)
        await becomes(client, course_id, first=("offered", None))
        assert (await apply(client, course_id, WOMEN[5])).json()["outcome"] == "waiting"


@pytest.mark.parametrize("seed", range(SEED, SEED + RACES))
async def test_a_race_for_seats_oversells_nothing_and_promotes_nobody_twice(seed: int, house: House) -> None:
    dice = random.Random(seed)
    capacity, women = dice.randint(1, 4), dice.sample(WOMEN, dice.randint(6, 14))
    lives = [random.Random(f"{seed} {woman}") for woman in women]
    async with house.client() as client:
        course_id = await opened(client, capacity=capacity)
        await asyncio.gather(*(_life(client, course_id, *each) for each in zip(women, lives, strict=True)))
        assert await until(partial(_settled, house, course_id), Pulse(), 20), "a seat is free and nobody is asked"
    most = await _never_oversold(house, course_id, capacity)
    assert 0 < most <= capacity, "of a race somebody has a seat"


async def _life(client: httpx.AsyncClient, course_id: UUID, woman: UUID, dice: random.Random) -> None:
    """What one woman does, beside all the others: applies, leaves, answers what she may not have been asked."""
    for _ in range(dice.randint(1, 5)):
        match dice.choice(("apply", "apply", "accept", "decline", "leave")):
            case "apply":
                answer = await apply(client, course_id, woman)
                assert answer.status_code in (201, 409), answer.text
            case "leave":
                items = (await client.get(f"/v1/courses/{course_id}/enrolments", params={"limit": 500})).json()["items"]
                version = next((item["version"] for item in items if item["woman_id"] == str(woman)), 1)
                address = f"/v1/courses/{course_id}/enrolments/{woman}/leave"
                answer = await client.post(address, headers={"If-Match": f'"{version}"'})
                assert answer.status_code in (200, 404, 412), answer.text
            case word:
                answer = await say(client, course_id, woman, word)
                assert answer.status_code in (200, 404, 422), answer.text


async def _settled(house: House, course_id: UUID) -> bool:
    """Whether every seat is taken or promised, or nobody waits."""
    seats, _version = await house.runtime.commands.state(course, course_id)
    places, _version = await house.runtime.commands.state(waitlist, waitlist_id(course_id))
    assert not isinstance(seats, NotOpened)
    free = (seats.capacity or 0) - len(seats.seats) - places.promised()
    accepted = any(place.phase == "accepted" for place in places.places.values())
    return not accepted and (free == 0 or not places.waiting())


async def _never_oversold(house: House, course_id: UUID, capacity: int) -> int:
    """Fold the two streams as they were committed: seats and promises together never exceed what the course holds.

    The most seats that were taken or promised at once.
    """
    most = 0
    seats: Any = course.initial
    places: Queue = waitlist.initial
    for transaction in await _as_committed(house, (course_id, waitlist_id(course_id))):
        for recorded in transaction:
            if recorded.stream_id == course_id:
                seats = course.evolve(seats, recorded.event)
                continue
            if isinstance(recorded.event, PlaceOffered):
                assert places.place(recorded.event.woman_id).phase == "waiting", "nobody is promoted twice"
            places = waitlist.evolve(places, recorded.event)
        most = max(most, len(seats.seats) + places.promised())
        assert most <= capacity, transaction
        sitting = [seat.woman_id for seat in seats.seats.values()]
        assert len(sitting) == len(set(sitting))
    assert seats.capacity == capacity
    return most


async def _as_committed(house: House, streams: Sequence[UUID]) -> Iterable[list[Recorded[Any]]]:
    """Events of the streams by transaction, in the order of their positions in the log."""
    recorded = await house.runtime.store.load_many(streams)
    xids = {
        row["position"]: row["xid"]
        for row in await house.runtime.pool.fetch(
            "SELECT position, xid::text::bigint AS xid FROM events WHERE stream_id = ANY($1)", list(streams)
        )
    }
    by_transaction: dict[int, list[Recorded[Any]]] = {}
    for each in sorted((item for items in recorded.values() for item in items), key=lambda item: item.position):
        by_transaction.setdefault(xids[each.position], []).append(each)
    return by_transaction.values()
