"""The import through the API: totals, decisions, waiting lists, publication."""

import asyncio
from typing import Any

from tests.integration.training.house import House
from tests.unit.training.leishan import REGISTER, SIGN_IN

WAITING = "/v1/waiting"


async def waiting(house: House, division: str = "522634000000", **query: Any) -> list[dict[str, Any]]:
    async with house.client(division) as client:
        answer = await client.get(WAITING, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def decide(house: House, items: list[dict[str, Any]], decision: str, division: str = "522634000000") -> Any:
    body = {"decisions": [{"id": item["id"], "decision": decision, "reason": "已核对"} for item in items]}
    async with house.client(division) as client:
        answer = await client.post(f"{WAITING}/decisions", json=body)
    assert answer.status_code == 207, answer.text
    await house.projected()
    return answer.json()


async def women(house: House) -> int:
    counted: int = await house.runtime.pool.fetchval(
        "SELECT count(DISTINCT woman_id) FROM enrolments WHERE NOT withdrawn AND days > 0"
    )
    return counted


async def test_both_rosters_give_57_women_and_65_after_all_waiting_rows_are_confirmed(house: House) -> None:
    first, second = await house.roster(REGISTER), await house.roster(SIGN_IN)
    assert (first["totals"]["women_matched"], second["totals"]["women_matched"]) == (38, 21)
    assert first["published"]["number"] < second["published"]["number"]
    assert await women(house) == 57
    items = await waiting(house)
    assert len(items) == 8
    answer = await decide(house, items, "confirm")
    assert {item["status"] for item in answer["items"]} == {200}
    assert answer["published"]["number"] > second["published"]["number"]
    assert await women(house) == 65
    assert await waiting(house) == []
    again = await decide(house, items, "confirm")
    assert not any(item["changed"] for item in again["items"])
    assert {item["status"] for item in (await decide(house, items[:1], "refuse"))["items"]} == {409}


async def test_the_same_file_again_publishes_nothing(house: House) -> None:
    await house.roster(REGISTER)
    before = await house.figures()
    again = await house.roster(REGISTER)
    assert again["published"] is None
    assert again["totals"]["women_matched"] == 38
    assert await house.figures() == before


async def test_a_dry_run_writes_nothing(house: House) -> None:
    answer = await house.roster(REGISTER, dry_run=True)
    assert answer["totals"]["women_matched"] == 38
    assert await house.runtime.pool.fetchval("SELECT count(*) FROM events") == 0


async def test_what_is_published_holds_ids_and_figures_only(house: House) -> None:
    await house.roster(SIGN_IN)
    attended = await house.published("training.attended.v1")
    assert len(attended) == 21
    assert attended[0] == {
        "course_id": attended[0]["course_id"],
        "woman_id": attended[0]["woman_id"],
        "days": 3,
        "first_day": "2017-09-04",
        "last_day": "2017-09-06",
        "completed": True,
        "unit": "522634000000",
        "division": attended[0]["division"],
    }
    assert attended[0]["division"].startswith("522634")
    (headcount,) = await house.published("training.course-headcount.v1")
    assert (headcount["participants"], headcount["women"], headcount["registered_women"]) == (27, 27, 21)


async def test_two_imports_of_one_file_at_once_are_as_one(house: House) -> None:
    await asyncio.gather(*(house.roster(REGISTER) for _ in range(4)))
    figures = await house.figures()
    assert len(figures["enrolments"]) == 38
    assert dict(figures["events"])["woman-enrolled"] == 38
    assert dict(figures["events"])["course-opened"] == 1


async def test_names_are_masked_unless_asked_for_in_clear(house: House) -> None:
    await house.roster(REGISTER)
    masked, clear = await waiting(house), await waiting(house, clear=True, reason="checking")
    for item in masked:
        assert item["name"].endswith("*")
        assert item["village"] is None
        assert item["resident_id"] is None or "*" in item["resident_id"]
    assert "毛正娥" in {item["name"] for item in clear}
    trail = await house.runtime.pool.fetch(
        "SELECT action, reason FROM audit_trail WHERE action IN ('waiting.opened', 'personal.read') ORDER BY id"
    )
    assert [tuple(row) for row in trail] == [("waiting.opened", None), ("personal.read", "checking")]
    async with house.client() as client:
        for reason in (None, "other", "走访"):
            refused = await client.get(WAITING, params={"clear": True} | ({"reason": reason} if reason else {}))
            assert (refused.status_code, refused.json()["code"]) == (422, "access.reason_missing")
    async with house.client(role="reader") as client:
        assert (await client.get(WAITING)).status_code == 403


async def test_the_log_holds_no_word_of_a_roster_in_clear(house: House) -> None:
    await house.roster(REGISTER)
    await decide(house, await waiting(house), "confirm")
    tables = ("events", "published", "roster_lines", "enrolments", "jobs", "commands")
    for table in tables:
        text = "\n".join(row[0] for row in await house.runtime.pool.fetch(f"SELECT t::text FROM {table} t"))
        for word in ("文正仙", "522601196111056021", "522601196111056921", "杨美芝", "GZ201700007", "乌达村", "已核对"):
            assert word not in text, f"{word} in {table}"
