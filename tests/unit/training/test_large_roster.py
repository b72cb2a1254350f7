"""A roster of more events than one transaction holds: taken in pages, and finished by running it again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.events.store import Append, Appended
from libs.values.resident_id import check_character
from services.training.adapters.fake_registry import FakeRegistry, Person
from tests.unit.training.house import TrainingHouse
from tests.unit.training.rosters import register

WOMEN = 2_600  # two events each: more than the kernel's 5,000


def resident_id(number: int) -> str:
    digits = f"52263419{50 + number // 500:02d}0101{(number % 500) * 2:03d}"
    return digits + check_character(digits)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    people = [(f"王{n}", "女", resident_id(n), "永乐镇岩寨村", 10, "合格", None) for n in range(WOMEN)]
    return register(tmp_path_factory.mktemp("large") / "large.xlsx", *people)


@pytest.fixture
def house() -> TrainingHouse:
    persons = [Person(UUID(int=n + 1), f"王{n}", resident_id(n), "522634102200", "岩寨村") for n in range(WOMEN)]
    return TrainingHouse(FakeRegistry(persons))


async def test_a_large_roster_is_taken_in_pages(house: TrainingHouse, path: Path) -> None:
    answer = await house.roster(path)
    assert answer["totals"]["women_matched"] == WOMEN
    assert len(house.women()) == WOMEN


async def test_cut_off_between_two_pages_it_is_finished_by_running_it_again(
    house: TrainingHouse, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = 0
    append = house.store.append_many

    async def cut_off(appends: Sequence[Append], tx: Any = None) -> list[Appended]:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise ConnectionError("the process dies here")
        return await append(appends, tx)

    monkeypatch.setattr(house.store, "append_many", cut_off)
    with pytest.raises(ConnectionError):
        await house.roster(path)
    begun = len(house.women())
    assert 0 < begun < WOMEN
    await house.roster(path)
    assert len(house.women()) == WOMEN
    kinds = [recorded.type for recorded in house.store.log]
    assert kinds.count("woman-enrolled") == WOMEN
    assert kinds.count("seats-taken") == 1
