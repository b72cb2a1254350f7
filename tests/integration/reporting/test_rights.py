"""A reader of one township cannot see or count another's women, by any route."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.events.contract import Contract, Fact
from services.reporting.projections.cells import COLUMNS
from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import Caller, record

MINE, THEIRS, MOVED_AWAY, MOVED_HERE = 1, 2, 3, 4
HERE, THERE = s.VILLAGES[0], s.VILLAGES[2]


@dataclass(frozen=True)
class World:
    """All facts of two townships; `before` is the number before anybody moved."""

    facts: Sequence[Fact[Contract]]
    before: int


@pytest.fixture
async def world(connection: Any, feed: s.Feed) -> World:
    settled = feed(
        s.divisions(),
        s.course(title="CANARY-COURSE"),
        s.headcount(),
        *(s.registered(woman, HERE) for woman in (MINE, MOVED_AWAY)),
        *(s.registered(woman, THERE) for woman in (THEIRS, MOVED_HERE)),
        s.household(MINE, HERE),
        s.household(THEIRS, THERE, persons=7),
        *(s.attended(woman, days=woman) for woman in (MINE, THEIRS, MOVED_AWAY, MOVED_HERE)),
    )
    moves = feed(
        s.changed(MOVED_AWAY, THERE, as_of=s.date(2018, 1, 1)),
        s.changed(MOVED_HERE, HERE, as_of=s.date(2018, 1, 1)),
        s.exited(THEIRS),
        s.merged(6, THEIRS),
    )
    await record(connection, settled + moves)
    return World(settled + moves, len(settled))


def woman(number: int) -> str:
    return str(s.an_id("woman", number))


async def everything(client: httpx.AsyncClient, world: World, as_known: int | None) -> list[httpx.Response]:
    """Every route with every id, unit and column there is."""
    known = {} if as_known is None else {"as_known": as_known}
    units = ("000000000000", s.COUNTY, s.DANJIANG, s.XIJIANG, *s.VILLAGES)
    asked: list[tuple[str, dict[str, Any]]] = [("/freshness", {})]
    for unit in units:
        asked.append(("/reports/match", {"division": unit, **known}))
        asked.append(("/reports/match", {"division": unit, "format": "csv", **known}))
        asked.append(("/lines", {"division": unit, "measure": "training", **known}))
        asked += [("/reports/match/women", {"division": unit, "column": column, **known}) for column in COLUMNS]
    for number in range(1, 7):
        asked += [("/lines", {"woman_id": woman(number), **known}), (f"/women/{woman(number)}", known)]
    asked += [(f"/facts/{fact.event_id}", known) for fact in world.facts]
    return [await client.get(path, params=params) for path, params in asked]


def found(answers: Sequence[httpx.Response], text: str) -> list[str]:
    """Addresses whose answer holds the text; what was asked for does not count, as in a problem's `instance`."""
    return [str(each.url) for each in answers if each.status_code == 200 and text in each.text]


async def test_a_township_sees_nothing_of_another(caller: Caller, world: World) -> None:
    answers = await everything(caller(s.DANJIANG), world, None)
    assert {each.status_code for each in answers} == {200, 404}
    assert found(answers, woman(THEIRS)) == []
    assert found(answers, str(s.an_id("household", THEIRS))) == []
    names = (s.XIJIANG, *s.VILLAGES[2:])
    told_her_way = f"/v1/women/{woman(MOVED_HERE)}", f"woman_id={woman(MOVED_HERE)}", "/v1/facts/"
    for code in names:  # only in the story of the woman who came from there, and in the list of units
        assert [url for url in found(answers, code) if not any(part in url for part in told_her_way)] == []


async def test_a_woman_who_has_moved_away_is_seen_no_more(caller: Caller, world: World) -> None:
    client = caller(s.DANJIANG)
    assert (await client.get(f"/women/{woman(MOVED_AWAY)}")).status_code == 404
    assert (await client.get("/lines", params={"woman_id": woman(MOVED_AWAY)})).status_code == 404
    move = next(fact for fact in world.facts if fact.type == "registry.woman-changed.v1")
    assert (await client.get(f"/facts/{move.event_id}")).status_code == 404
    away = [url for url in found(await everything(client, world, None), woman(MOVED_AWAY)) if "measure=" not in url]
    attended = next(f for f in world.facts if f.key == UUID(woman(MOVED_AWAY)) and f.source == "training")
    assert away == [f"http://reporting/v1/facts/{attended.event_id}"]  # the act done here stays here


async def test_what_a_unit_knew_before_a_move_it_may_look_up_again_and_no_more(caller: Caller, world: World) -> None:
    client = caller(s.DANJIANG)
    page = await client.get(f"/women/{woman(MOVED_AWAY)}", params={"as_known": world.before})
    assert page.status_code == 200
    assert THERE not in page.text
    assert max(entry["recorded"] for entry in page.json()["timeline"]) <= world.before
    coming = await client.get(f"/women/{woman(MOVED_HERE)}", params={"as_known": world.before})
    assert coming.status_code == 404


async def test_acts_stay_counted_where_they_were_done(caller: Caller, world: World) -> None:
    report = (await caller(s.DANJIANG).get("/reports/match", params={"division": s.DANJIANG})).json()
    training = report["total"]["measures"]["training"]
    assert training == {"women": 2, "attendances": 2, "days": MINE + MOVED_AWAY, "classes": 1, "fen": 0}
    assert report["total"]["population"] == 2


async def test_not_there_and_not_yours_are_the_same_answer(caller: Caller, world: World) -> None:
    client = caller(s.DANJIANG)
    for path, theirs, nobodys in [
        ("/women/{}", woman(THEIRS), woman(99)),
        ("/lines?woman_id={}", woman(THEIRS), woman(99)),
        ("/reports/match?division={}", s.XIJIANG, "522634105000"),
        ("/facts/{}", str(world.facts[-1].event_id), woman(98)),
    ]:
        answers = [await client.get(path.format(value)) for value in (theirs, nobodys)]
        bodies = [each.json() | {"instance": "", "trace_id": ""} for each in answers]
        assert bodies[0] == bodies[1]
        assert bodies[0]["status"] == 404


async def test_the_county_sees_both_townships(caller: Caller, world: World) -> None:
    answers = await everything(caller(s.COUNTY), world, None)
    assert found(answers, woman(THEIRS))
    empty = ("division=000000000000", woman(5), s.VILLAGES[1], s.VILLAGES[3])  # above her unit, or nobody there
    refused = [str(each.url) for each in answers if each.status_code == 404]
    assert [url for url in refused if not any(part in url for part in empty)] == []


async def test_a_course_of_the_county_is_known_to_a_township_only_by_its_own_women(
    caller: Caller, world: World
) -> None:
    answers = await everything(caller(s.DANJIANG), world, None)
    assert {url.partition("/women/")[2] for url in found(answers, "CANARY-COURSE")} == {woman(MINE), woman(MOVED_HERE)}
    assert found(answers, "registered_women") == []
    assert found(await everything(caller(s.COUNTY), world, None), "registered_women") != []
