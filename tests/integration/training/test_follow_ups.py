"""The worklist of whom to ask after a course, the answers, and that both follow corrections, merges and erasures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import httpx

from libs.events.contracts.registry import ProcessingRestricted, WomanErased, WomanLeft, WomanMerged
from services.training.domain.keys import enrolment_id
from services.training.projections.follow_ups import LIST
from tests.integration.training.house import COUNTY, House
from tests.integration.training.test_courses import WOMEN, enrol, opened
from tests.integration.training.test_record import record, said
from tests.unit.training.leishan import women

HER, OTHER, THIRD = WOMEN[:3]
HOMES = dict(women())
PAST = {"first_day": "2017-05-08", "last_day": "2017-05-17", "capacity": None}
AT_WORK = {
    "after_months": 3, "on": "2017-08-20", "result": "employed", "employer_kind": "workshop",
    "work_place": "in_county", "monthly_income_fen": 180_000, "note": "在丈夫的店里",
}  # fmt: skip
MISSED = {"after_months": 3, "on": "2017-08-20", "result": "not_reached", "next_try": "2017-09-02"}


@asynccontextmanager
async def held(house: House, *who: UUID) -> AsyncIterator[tuple[httpx.AsyncClient, UUID]]:
    """A course of May 2017 which these women completed."""
    async with house.client(role="federation") as client:
        course = await opened(client, **PAST)
        for woman in who:
            assert (await enrol(client, course, woman, on="2017-05-08")).status_code == 201
            await attend(house, client, course, woman)
        yield client, course


async def attend(house: House, client: httpx.AsyncClient, course: UUID, woman: UUID, days: int = 9) -> None:
    seen = await house.enrolment_seen(client, course, woman)
    body = {"woman_id": str(woman), "days": days, "result": "合格"}
    answer = await client.post(f"/v1/courses/{course}/attendance", json=body, headers=seen)
    assert answer.status_code == 200, answer.text
    await house.projected()


async def answer(
    house: House, client: httpx.AsyncClient, course: UUID, woman: UUID, body: dict[str, Any], version: int = 0
) -> httpx.Response:
    address = f"/v1/follow-ups/{enrolment_id(course, woman)}"
    given = await client.post(address, json=body, headers={"If-Match": f'"{version}"'})
    await house.projected()
    return given


async def due(client: httpx.AsyncClient, **query: str) -> list[tuple[UUID, int, str]]:
    found = await client.get("/v1/follow-ups", params={"limit": "500", **query})
    assert found.status_code == 200, found.text
    return [(UUID(row["woman_id"]), row["after_months"], row["due_on"]) for row in found.json()["items"]]


async def test_who_completed_a_course_is_due_at_three_and_six_months(house: House) -> None:
    async with held(house, HER) as (client, course):
        assert (await enrol(client, course, OTHER, on="2017-05-08")).status_code == 201
        await attend(house, client, course, OTHER, days=2)
        assert await due(client) == [(HER, 3, "2017-08-17"), (HER, 6, "2017-11-17")]
        assert await due(client, until="2017-08-31") == [(HER, 3, "2017-08-17")]
        assert await due(client, since="2017-09-01") == [(HER, 6, "2017-11-17")]
        (row, _) = (await client.get("/v1/follow-ups")).json()["items"]
        assert (row["overdue"], row["course_title"], row["version"]) == (True, "家政服务培训班", 0)
        counted = (await client.get("/v1/follow-ups", params={"limit": 1, "count": "exact"})).json()
        assert (len(counted["items"]), counted["count"], bool(counted["next"])) == (1, 2, True)


async def test_an_answer_is_kept_published_by_band_and_corrected(house: House) -> None:
    async with held(house, HER) as (client, course):
        assert (await answer(house, client, course, HER, AT_WORK)).status_code == 200
        assert await due(client) == [(HER, 6, "2017-11-17")]
        stale = await answer(house, client, course, HER, AT_WORK | {"work_place": "elsewhere"})
        assert (stale.status_code, stale.json()["code"]) == (412, "events.stale")
        corrected = await answer(house, client, course, HER, AT_WORK | {"work_place": "elsewhere"}, 1)
        assert corrected.status_code == 200
        address = f"/v1/follow-ups/{enrolment_id(course, HER)}"
        hidden = (await client.get(address)).json()
        assert [each["work_place"] for each in hidden["answers"]] == ["elsewhere", "in_county"]
        assert {each["note"] for each in hidden["answers"]} == {None}
        assert (await client.get(address, params={"clear": "true"})).json()["code"] == "access.reason_missing"
        clear = (await client.get(address, params={"clear": "true", "reason": "visit"})).json()
        assert {each["note"] for each in clear["answers"]} == {"在丈夫的店里"}
    xid = await house.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    await house.runtime.wait_published(xid, 30)
    told = await house.published("training.followed-up.v1")
    assert [(each["income_band"], each["work_place"], each["working"]) for each in told] == [
        ("1000_to_1999", "in_county", True),
        ("1000_to_1999", "elsewhere", True),
    ]
    assert "note" not in told[0]
    assert "monthly_income_fen" not in told[0]


async def test_who_was_not_reached_is_due_again_on_the_day_agreed(house: House) -> None:
    async with held(house, HER) as (client, course):
        assert (await answer(house, client, course, HER, MISSED)).status_code == 200
        assert await due(client, until="2017-09-30") == [(HER, 3, "2017-09-02")]
        row = (await client.get("/v1/follow-ups")).json()["items"][0]
        assert (row["result"], row["tries"], row["version"]) == ("not_reached", 1, 1)


async def test_a_withdrawn_enrolment_and_one_not_completed_after_all_are_not_asked(house: House) -> None:
    async with held(house, HER, OTHER) as (client, course):
        await answer(house, client, course, HER, MISSED)
        seen = await house.enrolment_seen(client, course, HER)
        left = await client.post(f"/v1/courses/{course}/enrolments/{HER}/leave", headers=seen)
        assert left.status_code == 200, left.text
        await attend(house, client, course, OTHER, days=3)
        assert await due(client) == []
        refused = await answer(house, client, course, OTHER, AT_WORK)
        assert (refused.status_code, refused.json()["code"]) == (422, "training.not_completed")
        gone = await answer(house, client, course, HER, AT_WORK, 1)
        assert (gone.status_code, gone.json()["code"]) == (404, "training.enrolment_not_found")
        await attend(house, client, course, OTHER)
        assert [who for who, _, _ in await due(client)] == [OTHER, OTHER]


async def test_after_a_merge_she_is_asked_once_under_the_id_she_is_known_by(house: House) -> None:
    async with held(house, HER, OTHER) as (client, course):
        await answer(house, client, course, OTHER, AT_WORK)
        await house.told([WomanMerged(merged_id=HER, survivor_id=OTHER, on=date(2017, 9, 1))], 90)
        assert await due(client) == [(OTHER, 6, "2017-11-17")]
        under_the_old = await answer(house, client, course, HER, AT_WORK | {"on": "2017-08-21"})
        assert under_the_old.status_code == 200, "her enrolment is hers under any id"


async def test_who_was_erased_left_or_may_not_be_processed_is_not_asked(house: House) -> None:
    async with held(house, HER, OTHER, THIRD) as (client, course):
        await answer(house, client, course, HER, AT_WORK)
        left = WomanLeft(woman_id=OTHER, why="died", valid="2017-07-01", source="unit")
        restricted = ProcessingRestricted(woman_id=THIRD, ground="accuracy", on=date(2017, 7, 1))
        await house.told([WomanErased(woman_id=HER), left, restricted], 90)
        assert await due(client) == []
        address = f"/v1/follow-ups/{enrolment_id(course, HER)}"
        assert (await client.get(address)).status_code == 404
        await house.runtime.vault.erase(HER)
    stored = await house.runtime.store.load_many([enrolment_id(course, HER)])
    assert stored
    rows = await house.runtime.pool.fetch(
        "SELECT data::text AS data FROM events UNION ALL SELECT data::text FROM published"
    )
    assert all("在丈夫的店里" not in row["data"] for row in rows)


async def test_a_village_sees_and_records_of_its_own_women_only(house: House) -> None:
    near, far = HER, next(woman for woman in WOMEN if HOMES[woman] != HOMES[HER])
    async with held(house, near, far) as (client, course):
        assert {who for who, _, _ in await due(client)} == {near, far}
        assert {who for who, _, _ in await due(client, division=HOMES[far])} == {far}
        async with house.client(HOMES[near]) as village:
            assert {who for who, _, _ in await due(village)} == {near}
            foreign = await answer(house, village, course, far, AT_WORK)
            nobody = await answer(house, village, course, UUID(int=9), AT_WORK)
            assert (foreign.status_code, foreign.json()["code"]) == (nobody.status_code, nobody.json()["code"])
            assert foreign.status_code == 404
            outside = await village.get("/v1/follow-ups", params={"division": HOMES[far]})
            assert outside.status_code == 404
        async with house.client(role="reader") as reader:
            assert (await reader.get("/v1/follow-ups")).status_code == 403


async def test_what_she_answered_is_in_the_copy_she_asks_for(house: House) -> None:
    async with held(house, HER) as (client, course):
        await answer(house, client, course, HER, AT_WORK)
        told = said(await record(client, HER))
        assert told["follow-up-recorded"]["says"] == {"note": "在丈夫的店里"}


async def test_the_worklist_begins_at_the_unit_and_looks_up_each_woman(house: House) -> None:
    async with house.runtime.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        day = date(2017, 8, 1)
        start = (COUNTY[:-1], date.min, UUID(int=0), 0)
        rows = await connection.fetch(f"EXPLAIN {LIST}", COUNTY, COUNTY[:6] + "9" * 6, day, day, *start, 50)
        plan = "\n".join(row[0] for row in rows)
    assert "women_place" in plan
    assert "follow_ups_woman" in plan
    assert "Seq Scan" not in plan
