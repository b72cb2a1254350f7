"""The event feed: in order, each once, inside one's units, waiting for what comes instead of asking again."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import httpx
import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from pydantic import BaseModel

from libs.access.deciding import decide
from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.rules import POLICY
from libs.audit.trail import NotAudited, Trail
from libs.feeds import reading
from libs.feeds.topics import all_types, contracts_of, types_of
from libs.service.edge import cut
from libs.service.feeds import MEDIA_TYPE, Followers
from libs.values.division import Division
from tests.integration.training.house import COUNTY, House
from tests.integration.training.test_courses import opened
from tests.integration.training.test_rosters import REGISTER
from tests.unit.training.leishan import women

FEED = "/feeds/training"
OTHER = "522635000000"
PREFECTURE = "522600000000"


def partner(house: House, division: str = COUNTY, **limits: Any) -> httpx.AsyncClient:
    return house.client(division, "partner", **limits)


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


async def test_attendance_is_of_the_unit_where_she_is_registered_whoever_held_the_class(house: House) -> None:
    await house.roster(REGISTER, PREFECTURE, unit=COUNTY)
    homes = {str(woman): division for woman, division in women()}
    async with partner(house) as county:
        attended = await batch(county, type="training.attended.v1", limit=1000)
    assert len(attended) == 38
    assert {event["data"]["unit"] for event in attended} == {COUNTY}
    assert all(event["data"]["division"] == homes[event["subject"]] for event in attended)
    townships = {home[:9] + "000" for home in homes.values()}
    seen: list[str] = []
    for township in sorted(townships):
        async with partner(house, township) as follower:
            theirs = await batch(follower, timeout=0, limit=1000)
        assert all(event["data"]["division"].startswith(township[:9]) for event in theirs)
        seen += [event["id"] for event in theirs]
    assert sorted(seen) == [event["id"] for event in attended]


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


OPENED, HEADS = "training.course-opened.v1", "training.course-headcount.v1"
ENVELOPE = {"specversion", "id", "type", "source", "time", "datacontenttype", "dataschema", "sequence", "traceparent"}


async def test_an_event_is_cut_to_the_classes_of_the_agreement(house: House) -> None:
    async with house.client() as cadre:
        await opened(cadre)
    seen: dict[str, set[str]] = {}
    for field in ("", "place", "reference", "measure", "identity", "contact"):
        async with partner(house, fields=frozenset({field} - {""})) as follower:
            [event] = await batch(follower)
            assert event.keys() >= ENVELOPE, "the form is there whatever was agreed"
            assert event["type"] == OPENED
            assert ("subject" in event) == (field == "reference")
            seen[field] = set(event["data"])
    assert (seen[""], seen["place"], seen["reference"]) == (set(), {"unit"}, {"course_id"})
    assert seen["measure"] >= {"title", "trade", "first_day", "kind"}
    assert seen["identity"] == seen["contact"] == set()
    async with partner(house, agreement="") as nobody:
        refused = await nobody.get(FEED)
        assert (refused.status_code, refused.json()["code"]) == (403, "access.agreement_missing")


def test_every_field_of_an_event_stands_in_a_class_and_who_she_is_in_none_that_feeds_show() -> None:
    action = POLICY.action("feeds:read")
    assert action.always_cut
    fields = {name for topic in ("registry", "training") for each in contracts_of(topic) for name in names_of(each)}
    assert {name: action.class_of.get(name) for name in fields if action.class_of.get(name) is None} == {}
    hidden = {name for name in fields if action.class_of[name] not in action.classes}
    assert hidden == {"birth_year", "head", "ground"}
    assert action.classes.isdisjoint({"identity", "contact", "health"})


def names_of(model: type[BaseModel]) -> Iterator[str]:
    """Names of the fields of a contract, at every depth."""
    for name, field in model.model_fields.items():
        yield name
        for inner in get_args(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from names_of(inner)


async def test_even_the_owner_gets_no_event_uncut(house: House) -> None:
    async with house.client() as cadre, house.client(COUNTY, "owner") as owner:
        await opened(cadre)
        [event] = await batch(owner)
        assert event["data"]["unit"] == COUNTY
        assert "subject" in event
    decision = decide(Principal("o", "", "owner", Division(COUNTY), scopes_of("owner")), "feeds:read")
    assert decision.cut
    assert cut({"id": "1", "data": {"birth_year": 1980, "unit": COUNTY}}, decision) == {
        "id": "1",
        "data": {"unit": COUNTY},
    }


async def test_types_of_the_agreement_are_all_that_there_is(house: House) -> None:
    await house.roster(REGISTER)
    async with partner(house, event_types=frozenset({HEADS, "registry.woman-exited.v1"})) as follower:
        assert {event["type"] for event in await batch(follower)} == {HEADS}
        refused = await follower.get(FEED, params={"type": OPENED})
        assert (refused.status_code, refused.json()["code"]) == (422, "feeds.type_unknown")
        assert OPENED not in refused.json()["errors"][0]["right"]
    async with partner(house, event_types=frozenset()) as nothing:
        assert await batch(nothing, timeout=0) == []
    async with partner(house, measures=frozenset({"registry"})) as elsewhere:
        refused = await elsewhere.get(FEED)
        assert (refused.status_code, refused.json()["code"]) == (403, "access.measure_outside")


async def test_an_id_tells_nothing_of_other_units_and_types(house: House) -> None:
    await house.roster(REGISTER)
    async with house.client(OTHER) as theirs:
        await opened(theirs)
        await opened(theirs, place="再一处")
    xid = await house.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await house.runtime.wait_published(xid, 30)
    async with partner(house, PREFECTURE) as above, partner(house) as follower:
        everything: list[dict[str, Any]] = []
        while found := await batch(above, everything[-1]["id"] if everything else None, timeout=0, limit=500):
            everything += found
        own = [event["id"] for event in await batch(follower, limit=1000)]
        foreign = [event["id"] for event in everything if event["id"] not in own]
        assert foreign
        made_up = f"{foreign[-1].partition('::')[0]}::{UUID(int=3)}"
        answers = [await follower.get(FEED, params={"lastEventId": each}) for each in (foreign[-1], made_up)]
        assert [answer.status_code for answer in answers] == [409, 409], "both later than all that is its own"
        same = {"trace_id": ""}
        assert answers[0].json() | same == answers[1].json() | same
    async with partner(house, event_types=frozenset({HEADS})) as heads:
        [first, *_] = await batch(heads)
        other = next(event["id"] for event in everything if event["type"] == OPENED)
        made_up = f"{other.partition('::')[0]}::{UUID(int=4)}"
        answers = [await heads.get(FEED, params={"lastEventId": each}) for each in (other, made_up)]
        assert answers[0].text == answers[1].text
        assert answers[0].json()[0] == first


async def test_a_reading_that_was_refused_or_not_noted_does_not_count_as_noted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "SELECT count(*) FROM audit_trail WHERE action = 'feed.followed' AND outcome = 'success'"
    async with house.client() as cadre, partner(house) as follower:
        await opened(cadre)
        assert (await follower.get(FEED, params={"lastEventId": "7"})).status_code == 422
        with monkeypatch.context() as broken:
            broken.setattr(Trail, "note", unwritten)
            assert (await follower.get(FEED)).status_code == 503
        assert await house.runtime.pool.fetchval(query) == 0
        await batch(follower)
        await batch(follower)
        assert await house.runtime.pool.fetchval(query) == 1


async def unwritten(*_given: object) -> None:
    raise NotAudited


def test_of_too_many_followers_the_oldest_is_noted_again() -> None:
    followers, now = Followers(most=2), datetime(2016, 7, 1, tzinfo=UTC)
    for who in "abc":
        assert followers.due(who, now)
        followers.noted(who, now)
    assert [followers.due(who, now) for who in "abc"] == [True, False, False]
    assert followers.due("c", now + timedelta(hours=1))
    assert types_of("training") < all_types()


async def test_where_an_id_lies_is_found_by_an_index(house: House) -> None:
    async with house.client() as cadre:
        await opened(cadre)
    low, high = COUNTY, "522634999999"
    queries = {
        "feed_pkey": (reading.AT_TICK, (1, low, high, [OPENED])),
        "published_event_id_key": (reading.BY_ID, (UUID(int=1), low, high, [OPENED])),
        "feed_county": (reading.LATER.format(narrow=" AND left(f.unit, 6) = $5"), (1, low, high, None, COUNTY[:6])),
    }
    async with house.runtime.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for index, (query, values) in queries.items():
            plan = "\n".join(line[0] for line in await connection.fetch(f"EXPLAIN {query}", *values))
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan
