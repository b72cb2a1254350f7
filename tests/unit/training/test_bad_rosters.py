"""What offices really send: each is answered by file, rule and right form, and nothing is half-written."""

from pathlib import Path

import pytest

from libs.values.errors import DomainError, Unavailable
from services.training.handlers.ports import Question, Resolved
from services.training.rosters.matching import places
from tests.unit.training.house import TrainingHouse
from tests.unit.training.leishan import registry, woman_id
from tests.unit.training.rosters import HEADER, NOTE, TITLE, register, write

FENG = ("杨凤兰", "女", "522634198804256703", "永乐镇岩寨村五组", 10, "合格", "GZ1")


@pytest.fixture
def house() -> TrainingHouse:
    return TrainingHouse(registry())


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("培训机构：雷山县妇女联合会", "training.no_period"),
        ("培训时间：2017年2月30日—3月5日", "training.bad_period"),
        ("培训时间：2017年5月8日—5月1日", "training.bad_period"),
    ],
)
async def test_a_roster_that_does_not_say_when_is_refused(
    house: TrainingHouse, tmp_path: Path, note: str, code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        await house.roster(register(tmp_path / "a.xlsx", FENG, note=note))
    assert refusal.value.code == code
    assert "a.xlsx" in refusal.value.message
    assert not house.store.log


async def test_a_roster_without_attendance_is_refused(house: TrainingHouse, tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", TITLE, NOTE, HEADER[:6], [(1, *FENG[:4], "刺绣")])
    with pytest.raises(DomainError, match="出勤天数"):
        await house.roster(path)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"PK\x03\x04nothing", "没有表头,的文件\n".encode("gbk")])
async def test_what_is_no_roster_is_refused(house: TrainingHouse, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(DomainError):
        await house.roster(path)
    assert not house.store.log


async def test_bad_days_refuse_their_row_and_the_good_rows_are_kept(house: TrainingHouse, tmp_path: Path) -> None:
    rows = [(*FENG[:4], days, "合格", None) for days in ("十天", 11, None)]
    good = ("唐红", "女", "522634199205288863", "望丰乡乌江村三组", "１０天", "合格", "GZ2")
    answer = await house.roster(register(tmp_path / "a.xlsx", *rows, good))
    said = [(row["outcome"], [finding["rule"] for finding in row["findings"]]) for row in answer["rows"]]
    assert said == [
        ("refused", ["attendance_not_a_number"]),
        ("refused", ["attendance_beyond_course"]),
        ("not_attended", ["attendance_empty"]),
        ("enrolled", []),
    ]
    assert house.women() == {woman_id("522634199205288863")}


async def test_a_row_without_a_name_is_refused_and_a_formula_is_only_text(house: TrainingHouse, tmp_path: Path) -> None:
    nobody = (None, "女", None, "永乐镇", 10, "合格", None)
    formula = ("=cmd|' /C calc'!A0", "女", "522634198804256703", "永乐镇岩寨村五组", 10, "合格", None)
    answer = await house.roster(register(tmp_path / "a.xlsx", nobody, formula))
    assert answer["rows"][0]["findings"][0]["rule"] == "name_empty"
    assert answer["rows"][1]["outcome"] in ("refused", "waiting")


async def test_nothing_is_written_when_the_registry_does_not_answer(tmp_path: Path) -> None:
    class Away:
        async def resolve(self, unit: str, questions: list[Question]) -> list[Resolved]:
            raise Unavailable("training.registry_unavailable", "没有应答")

    house = TrainingHouse(Away())  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await house.roster(register(tmp_path / "a.xlsx", FENG))
    assert not house.store.log


def test_addresses_are_taken_apart() -> None:
    assert places("永乐镇岩寨村五组") == ("永乐镇", "岩寨村")
    assert places("达地水族乡乌达村") == ("达地水族乡", "乌达村")
    assert places("高枧村") == (None, "高枧村")
    assert places("下寨") == (None, "下寨")
    assert places(None) == (None, None)
