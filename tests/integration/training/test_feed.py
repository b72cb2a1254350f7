"""The event feed: in order, each once, inside one's units, waiting for what comes instead of asking again."""

import asyncio
import time
from typing import Any
from uuid import UUID

import httpx
import orjson
from cloudevents.core.formats.json import JSONFormat

from libs.service.feeds import MEDIA_TYPE, types_of
from tests.integration.training.house import COUNTY, House
from tests.integration.training.test_courses import opened
from tests.integration.training.test_rosters import REGISTER

FEED = "/feeds/training"
OTHER = "522635000000"
PREFECTURE = "522600000000"


def partner(house: House, division: str = COUNTY) -> httpx.AsyncClient:
    return house.client(division, "partner")


async def batch(client: httpx.AsyncClient, after: str | None = None, **query: Any) -> list[dict[str, Any]]:
    """One batch; waits for it if there is none yet."""
    params = {"timeout": 20_000, **query, **({"lastEventId": after} if after else {})}
    answer = await client.get(FEED, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_followed_one_by_one_every_event_comes_once_and_in_order(house: House) -> None:
    async with house.client() as cadre, partner(house) as follower:
        courses = [await opened(cadre, place=f"第{nth}处") for nth in range(5)]
        found: list[dict[str, Any]] = []
        while len(found) < len(courses):
            found += await batch(follower, found[-1]["id"] if found else None, limit=2)
        assert [UUID(event["subject"]) for event in found] == courses
        assert len({event["id"] for event in found}) == 5
        assert [event["sequence"] for event in found] == sorted(event["sequence"] for event in found)
        assert await batch(follower, found[-1]["id"], timeout=0) == []
        assert [event["id"] for event in await batch(follower, found[1]["id"])] == [event["id"] for event in found[2:]]


async def test_a_waiting_follower_is_woken_by_the_event_and_not_by_the_clock(house: House) -> None:
    async with house.client() as cadre, partner(house) as follower:
        first = await opened(cadre)
        last = (await batch(follower))[-1]["id"]
        began = time.monotonic()
        waiting = asyncio.create_task(batch(follower, last, timeout=55_000))
        second = await opened(cadre, place="另一处")
        found = await waiting
        assert [UUID(event["subject"]) for event in found] == [second]
        assert first != second
        assert time.monotonic() - began < 50


async def test_partners_of_two_units_see_their_own_and_nothing_that_counts_the_others(house: House) -> None:
    async with house.client() as ours, house.client(OTHER) as theirs:
        mine = await opened(ours)
        for nth in range(3):
            await opened(theirs, place=f"邻县{nth}")
        mine_again = await opened(ours, place="第二处")
    async with partner(house) as follower, partner(house, OTHER) as neighbour, partner(house, PREFECTURE) as above:
        everything: list[dict[str, Any]] = []
        for _ in range(5):
            if len(everything) < 5:
                everything += await batch(above, everything[-1]["id"] if everything else None)
        assert len(everything) == 5
        found = await batch(follower)
        assert [UUID(event["subject"]) for event in found] == [mine, mine_again]
        assert {event["data"]["unit"] for event in await batch(neighbour)} == {OTHER}
        asked = await batch(above, unit=COUNTY)
        assert [event["id"] for event in asked] == [event["id"] for event in found]
        outside = await follower.get(FEED, params={"unit": OTHER})
        assert outside.status_code == 404
        numbers = await house.runtime.pool.fetchval("SELECT array_agg(number) FROM published")
        shown = orjson.dumps(found).decode()
        assert not any(f'"{number}"' in shown or f":{number}," in shown.split('"data"')[0] for number in numbers)


async def test_an_event_without_a_unit_is_of_the_unit_of_its_subject(house: House) -> None:
    await house.roster(REGISTER)
    async with partner(house) as follower, partner(house, OTHER) as neighbour:
        [heads, *_] = await batch(follower, type="training.course-headcount.v1")
        assert "unit" not in heads["data"]
        courses = await batch(follower, type="training.course-opened.v1")
        assert heads["subject"] in {course["subject"] for course in courses}
        assert await batch(neighbour, timeout=0) == []


async def test_what_a_follower_may_not_ask(house: House) -> None:
    async with house.client() as cadre, partner(house) as follower:
        await opened(cadre)
        [event] = await batch(follower)
        assert (await cadre.get(FEED)).status_code == 403
        assert (await follower.get("/feeds/registry")).status_code == 404
        refused = await follower.get(FEED, params={"type": "training.no-such.v1"})
        assert (refused.status_code, refused.json()["code"]) == (422, "feeds.type_unknown")
        refused = await follower.get(FEED, params={"lastEventId": "7"})
        assert (refused.status_code, refused.json()["code"]) == (422, "feeds.last_event_id")
        foreign = event["id"].partition("::")[0] + "::" + str(UUID(int=1))
        refused = await follower.get(FEED, params={"lastEventId": foreign})
        assert (refused.status_code, refused.json()["code"]) == (409, "feeds.other_log")
        older = "0000000000000001::" + str(UUID(int=1))
        assert [again["id"] for again in await batch(follower, older)] == [event["id"]]


async def test_a_full_batch_may_be_kept_and_following_is_noted_once(house: House) -> None:
    async with house.client() as cadre, partner(house) as follower:
        await opened(cadre)
        await batch(follower)
        full = await follower.get(FEED, params={"limit": 1})
        assert full.headers["Cache-Control"].startswith("private, immutable")
        open_end = await follower.get(FEED, params={"limit": 2})
        assert open_end.headers["Cache-Control"] == "no-store"
        query = "SELECT count(*) FROM audit_trail WHERE action = 'feed.followed'"
        assert await house.runtime.pool.fetchval(query) == 1


async def test_the_cloudevents_sdk_reads_every_event(house: House) -> None:
    async with house.client() as cadre, partner(house) as follower:
        course = await opened(cadre)
        [event] = await batch(follower)
        read = JSONFormat().read(None, orjson.dumps(event))
        assert (read.get_specversion(), read.get_source(), read.get_subject()) == ("1.0", "/training", str(course))
        assert read.get_type() in types_of("training")
        assert read.get_extension("sequence") == event["id"].partition("::")[0]
        assert read.get_extension("traceparent").startswith("00-")
        assert read.get_data()["course_id"] == str(course)
