"""What reporting answers: the report, the women behind a number, lines, events, a woman's page."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest

from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import Caller, record


@pytest.fixture
async def known(connection: Any, feed: s.Feed) -> Sequence[Any]:
    """Four women in four villages, two of them trained; the county, a course; in this order of recording."""
    facts = feed(
        s.divisions(),
        *(s.registered(n, village) for n, village in enumerate(s.VILLAGES, start=1)),
        *(s.household(n, village) for n, village in enumerate(s.VILLAGES, start=1)),
        s.course(),
        s.attended(1),
        s.attended(3, days=2),
        s.exited(3, "2018-05"),
    )
    await record(connection, facts)
    return facts


async def test_the_match_report_has_a_row_per_unit_below(caller: Caller, known: Sequence[Any]) -> None:
    answer = await caller(s.COUNTY).get("/reports/match", params={"division": s.COUNTY})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["division"], body["name"], body["as_known"]) == (s.COUNTY, "雷山县", len(known))
    assert [(row["division"], row["name"]) for row in body["rows"]] == [(s.DANJIANG, "丹江镇"), (s.XIJIANG, "西江镇")]
    assert body["total"] == {
        "division": s.COUNTY, "name": "雷山县", "households": 4, "population": 4, "exited": 1, "not_exited": 3,
        "baseline_exited": 0, "lifted": 1, "returned": 0, "matched": 2, "matched_exited": 1, "matched_not_exited": 1,
        "unmatched": 2, "able_adults": 3, "unmatched_able_adults": 2, "monitored": 0,
        "girls": 0, "unmatched_girls": 0, "pupils": 0, "unmatched_pupils": 0, "adults_without_labour": 0,
        "unmatched_adults_without_labour": 0, "elders": 0, "unmatched_elders": 0,
        "measures": {"training": {"women": 2, "attendances": 2, "days": 5, "classes": 1, "fen": 0},
                     "employment": {"women": 0, "answers": 0, "working": 0, "follow_ups": 0, "fen": 0},
                     "outreach": {"women": 0, "attendances": 0, "sessions": 0, "activities": 0, "fen": 0}},
    }  # fmt: skip
    assert set(body["freshness"]) == {"registry", "training", "outreach"}


async def test_ages_count_on_the_day_that_is_asked_for(caller: Caller, known: Sequence[Any]) -> None:
    params = {"division": s.COUNTY, "on": "2046-01-01"}
    found = (await caller(s.COUNTY).get("/reports/match", params=params)).json()
    assert (found["on"], found["total"]["able_adults"], found["total"]["elders"]) == ("2046-01-01", 0, 3)
    behind = await caller(s.COUNTY).get("/reports/match/women", params={**params, "column": "elders"})
    assert {woman["target_group"] for woman in behind.json()["items"]} == {"elder"}
    woman = behind.json()["items"][0]["woman_id"]
    pages = [await caller(s.COUNTY).get(f"/women/{woman}", params=day) for day in ({"on": "2046-01-01"}, {})]
    assert [page.json()["target_group"] for page in pages] == ["elder", "able_adult"]


async def test_a_village_answers_with_itself(caller: Caller, known: Sequence[Any]) -> None:
    body = (await caller(s.COUNTY).get("/reports/match", params={"division": s.VILLAGES[0]})).json()
    assert [row["division"] for row in body["rows"]] == [s.VILLAGES[0]]
    assert body["rows"][0] == body["total"]


async def test_a_report_as_known_earlier_shows_what_was_known_then(caller: Caller, known: Sequence[Any]) -> None:
    params = {"division": s.COUNTY, "as_known": 10}
    total = (await caller(s.COUNTY).get("/reports/match", params=params)).json()["total"]
    assert (total["population"], total["matched"], total["lifted"]) == (4, 0, 0)
    ahead = await caller(s.COUNTY).get("/reports/match", params={"division": s.COUNTY, "as_known": 999})
    assert (ahead.status_code, ahead.json()["code"]) == (422, "reporting.as_known_ahead")


@pytest.mark.parametrize("how", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
async def test_the_report_comes_as_csv(how: dict[str, Any], caller: Caller, known: Sequence[Any]) -> None:
    params = {"division": s.COUNTY, **how.get("params", {})}
    answer = await caller(s.COUNTY).get("/reports/match", params=params, headers=how.get("headers", {}))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["丹江镇", "西江镇", "雷山县"]
    assert (rows[-1]["population"], rows[-1]["training.days"]) == ("4", "5")


async def test_every_number_opens_page_by_page_as_it_was_known(
    caller: Caller, known: Sequence[Any], connection: Any, feed: s.Feed
) -> None:
    client = caller(s.COUNTY)
    params: dict[str, Any] = {"division": s.COUNTY, "column": "not_exited", "limit": 2}
    first = (await client.get("/reports/match/women", params=params)).json()
    await record(connection, [s.Feed()(*[s.registered(9)] * 30)[-1]])  # a woman who comes between two pages
    second = (await client.get("http://reporting" + first["next"])).json()
    assert second["as_known"] == first["as_known"] == len(known)
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    women = {item["woman_id"] for item in first["items"] + second["items"]}
    assert women == {str(s.an_id("woman", n)) for n in (1, 2, 4)}


@pytest.mark.parametrize(("column", "count"), [("households", 4), ("training", 2), ("lifted", 1), ("returned", 0)])
async def test_a_column_opens_to_as_many_as_its_number(
    column: str, count: int, caller: Caller, known: Sequence[Any]
) -> None:
    answer = await caller(s.COUNTY).get("/reports/match/women", params={"division": s.COUNTY, "column": column})
    assert len(answer.json()["items"]) == count


async def test_an_unknown_column_is_refused_with_the_right_ones(caller: Caller, known: Sequence[Any]) -> None:
    answer = await caller(s.COUNTY).get("/reports/match/women", params={"division": s.COUNTY, "column": "happy"})
    assert (answer.status_code, answer.json()["code"]) == (422, "reporting.unknown_column")


async def test_lines_lead_to_their_events(caller: Caller, known: Sequence[Any]) -> None:
    client = caller(s.COUNTY)
    lines = (await client.get("/lines", params={"woman_id": str(s.an_id("woman", 3))})).json()["items"]
    assert [(line["measure_kind"], line["phase"], line["times"]) for line in lines] == [
        ("register", "not_exited", 1), ("training", "delivered", 1), ("register", "not_exited", -1),
        ("exit", "outcome", 1), ("register", "exited", 1),
    ]  # fmt: skip
    fact = (await client.get(f"/facts/{lines[1]['event_id']}")).json()
    assert (fact["type"], fact["kind"], fact["recorded"]) == ("training.attended.v1", "attended", lines[1]["recorded"])
    assert [line["quantity"] for line in fact["lines"]] == [2]


async def test_the_lines_of_a_unit_sum_to_its_cells(caller: Caller, known: Sequence[Any]) -> None:
    client = caller(s.COUNTY)
    params: dict[str, Any] = {"division": s.COUNTY, "measure": "training", "limit": 1}
    first = (await client.get("/lines", params=params)).json()
    second = (await client.get("http://reporting" + first["next"])).json()
    lines = first["items"] + second["items"]
    assert (sum(line["times"] for line in lines), sum(line["quantity"] for line in lines)) == (2, 5)
    assert second["next"] is None
    assert (await client.get("/lines")).json()["code"] == "reporting.lines_of_what"


async def test_a_womans_page_says_why_she_is_matched_and_what_happened(caller: Caller, known: Sequence[Any]) -> None:
    body = (await caller(s.COUNTY).get(f"/women/{s.an_id('woman', 3)}")).json()
    assert (body["status"], body["lifted"], body["matched"]) == ("exited", True, True)
    assert (body["division"], body["target_group"]) == (s.VILLAGES[2], "able_adult")
    assert [(reason["kind"], reason["title"], reason["quantity"]) for reason in body["reasons"]] == [
        ("training", "苗绣培训班", 2)
    ]
    assert [(entry["kind"], entry["valid"]) for entry in body["timeline"]] == [
        ("exited", "2018-05"), ("attended", "2017-05-08/2017-05-12"), ("registered", "2016-12-31"),
    ]  # fmt: skip
    attended = body["timeline"][1]
    assert attended["says"]["title"] == "苗绣培训班"
    assert (attended["actor"], attended["source"], attended["unit"]) == ("ann", "training", s.COUNTY)


async def test_either_id_of_a_merged_woman_shows_the_one_page(
    caller: Caller, known: Sequence[Any], connection: Any, feed: s.Feed
) -> None:
    await record(connection, feed(s.merged(3, 1)))
    client = caller(s.COUNTY)
    pages = [(await client.get(f"/women/{s.an_id('woman', n)}")).json() for n in (1, 3)]
    assert pages[0]["woman_id"] == pages[1]["woman_id"] == str(s.an_id("woman", 1))
    assert "merged" in [entry["kind"] for entry in pages[1]["timeline"]]
    before = (await client.get(f"/women/{s.an_id('woman', 3)}", params={"as_known": len(known)})).json()
    assert before["woman_id"] == str(s.an_id("woman", 3))


async def test_freshness_names_every_source_and_waits_for_a_number(caller: Caller) -> None:
    client = caller(s.COUNTY)
    assert set((await client.get("/freshness")).json()["freshness"]) == {"registry", "training", "outreach"}
    reached = await client.get("/freshness", params={"source": "registry", "number": 0, "wait": 1})
    assert reached.status_code == 200
    late = await client.get("/freshness", params={"source": "registry", "number": 10**6})
    assert (late.status_code, late.json()["code"]) == (503, "reporting.not_reached")
    odd = await client.get("/freshness", params={"source": "weather", "number": 1})
    assert (odd.status_code, odd.json()["code"]) == (422, "reporting.unknown_source")


async def test_without_a_token_or_the_scope_nothing_is_answered(caller: Caller) -> None:
    paths = ("/reports/match", "/reports/match/women", "/lines", "/freshness", f"/women/{s.an_id('woman', 1)}")
    for path in paths:
        assert (await caller().get(path)).status_code == 401
        assert (await caller(s.COUNTY, "partner").get(path)).status_code == 403


async def test_an_unknown_parameter_is_refused(caller: Caller, known: Sequence[Any]) -> None:
    answer = await caller(s.COUNTY).get("/reports/match", params={"division": s.COUNTY, "as_know": 1})
    assert answer.status_code == 400
