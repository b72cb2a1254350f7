"""A corrected roster updates its course; merges, capacity, and days that another person signed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.events.store import NO_STREAM, Append
from services.training.domain.course import Facts, FillSeats, OpenCourse, Seat, course
from services.training.rosters.reading import read_roster
from tests.unit.training.house import TrainingHouse, meta
from tests.unit.training.leishan import registry, township_of, woman_id
from tests.unit.training.rosters import register, sign_in

FENG = ("杨凤兰", "女", "522634198804256703", "永乐镇岩寨村五组", 10, "合格", "GZ1")
TANG = ("唐红", "女", "522634199205288863", "望丰乡乌江村三组", 9, "合格", "GZ2")
LI = ("李燕", "女", "522634197806220742", "丹江镇小固鲁村下寨", 9, "合格", "GZ3")
NEAR = ("文正仙", "女", "522601196111056021", "达地水族乡乌达村五组", 9, "合格", "GZ7")
STRANGER = ("杨美芝", "女", "522634197407169708", "望丰乡乌迭村四组", 10, "合格", "GZ12")
FENG_ID, TANG_ID, LI_ID = (woman_id(person[2]) for person in (FENG, TANG, LI))


@pytest.fixture
def house() -> TrainingHouse:
    return TrainingHouse(registry())


def days(house: TrainingHouse) -> dict[UUID, int]:
    return {woman: days for (_, woman), days in house.attended().items()}


async def outcomes(house: TrainingHouse, path: Path, unit: str = "522634000000") -> list[str]:
    return [row["outcome"] for row in (await house.roster(path, unit))["rows"]]


def changed(person: Sequence[Any], **values: Any) -> tuple[Any, ...]:
    names = ("name", "sex", "id", "address", "days", "result", "certificate")
    return tuple(values.get(name, value) for name, value in zip(names, person, strict=True))


async def test_women_are_added_changed_and_withdrawn(house: TrainingHouse, tmp_path: Path) -> None:
    await house.roster(register(tmp_path / "a.xlsx", FENG, TANG))
    corrected = register(tmp_path / "b.xlsx", changed(FENG, days=8), LI)
    assert await outcomes(house, corrected) == ["enrolled", "enrolled"]
    assert days(house) == {FENG_ID: 8, LI_ID: 9}
    published = [recorded.type for recorded in house.store.log]
    assert published.count("enrolment-withdrawn") == 1
    assert published.count("course-opened") == 1
    assert await outcomes(house, corrected) == ["unchanged", "unchanged"]


async def test_a_withdrawn_woman_may_be_named_again(house: TrainingHouse, tmp_path: Path) -> None:
    first = register(tmp_path / "a.xlsx", FENG, TANG)
    await house.roster(first)
    await house.roster(register(tmp_path / "b.xlsx", FENG))
    await house.roster(first)
    assert days(house) == {FENG_ID: 10, TANG_ID: 9}


async def test_a_confirmed_line_that_vanishes_withdraws_her_and_the_decision_stands(
    house: TrainingHouse, tmp_path: Path
) -> None:
    both = register(tmp_path / "a.xlsx", FENG, NEAR)
    await house.roster(both)
    await house.confirm_all()
    assert len(days(house)) == 2
    await house.roster(register(tmp_path / "b.xlsx", FENG))
    assert set(days(house)) == {FENG_ID}
    await house.roster(both)
    assert len(days(house)) == 2
    assert house.waiting() == {}


async def test_a_near_id_that_is_corrected_no_longer_waits(house: TrainingHouse, tmp_path: Path) -> None:
    await house.roster(register(tmp_path / "a.xlsx", NEAR))
    assert len(house.waiting()) == 1
    right = changed(NEAR, id="522601196111056921")
    assert await outcomes(house, register(tmp_path / "b.xlsx", right)) == ["enrolled"]
    assert house.waiting() == {}
    counted = [recorded.event for recorded in house.store.log if recorded.type == "heads-counted"]
    assert counted[-1].participants == 1


async def test_days_signed_by_another_count_only_once_confirmed(house: TrainingHouse, tmp_path: Path) -> None:
    path = sign_in(tmp_path / "a.xlsx", ("杨凤兰", FENG[2], "岩寨村", "√", "代", None))
    assert await outcomes(house, path) == ["enrolled"]
    assert days(house) == {FENG_ID: 1}
    await house.confirm_all()
    assert days(house) == {FENG_ID: 2}
    assert await outcomes(house, path) == ["unchanged"]
    assert days(house) == {FENG_ID: 2}


async def test_a_line_beside_an_enrolment_is_dropped_with_its_row(house: TrainingHouse, tmp_path: Path) -> None:
    await house.roster(sign_in(tmp_path / "a.xlsx", ("杨凤兰", FENG[2], "岩寨村", "√", "代", None)))
    await house.roster(sign_in(tmp_path / "b.xlsx", ("唐红", TANG[2], "乌江村", "√", "√", "√")))
    assert house.waiting() == {}
    assert days(house) == {TANG_ID: 3}


async def test_a_woman_who_never_signed_did_not_attend(house: TrainingHouse, tmp_path: Path) -> None:
    path = sign_in(tmp_path / "a.xlsx", ("杨凤兰", FENG[2], "岩寨村", None, None, "×"))
    assert await outcomes(house, path) == ["not_attended"]
    assert days(house) == {}


async def test_a_merge_is_resolved_when_a_person_decides(house: TrainingHouse, tmp_path: Path) -> None:
    await house.roster(register(tmp_path / "a.xlsx", NEAR))
    candidate, survivor = woman_id("522601196111056921"), UUID(int=99)
    house.register.merged[candidate] = survivor
    house.register.homes[survivor] = "522634100000"
    await house.confirm_all()
    assert set(days(house)) == {survivor}
    events = len(house.store.log)
    await house.roster(register(tmp_path / "b.xlsx", NEAR))
    assert len(house.store.log) == events


async def test_two_records_of_one_woman_count_once_after_their_merge(house: TrainingHouse, tmp_path: Path) -> None:
    path = register(tmp_path / "a.xlsx", FENG, TANG)
    await house.roster(path)
    house.register.merged[TANG_ID] = FENG_ID
    assert sorted(await outcomes(house, path)) == ["repeated", "unchanged"]
    assert set(days(house)) in ({FENG_ID}, {TANG_ID})
    events = len(house.store.log)
    await house.roster(path)
    assert len(house.store.log) == events


async def test_a_row_confirmed_for_a_woman_who_sits_there_counts_once(house: TrainingHouse, tmp_path: Path) -> None:
    right = changed(NEAR, id="522601196111056921", days=10)
    path = register(tmp_path / "a.xlsx", NEAR, right)
    assert await outcomes(house, path) == ["waiting", "enrolled"]
    await house.confirm_all()
    assert list(days(house).values()) == [10]
    events = len(house.store.log)
    assert await outcomes(house, path) == ["repeated", "unchanged"]
    assert len(house.store.log) == events


async def test_a_township_cannot_withdraw_what_the_county_brought(house: TrainingHouse, tmp_path: Path) -> None:
    await house.roster(register(tmp_path / "a.xlsx", FENG, TANG))
    township = township_of(FENG[2])
    await house.roster(register(tmp_path / "b.xlsx", changed(FENG, days=3)), township)
    assert days(house) == {FENG_ID: 10, TANG_ID: 9}


async def test_the_county_corrects_what_a_township_brought(house: TrainingHouse, tmp_path: Path) -> None:
    await house.roster(register(tmp_path / "a.xlsx", FENG, TANG), township_of(FENG[2]))
    await house.roster(register(tmp_path / "b.xlsx", changed(FENG, days=8)))
    assert days(house) == {FENG_ID: 8}


async def test_a_full_course_refuses_the_rows_beyond_its_capacity(house: TrainingHouse, tmp_path: Path) -> None:
    path = register(tmp_path / "a.xlsx", FENG, TANG, STRANGER)
    course_id = await opened(house, path, capacity=2, taken=())
    answer = await house.roster(path)
    assert [row["outcome"] for row in answer["rows"]] == ["enrolled", "enrolled", "refused"]
    assert answer["rows"][2]["findings"][0]["rule"] == "course_full"
    state = course.fold(item.event for item in await house.store.load(course_id))
    assert len(state.seats) == 2  # type: ignore[union-attr]


async def test_a_roster_frees_no_seat_that_was_taken_by_hand(house: TrainingHouse, tmp_path: Path) -> None:
    path = register(tmp_path / "a.xlsx", FENG)
    seat = Seat(UUID(int=5), woman=True, woman_id=UUID(int=6))
    course_id = await opened(house, path, capacity=None, taken=(seat,))
    await house.roster(path)
    state = course.fold(item.event for item in await house.store.load(course_id))
    assert len(state.seats) >= 1  # type: ignore[union-attr]


async def opened(house: TrainingHouse, path: Path, capacity: int | None, taken: tuple[Seat, ...]) -> UUID:
    """The course of this roster, opened by hand before."""
    from services.training.domain.keys import course_id as course_id_of

    (sheet,) = read_roster(path.name, path)
    notes = sheet.notes
    course_id = course_id_of("522634000000", notes.organiser, notes.trade, notes.first_day, notes.place)
    facts = Facts(
        "522634000000", notes.title, notes.trade, notes.organiser, notes.first_day, notes.last_day, notes.place,
        "handicraft", 10,
    )  # fmt: skip
    events = course.decide(course.initial, OpenCourse(course_id, facts, capacity))
    if taken:
        events += course.decide(course.fold(events), FillSeats(course_id, taken))
    await house.store.append(Append(course_id, NO_STREAM, events, meta("522634000000")))
    return course_id
