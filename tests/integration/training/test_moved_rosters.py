"""A roster finds its course by its old and by its new day and place, and is judged by the sessions that were held."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.events.store import NO_STREAM, Append
from libs.values.division import Division
from libs.values.errors import Conflict, Refused
from services.training.domain import course_changes as changes
from services.training.domain.course import Facts, Open, OpenCourse, course
from services.training.domain.keys import course_id as course_id_of
from services.training.domain.session import Session
from services.training.handlers.course_life import CourseLife
from services.training.handlers.enrolments import Caller
from tests.integration.training.house import COUNTY, House
from tests.integration.training.test_rosters import waiting
from tests.unit.training.house import meta
from tests.unit.training.rosters import NOTE, register
from tests.unit.training.test_corrections import FENG, FENG_ID, NEAR, TANG, TANG_ID

APRIL = date(2017, 4, 20)
MOVED_NOTE = NOTE.replace("5月8日—5月17日", "5月15日—5月24日").replace("丹江镇", "西江镇")
COUNTED = "SELECT data FROM events WHERE type = 'attendance-recorded' ORDER BY position"


def life(house: House) -> CourseLife:
    return CourseLife(house.runtime.commands)


def caller() -> Caller:
    return Caller(Division(COUNTY), meta(COUNTY))


async def opened(house: House, first: date = date(2017, 5, 8), place: str = "丹江镇") -> UUID:
    """The course that the rosters of these tests mean."""
    organiser, last = "雷山县妇女联合会", date(2017, 5, 17 if first.day == 8 else 24)
    course_id = course_id_of(COUNTY, organiser, "刺绣", first, place)
    facts = Facts(COUNTY, "绣花班", "刺绣", organiser, first, last, place, "handicraft", 10)
    events = course.decide(course.initial, OpenCourse(course_id, facts))
    await house.runtime.store.append(Append(course_id, NO_STREAM, events, meta(COUNTY)))
    return course_id


async def outcomes(house: House, path: Path) -> list[str]:
    return [row["outcome"] for row in (await house.roster(path))["rows"]]


async def events(house: House) -> int:
    return int(await house.runtime.pool.fetchval("SELECT count(*) FROM events"))


async def moved(house: House, course_id: UUID) -> None:
    command = changes.MoveCourse(course_id, "weather", APRIL, first_day=date(2017, 5, 15), place="西江镇")
    await life(house).move(command, caller())


async def courses_of(house: House) -> set[UUID]:
    rows = await house.runtime.pool.fetch("SELECT stream_id FROM events WHERE type = 'course-opened'")
    return {row["stream_id"] for row in rows}


async def facts_of(house: House, course_id: UUID) -> Open:
    state = course.fold(item.event for item in await house.runtime.store.load(course_id))
    assert isinstance(state, Open)
    return state


@pytest.mark.parametrize("note", [NOTE, MOVED_NOTE], ids=["old", "new"])
async def test_both_keys_of_a_moved_course_mean_it_and_it_stays_where_it_was_moved(
    house: House, tmp_path: Path, note: str
) -> None:
    path = register(tmp_path / "a.xlsx", FENG, TANG, note=note)
    course_id = await opened(house)
    await moved(house, course_id)
    assert await outcomes(house, path) == ["enrolled", "enrolled"]
    assert await courses_of(house) == {course_id}
    facts = (await facts_of(house, course_id)).facts
    assert (facts.first_day, facts.last_day, facts.place) == (date(2017, 5, 15), date(2017, 5, 24), "西江镇")
    attended = [row["data"]["attendance"] for row in await house.runtime.pool.fetch(COUNTED)]
    assert {(each["first_day"], each["last_day"]) for each in attended} == {("2017-05-15", "2017-05-24")}
    assert await outcomes(house, path) == ["unchanged", "unchanged"]


async def test_a_line_stays_the_same_line_by_either_key(house: House, tmp_path: Path) -> None:
    await house.roster(register(tmp_path / "a.xlsx", FENG, NEAR))
    decisions = [{"id": each["id"], "decision": "confirm"} for each in await waiting(house)]
    async with house.client() as client:
        (await client.post("/v1/waiting/decisions", json={"decisions": decisions})).raise_for_status()
    (course_id,) = await courses_of(house)
    await moved(house, course_id)
    again = await house.roster(register(tmp_path / "b.xlsx", FENG, NEAR, note=MOVED_NOTE))
    assert again["courses"][0]["course_id"] == str(course_id)
    assert await waiting(house) == []
    assert len(await completed(house)) == 2


async def test_a_course_moved_there_and_back_is_one_course(house: House, tmp_path: Path) -> None:
    path = register(tmp_path / "a.xlsx", FENG)
    course_id = await opened(house)
    await moved(house, course_id)
    back = changes.MoveCourse(course_id, "arrangement", APRIL, first_day=date(2017, 5, 8), place="丹江镇")
    await life(house).move(back, caller())
    await moved(house, course_id)
    await house.roster(path)
    assert await courses_of(house) == {course_id}


async def test_no_course_is_moved_to_where_another_is(house: House) -> None:
    first = await opened(house)
    other = await opened(house, date(2017, 5, 15), "西江镇")
    with pytest.raises(Conflict, match="已登记"):
        await moved(house, first)
    assert (await facts_of(house, first)).facts.place == "丹江镇"
    assert other != first


async def test_attendance_is_judged_by_the_sessions_that_are_held(house: House, tmp_path: Path) -> None:
    path = register(tmp_path / "a.xlsx", (*FENG[:4], 7, *FENG[5:]), (*TANG[:4], 6, *TANG[5:]))
    course_id = await opened(house)
    sessions = tuple(Session(0, date(2017, 5, day)) for day in range(8, 17))
    await life(house).plan(changes.PlanSessions(course_id, sessions), caller())
    await house.roster(path)
    assert await completed(house) == {FENG_ID: (9, False), TANG_ID: (9, False)}
    await life(house).plan(changes.CancelSession(course_id, 9, "weather"), caller())
    assert await completed(house) == {FENG_ID: (8, True), TANG_ID: (8, False)}
    before = await events(house)
    await house.roster(path)
    assert await events(house) == before, "the same roster says nothing new"


async def test_no_session_is_cancelled_that_somebody_attended(house: House, tmp_path: Path) -> None:
    path = register(tmp_path / "a.xlsx", (*FENG[:4], 2, *FENG[5:]))
    course_id = await opened(house)
    sessions = tuple(Session(0, date(2017, 5, day)) for day in (8, 9))
    await life(house).plan(changes.PlanSessions(course_id, sessions), caller())
    await house.roster(path)
    with pytest.raises(Refused, match="已登记出勤2天"):
        await life(house).plan(changes.CancelSession(course_id, 1, "weather"), caller())


async def test_a_row_with_more_days_than_sessions_is_refused_by_name(house: House, tmp_path: Path) -> None:
    path = register(tmp_path / "a.xlsx", FENG, (*TANG[:4], 2, *TANG[5:]))
    course_id = await opened(house)
    sessions = tuple(Session(0, date(2017, 5, day)) for day in (8, 9))
    await life(house).plan(changes.PlanSessions(course_id, sessions), caller())
    row, other = (await house.roster(path))["rows"]
    assert (row["outcome"], other["outcome"]) == ("refused", "enrolled")
    finding = row["findings"][0]
    assert (finding["rule"], finding["value"]) == ("attendance_beyond_course", "10")
    assert finding["right_answer"].startswith("不超过2天")
    assert set(await completed(house)) == {TANG_ID}


async def test_a_roster_of_a_cancelled_course_is_refused_whole(house: House, tmp_path: Path) -> None:
    path = register(tmp_path / "a.xlsx", FENG)
    course_id = await opened(house)
    await life(house).cancel(changes.CancelCourse(course_id, "too_few", APRIL), caller())
    async with house.client() as client:
        content = path.read_bytes()
        sent = await client.post("/v1/imports", params={"filename": path.name}, content=content)
        job = await house.job(client, sent)
    assert (job["status"], job["error"]["code"]) == ("failed", "training.course_cancelled")
    assert await house.runtime.pool.fetchval("SELECT count(*) FROM events WHERE type = 'woman-enrolled'") == 0


async def completed(house: House) -> dict[UUID, tuple[int, bool]]:
    """Woman → planned days and whether she completed, as last recorded."""
    found: dict[UUID, Any] = {}
    for row in await house.runtime.pool.fetch(COUNTED):
        found[UUID(row["data"]["woman_id"])] = row["data"]["attendance"]
    return {woman: (each["planned"], each["completed"]) for woman, each in found.items()}
