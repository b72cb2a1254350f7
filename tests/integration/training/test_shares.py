"""The ≥40 % rule over REST: a course when planned and held, typed heads, a unit's year, courses below the share."""

from typing import Any

from tests.integration.training.house import COUNTY, House
from tests.integration.training.test_course_life import done
from tests.integration.training.test_courses import WOMEN, enrol, opened
from tests.unit.training.leishan import REGISTER, SIGN_IN, township_of

MINE = township_of("522634198804256703")


async def shares(house: House, division: str = COUNTY, **query: Any) -> dict[str, Any]:
    async with house.client(division) as client:
        found: dict[str, Any] = (await client.get("/v1/training-shares", params=query)).json()
    return found


async def test_a_planned_course_says_how_many_of_its_seats_are_to_be_registered_womens(house: House) -> None:
    async with house.client() as client:
        course = await opened(client, capacity=5)
        for nth, more in enumerate((2, 1, 0)):
            await house.projected()
            read = (await client.get(f"/v1/courses/{course}")).json()
            assert (read["share"]["stage"], read["share"]["more"], read["share"]["reached"]) == (
                "planned",
                more,
                not more,
            )
            listed = (await client.get("/v1/courses", params={"under": True})).json()["items"]
            assert [item["course_id"] for item in listed] == ([str(course)] if more else [])
            await enrol(client, course, WOMEN[nth])


async def test_a_held_course_is_judged_by_all_who_took_part_also_typed_ones(house: House) -> None:
    answer = await house.roster(REGISTER)
    (course,) = {each["course_id"] for each in answer["courses"]}
    async with house.client() as client:
        read = (await client.get(f"/v1/courses/{course}")).json()
        share = {"stage": "held", "due_percent": 40, "percent": 80.8, "reached": True, "more": 0}
        assert read["share"] == share
        read = await done(house, client, course, "headcount", participants=100, women=90)
        assert (read["participants"], read["women"], read["registered_women"]) == (100, 90, 38)
        assert read["share"] == share | {"percent": 38.0, "reached": False, "more": 4}
        listed = (await client.get("/v1/courses", params={"under": True})).json()["items"]
        assert [item["course_id"] for item in listed] == [course]
        seen = await house.course_seen(client, course)
        body = {"participants": 10, "women": 10}
        refused = await client.post(f"/v1/courses/{course}/headcount", json=body, headers=seen)
        assert (refused.status_code, refused.json()["code"]) == (422, "training.bad_headcount")
    assert (await house.published("training.course-headcount.v1"))[-1] == {
        "course_id": course, "participants": 100, "women": 90, "registered_women": 38,
    }  # fmt: skip


async def test_a_year_of_a_unit_is_all_its_general_training_together(house: House) -> None:
    await house.roster(REGISTER)
    await house.roster(SIGN_IN)
    async with house.client(MINE) as client:
        theirs = await opened(client, organiser="永乐镇人民政府", first_day="2017-06-01", last_day="2017-06-03", days=3)
        await done(house, client, theirs, "headcount", participants=10, women=10)
        cancelled = await opened(client, organiser="永乐镇妇联", first_day="2017-07-01", last_day="2017-07-03", days=3)
        await done(house, client, cancelled, "headcount", participants=90, women=90)
        await done(house, client, cancelled, "cancel", reason="not_held")
    found = await shares(house, year=2017)
    assert "巾帼脱贫" in found["source"]
    rows = {row["unit"]: (row["courses"], row["participants"], row["registered_women"]) for row in found["rows"]}
    assert rows == {COUNTY: (2, 47 + 27, 38 + 21), MINE: (1, 10, 0)}
    overall = found["overall"]
    assert (overall["participants"], overall["registered_women"], overall["reached"]) == (84, 59, True)
    mine = (await shares(house, MINE, year=2017))["rows"]
    assert [(row["unit"], row["participants"], row["more"]) for row in mine] == [(MINE, 10, 7)]
    assert (await shares(house, year=2018))["rows"] == []
    assert (await shares(house, year=2014))["source"] == ""


async def test_a_township_is_told_no_share_of_a_course_of_the_county(house: House) -> None:
    await house.roster(REGISTER)
    async with house.client(MINE) as client:
        (course,) = (await client.get("/v1/courses")).json()["items"]
        assert (course["share"], course["registered_women"] > 0) == (None, True)
        assert (await client.get("/v1/courses", params={"under": True})).json()["items"] == []
        outside = await client.get("/v1/training-shares", params={"division": COUNTY})
        assert (outside.status_code, outside.json()["code"]) == (404, "common.not_found")
