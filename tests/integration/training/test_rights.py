"""A cadre of one township sees, counts and decides nothing of another's women, by any route."""

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.training.house import COUNTY, House
from tests.integration.training.test_courses import COURSE, opened
from tests.integration.training.test_rosters import waiting
from tests.unit.training.leishan import REGISTER, SIGN_IN, township_of, women

MINE = township_of("522634198804256703")  # 永乐镇
SEEN = {"If-Match": '"1"'}
OTHER = township_of("522634199205288863")  # 望丰乡
OTHER_COUNTY = "522635000000"
PREFECTURE = "522600000000"
HOMES = {str(woman): division for woman, division in women()}


@pytest.fixture
async def filled(house: House) -> House:
    """Both classes, imported by the county."""
    await house.roster(REGISTER)
    await house.roster(SIGN_IN)
    return house


async def texts(house: House, division: str) -> str:
    """Everything any reading route says to this unit."""
    said = []
    async with house.client(division) as client:
        courses = (await client.get("/v1/courses")).json()
        said.append(courses)
        for item in courses["items"]:
            said.append((await client.get(f"/v1/courses/{item['course_id']}")).json())
            said.append((await client.get(f"/v1/courses/{item['course_id']}/enrolments?limit=500")).json())
        said.append(
            (await client.get("/v1/waiting", params={"clear": True, "reason": "checking", "limit": 500})).json()
        )
        said.append((await client.get("/v1/jobs")).json())
    return str(said)


async def test_no_route_tells_a_township_of_another_townships_woman(filled: House) -> None:
    said = await texts(filled, MINE)
    rows = await filled.runtime.pool.fetch(
        "SELECT woman_id::text FROM enrolments "
        "UNION SELECT candidate::text FROM roster_lines WHERE candidate IS NOT NULL"
    )
    strangers = [row[0] for row in rows if not HOMES[row[0]].startswith(MINE[:9])]
    mine = [row[0] for row in rows if HOMES[row[0]].startswith(MINE[:9])]
    assert len(strangers) > 40
    assert [woman for woman in strangers if woman in said] == []
    assert [woman for woman in mine if woman not in said] == []
    for word in ("文正仙", "毛正娥", "522601196111056021", "杨美芝"):  # lines of other units, a woman in no register
        assert word not in said


async def test_the_counts_of_all_townships_add_up_to_the_county(filled: House) -> None:
    counted: Counter[str] = Counter()
    for division in sorted({home[:9] + "000" for home in HOMES.values()}):
        async with filled.client(division) as client:
            for item in (await client.get("/v1/courses")).json()["items"]:
                counted[item["course_id"]] += item["registered_women"]
    async with filled.client() as client:
        whole = {
            item["course_id"]: item["registered_women"] for item in (await client.get("/v1/courses")).json()["items"]
        }
    assert dict(counted) == whole
    assert sorted(whole.values()) == [21, 38]


async def test_waiting_lines_are_decided_only_at_home(filled: House) -> None:
    everything = await waiting(filled)
    mine = {item["id"] for item in await waiting(filled, MINE)}
    assert 0 < len(mine) < len(everything)
    body = {"decisions": [{"id": item["id"], "decision": "confirm"} for item in everything]}
    body["decisions"].append({"id": str(uuid4()), "decision": "confirm"})
    async with filled.client(MINE) as client:
        items = (await client.post("/v1/waiting/decisions", json=body)).json()["items"]
    assert {item["id"] for item in items if item["status"] == 200} == mine
    refused = [item for item in items if item["status"] != 200]
    assert {item["status"] for item in refused} == {404}
    assert len({str(item["problem"]) for item in refused}) == 1  # a stranger's line and no line: the same words


async def test_a_woman_of_another_unit_and_no_woman_are_the_same_answer(filled: House) -> None:
    course = {
        "title": "班",
        "trade": "刺绣",
        "organiser": "甲",
        "first_day": "2030-03-01",
        "last_day": "2030-03-02",
        "days": 2,
    }
    stranger = next(woman for woman, home in HOMES.items() if home.startswith(OTHER[:9]))
    async with filled.client(MINE) as client:
        course_id = (await client.post("/v1/courses", json=course)).json()["id"]
        answers = [
            await client.post(f"/v1/courses/{course_id}/{what}", json={"woman_id": woman} | more, headers=SEEN)
            for what, more in (("enrolments", {"on": "2030-02-01"}), ("attendance", {"days": 1}))
            for woman in (stranger, str(uuid4()))
        ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["code"] for answer in answers}) == 1


async def test_a_township_sees_no_course_of_another_township(filled: House) -> None:
    course = {
        "title": "班",
        "trade": "种植",
        "organiser": "乙",
        "first_day": "2030-04-01",
        "last_day": "2030-04-02",
        "days": 2,
    }
    async with filled.client(OTHER) as client:
        course_id = (await client.post("/v1/courses", json=course)).json()["id"]
    await filled.projected()
    async with filled.client(MINE) as client:
        assert (await client.get(f"/v1/courses/{course_id}")).status_code == 404
        assert (await client.post(f"/v1/courses/{course_id}/finish", headers=SEEN)).status_code == 404
        assert course_id not in str((await client.get("/v1/courses?limit=500")).json())


async def test_a_townships_own_import_tells_nothing_of_strangers(house: House) -> None:
    answer = await house.roster(REGISTER, MINE)
    known, unknown = (next(row for row in answer["rows"] if row["row"] == number) for number in (5, 15))
    assert {key: known[key] for key in known if key != "row"} == {key: unknown[key] for key in unknown if key != "row"}
    assert known["outcome"] == "passed"
    async with house.client(MINE) as client:
        (course,) = (await client.get("/v1/courses")).json()["items"]
    assert course["registered_women"] == answer["totals"]["women_matched"]
    async with house.client(OTHER) as client:  # her attendance appears in her own unit
        (course,) = (await client.get("/v1/courses")).json()["items"]
        listed = (await client.get(f"/v1/courses/{course['course_id']}/enrolments")).json()["items"]
    assert listed
    assert all(item["division"].startswith(OTHER[:9]) for item in listed)


async def test_a_job_is_not_shown_to_another_township(house: House) -> None:
    await house.roster(REGISTER, MINE)
    async with house.client(MINE) as client:
        (job,) = (await client.get("/v1/jobs")).json()["items"]
    async with house.client(OTHER) as client:
        assert (await client.get(f"/v1/jobs/{job['id']}")).status_code == 404


@pytest.mark.parametrize("role", ["reader", "partner", "service"])
async def test_roles_without_training_scopes_get_nowhere(house: House, role: str) -> None:
    async with house.client(role=role) as client:
        answers: list[Any] = [
            await client.get("/v1/courses"),
            await client.get("/v1/waiting"),
            await client.post("/v1/imports", content=b"x"),
            await client.post("/v1/waiting/decisions", json={"decisions": []}),
        ]
    assert {answer.status_code for answer in answers} == {403}


async def test_two_counties_may_have_the_same_course_and_hear_nothing_of_each_other(house: House) -> None:
    async with house.client() as ours, house.client(OTHER_COUNTY) as theirs:
        mine, others = await opened(ours, organiser="县妇联"), await opened(theirs, organiser="县妇联")
        assert mine != others
        again = await ours.post("/v1/courses", json=COURSE | {"organiser": "县妇联", "capacity": 9})
        assert (again.status_code, again.json()["code"]) == (409, "training.course_exists")


async def test_a_roster_is_taken_in_for_a_unit_of_ones_own_only(house: House) -> None:
    await house.roster(REGISTER, PREFECTURE, unit=COUNTY)
    before = await house.figures()
    assert {unit for _, unit, *_ in before["courses"]} == {COUNTY}
    again = await house.roster(REGISTER, COUNTY)
    assert again["published"] is None
    assert await house.figures() == before
    for outside in (OTHER_COUNTY, PREFECTURE):
        async with house.client(COUNTY) as cadre:
            query = {"filename": REGISTER.name, "unit": outside}
            refused = await cadre.post("/v1/imports", params=query, content=REGISTER.read_bytes())
        assert (refused.status_code, refused.json()["code"]) == (404, "common.not_found")
