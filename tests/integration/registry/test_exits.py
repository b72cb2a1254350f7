"""The exit of a household over the API: step by step, by the clock, and with the office's word in between."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from libs.events.wake import Pulse, until
from tests.integration.registry.books import book
from tests.integration.registry.exit_walk import (
    LINES,
    ROWS,
    WAYS,
    Clock,
    Walk,
    households_of,
    settled,
    state,
    women_of,
)
from tests.integration.registry.house import COUNTY, XIJIANG, House, key

TOWNSHIP = "522634204000"


async def published(house: House, kind: str) -> list[dict[str, Any]]:
    xid = await house.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    await house.runtime.wait_published(xid, 10)
    rows = await house.runtime.pool.fetch("SELECT data FROM published WHERE type = $1 ORDER BY number", kind)
    return [row["data"] for row in rows]


async def test_a_household_goes_out_with_all_its_women_on_the_day_of_the_announcement(walk: Walk, clock: Clock) -> None:
    await walk.to("monitored")
    shown = await walk.read()
    assert (shown["step"], shown["confirmed_on"], shown["township_visited"]) == ("monitored", "2017-03-12", True)
    assert (shown["due"], shown["next_steps"]) == ("2018-03-12", ["return"])
    assert set((await women_of(walk.house, walk.household)).values()) == {"exited"}
    told = await published(walk.house, "registry.woman-exited.v1")
    assert {(fact["valid"], fact["source"], fact["exit_id"]) for fact in told} == {
        ("2017-03-12", "process", walk.process)
    }
    assert [line["kind"] for line in shown["timeline"]] == [
        "exit-proposed", "exit-checked", "household-agreed", "notice-started", "notice-ended", "township-checked",
        "exit-confirmed",
    ]  # fmt: skip
    by = {line["kind"]: line["actor"] for line in shown["timeline"]}
    assert (by["exit-proposed"], by["notice-ended"]) == (f"federation-{COUNTY}", "service:registry")
    clock.now += timedelta(days=366)
    closed = await walk.comes_to("closed")
    assert (closed["running"], closed["since"]) == (False, "2018-03-12")
    assert await walk.house.runtime.timers.list() == []


@pytest.mark.parametrize("place", WAYS[:-1])
async def test_the_offices_exit_in_between_ends_the_process_and_stands_on_the_worklist(walk: Walk, place: str) -> None:
    await walk.to(place)
    for woman, status in (await women_of(walk.house, walk.household)).items():
        assert status != "exited"
        body = {"valid": "2016-12-31/2017-02", "reason": "扶贫办通报"}
        assert (await walk.client.post(f"/v1/women/{woman}/exit", json=body)).status_code == 200
    shown = await walk.read()
    assert (shown["step"], shown["ended_by"], shown["running"]) == ("overtaken", "office", False)
    assert await walk.house.runtime.timers.list() == [], "no notice goes on"
    listed = (await walk.client.get("/v1/exit-differences", params={"state": "open", "count": "exact"})).json()
    [row] = listed["items"]
    assert listed["count"] == 1
    assert (row["ours"], row["office"], row["valid"], row["source"]) == (
        place, "exited", "2016-12-31/2017-02-28", "poverty_office",
    )  # fmt: skip
    late = await walk.step("withdrawal", {"reason": "已脱贫"})
    assert (late.status_code, late.json()["code"]) == (409, "exits.not_now")
    settling = await walk.step("difference", {"reason": "以扶贫办为准"})
    assert settling.status_code == 200, settling.text
    await settled(walk.house)
    assert (await walk.client.get("/v1/exit-differences", params={"state": "open"})).json()["items"] == []


async def test_an_exit_of_one_woman_does_not_end_the_process_of_her_household(walk: Walk) -> None:
    await walk.to("agreed")
    one, other = await women_of(walk.house, walk.household)
    assert (await walk.client.post(f"/v1/women/{one}/exit", json={"valid": "2017-01"})).status_code == 200
    assert (await walk.read())["step"] == "agreed"
    assert (await walk.client.post(f"/v1/women/{other}/exit", json={"valid": "2017-01"})).status_code == 200
    assert (await walk.read())["step"] == "overtaken"


async def test_a_register_that_still_says_poor_counts_and_the_difference_goes_when_it_agrees(walk: Walk) -> None:
    await walk.to("monitored")
    walk.clock.now += timedelta(days=400)

    poor = book(ROWS, "2017年12月31日", state("未脱贫"))
    await walk.house.take_in(Path("r17.xlsx"), COUNTY, content=poor)
    await settled(walk.house)
    assert set((await women_of(walk.house, walk.household)).values()) == {"not_exited"}, "the office's state counts"
    [row] = (await walk.client.get("/v1/exit-differences")).json()["items"]
    assert (row["ours"] in ("monitored", "closed"), row["ours_since"]) == (True, "2017-03-12")
    assert (row["office"], row["valid"], row["source"], row["state"]) == (
        "not_exited",
        "2017-12-31",
        "register",
        "open",
    )
    walk.clock.now += timedelta(days=365)
    out = book(ROWS, "2018年12月31日", state("脱贫"))
    await walk.house.take_in(Path("r18.xlsx"), COUNTY, content=out)
    await settled(walk.house)

    async def agreed() -> bool:
        listed = await walk.client.get("/v1/exit-differences", params={"state": "agreed"})
        return len(listed.json()["items"]) == 1

    assert await until(agreed, Pulse(), 20)


@pytest.mark.parametrize("by", ["process", "office"])
async def test_a_return_names_the_exit_and_a_second_process_may_begin(walk: Walk, by: str) -> None:
    await walk.to("monitored")
    first = walk.process
    walk.clock.now += timedelta(days=30)
    if by == "process":
        answer = await walk.step("return", {"valid": "2017-04", "reason": "主要劳动力患病"})
        assert answer.status_code == 422, "the month is not over"
        answer = await walk.step("return", {"valid": "2017-04-05", "reason": "主要劳动力患病"})
        assert answer.status_code == 200, answer.text
    else:
        for woman in await women_of(walk.house, walk.household):
            body = {"valid": "2017-04-05", "reason": "通报"}
            assert (await walk.client.post(f"/v1/women/{woman}/return", json=body)).status_code == 200
    shown = await walk.read()
    assert (shown["step"], shown["ended_by"]) == ("returned", "process" if by == "process" else "poverty_office")
    assert set((await women_of(walk.house, walk.household)).values()) == {"returned"}
    told = await published(walk.house, "registry.woman-returned.v1")
    assert [fact["exit_id"] for fact in told] == [first, first]
    assert await walk.house.runtime.timers.list() == [], "after-care is over"
    walk.clock.now += timedelta(days=10)
    assert (await walk.propose()).status_code == 201
    assert (await walk.read())["ordinal"] == 2
    listed = await walk.client.get("/v1/exits", params={"household_id": str(walk.household), "count": "exact"})
    assert listed.json()["count"] == 2


async def test_an_objection_is_sealed_shown_with_a_reason_and_decided_by_the_township(walk: Walk) -> None:
    await walk.to("noticed")
    body = {"by": "龙某某", "text": "他家在县城开商铺"}
    assert (await walk.step("objections", body)).status_code == 200
    masked = await walk.read()
    assert masked["timeline"][-1]["says"] == {"by": None, "text": None}
    clear = await walk.read(clear="true", reason="checking")
    assert clear["timeline"][-1]["says"] == body
    data = await walk.house.runtime.pool.fetchval("SELECT data::text FROM events WHERE type = 'objection-lodged'")
    assert "龙某某" not in data
    walk.clock.now += timedelta(days=8)
    await walk.comes_to("notice_ended")
    held = await walk.step("township-check")
    assert held.json()["code"] == "exits.objection_pending"
    objection = masked["timeline"][-1]["objection_id"]
    way = f"objections/{objection}/decision"
    async with walk.house.client(await _village(walk), "cadre") as village:
        own = Walk(walk.house, village, walk.clock, walk.household, walk.process, walk.version)
        denied = await own.step(way, {"upheld": False, "reason": "不实"})
        assert (denied.status_code, denied.json()["code"]) == (403, "access.level_below")
    assert (await walk.step(way, {"upheld": True, "reason": "属实"})).status_code == 200
    shown = await walk.read()
    assert (shown["step"], shown["ended_by"], shown["objections"]) == ("refused", "objection_upheld", 0)


async def test_the_village_proposes_the_township_checks_the_county_confirms(walk: Walk, clock: Clock) -> None:
    home = await _village(walk)
    async with walk.house.client(home, "cadre") as village, walk.house.client(TOWNSHIP, "cadre") as township:
        for_village = Walk(walk.house, village, clock, walk.household)
        await for_village.to("noticed")
        clock.now += timedelta(days=6)
        await for_village.comes_to("notice_ended")
        assert (await for_village.step("township-check")).status_code == 403
        for_township = Walk(walk.house, township, clock, for_village.household, for_village.process)
        await for_township.read()
        assert (await for_township.step("township-check")).status_code == 200
        assert (await for_township.step("confirmation")).json()["code"] == "access.level_below"
        walk.process, walk.version = for_township.process, for_township.version
        assert (await walk.step("confirmation")).status_code == 200
    async with walk.house.client(COUNTY, "reader") as reader:
        assert (await reader.get(f"/v1/exits/{walk.process}")).status_code == 200
        assert (await reader.post("/v1/exits", json={})).status_code == 403


async def test_other_units_learn_nothing_of_a_process(walk: Walk, clock: Clock) -> None:
    await walk.to("noticed")
    await settled(walk.house)
    nobody = "0190ffff-7fff-7fff-bfff-ffffffffffff"
    async with walk.house.client(XIJIANG) as elsewhere:
        assert (await elsewhere.get("/v1/exits")).json()["items"] == []
        for path in ("", "/notice"):
            ids = (walk.process, nobody)
            answers = [await elsewhere.get(f"/v1/exits/{each}{path}", headers=SAME) for each in ids]
            told = [(each.status_code, each.text.replace(i, "@")) for each, i in zip(answers, ids, strict=True)]
            assert told[0] == told[1]
            assert told[0][0] == 404
        other = Walk(walk.house, elsewhere, clock, walk.household, walk.process, walk.version)
        assert (await other.step("withdrawal", {"reason": "不符"})).status_code == 404
        assert (await other.propose()).status_code == 404


async def test_who_reads_an_old_state_or_repeats_a_request_changes_nothing(walk: Walk) -> None:
    await walk.to("checked")
    stale = await walk.client.post(
        f"/v1/exits/{walk.process}/answer",
        json={"agreed": True, "on": walk.clock.today},
        headers={"If-Match": '"1"'},
    )
    assert stale.status_code == 412
    headers = {**key(), "If-Match": f'"{walk.version}"'}
    body = {"agreed": True, "on": walk.clock.today}
    answers = [await walk.client.post(f"/v1/exits/{walk.process}/answer", json=body, headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert [line["kind"] for line in (await walk.read())["timeline"]][-1:] == ["household-agreed"]


async def test_two_proposals_at_once_are_one_process(walk: Walk) -> None:
    answers = await asyncio.gather(*(walk.propose() for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"exits.proposed_already"}


async def test_a_household_whose_last_woman_is_erased_has_no_process_any_more(walk: Walk) -> None:
    await walk.to("noticed")
    for woman in await women_of(walk.house, walk.household):
        await walk.house.erase(walk.client, woman)
    shown = await walk.read()
    assert (shown["step"], shown["ended_by"]) == ("overtaken", "erased")
    assert await walk.house.runtime.timers.list() == []


async def test_a_household_that_is_merged_into_another_has_no_process_any_more(walk: Walk) -> None:
    other = next(iter(await women_of(walk.house, (await households_of(walk.house, women=2))[1])))
    await walk.to("agreed")
    for woman in await women_of(walk.house, walk.household):
        assert (await walk.house.decide(walk.client, woman, "merge", {"into": other})).status_code == 200
    shown = await walk.read()
    assert (shown["step"], shown["ended_by"]) == ("overtaken", "merged")


async def test_the_public_notice_tells_head_village_persons_and_days_and_no_more(walk: Walk) -> None:
    await walk.to("agreed")
    await settled(walk.house)
    early = await walk.client.get(f"/v1/exits/{walk.process}/notice")
    assert (early.status_code, early.json()["code"]) == (404, "exits.no_notice")
    assert (await walk.step("notice", {"first": walk.clock.today})).status_code == 200
    await settled(walk.house)
    told = (await walk.client.get(f"/v1/exits/{walk.process}/notice")).json()
    assert set(told) == {"process_id", "division", "places", "head", "persons", "notice_first", "notice_until"}
    assert told["places"][:2] == ["雷山县", "方祥乡"]
    assert told["head"] is None or told["head"].endswith("*")


async def test_spot_checks_tell_how_many_there_should_have_been(walk: Walk) -> None:
    await walk.to("monitored")
    await settled(walk.house)
    told = (await walk.client.get("/v1/exit-spot-checks", params={"year": 2017})).json()
    assert told == {
        "division": COUNTY, "division_name": "雷山县", "year": 2017, "confirmed": 1, "township_visited": 1,
        "township_least": 1, "county_visited": 0, "county_least": 1,
    }  # fmt: skip


async def test_lists_are_filtered_counted_and_paged(walk: Walk, clock: Clock) -> None:
    for household in (await households_of(walk.house))[:3]:
        await Walk(walk.house, walk.client, clock, household).propose()
    await walk.to("noticed")
    await settled(walk.house)
    one = (await walk.client.get("/v1/exits", params={"limit": 1, "count": "exact"})).json()
    assert (one["count"], len(one["items"]), one["next"] is not None) == (4, 1, True)
    noticed = (await walk.client.get("/v1/exits", params={"step": "noticed", "due_before": "2017-12-01"})).json()
    assert [item["process_id"] for item in noticed["items"]] == [walk.process]
    none = (await walk.client.get("/v1/exits", params={"running": "false"})).json()["items"]
    assert none == []


async def _village(walk: Walk) -> Any:
    """Where the household lives."""
    sql = "SELECT division FROM households WHERE household_id = $1"
    return await walk.house.runtime.pool.fetchval(sql, walk.household)


SAME = {"traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01", "x-request-id": "same"}


async def test_a_line_of_the_form_stands_once(walk: Walk) -> None:
    twice = [*LINES, {"criterion": "road", "met": True}][1:]
    refused = await walk.propose(lines=twice)
    assert (refused.status_code, refused.json()["code"]) == (422, "exits.line_twice")
