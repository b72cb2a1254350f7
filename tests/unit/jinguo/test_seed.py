"""Seeded registers: the same for the same seed, as many women as asked for, and nothing in them to complain about."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from jinguo.demo.load import DATA
from jinguo.seed.files import write_classes, write_register
from jinguo.seed.people import Spec
from jinguo.seed.villages import areas_from, villages_of
from libs.values.division import NATION
from libs.values.errors import Invalid
from services.registry.domain.register.check import Circumstances
from services.registry.rosters import as_of, open_register
from tests.support.registers import CheckedRegister, check_register
from tests.unit.registry_rosters.making import circumstances

DIVISIONS = DATA / "divisions-guizhou-qiandongnan-2016.csv"
LEISHAN = "522634000000"


def spec(women: int = 400, seed: int = 1) -> Spec:
    return Spec(women, villages_of(DIVISIONS, [LEISHAN]), areas_from(LEISHAN), seed)


def read(path: Path) -> CheckedRegister:
    file, given = open_register(path.name, path), circumstances()
    day = as_of(file, None)
    return check_register(
        file.sheet.rows(), Circumstances(given.known, given.areas, NATION, day, given.today, file.edition)
    )


def digests(folder: Path, seed: int) -> list[str]:
    folder.mkdir()
    files = [write_register(spec(seed=seed), year, folder) for year in (2016, 2021)]
    files += write_classes(spec(seed=seed), 2018, folder, share=0.9)
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_a_seed_makes_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (digests(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first == again
    assert len(first) > 2
    assert set(first).isdisjoint(other)


@pytest.mark.parametrize("women", [1, 2, 400, 1_237])
def test_a_register_holds_as_many_women_as_asked_for(tmp_path: Path, women: int) -> None:
    register = read(write_register(spec(women), 2016, tmp_path))
    assert sum(household.women for household in register.households) == women


@pytest.mark.parametrize("year", [2016, 2017, 2018, 2019, 2020, 2021, 2022])
def test_every_year_is_read_without_a_complaint(tmp_path: Path, year: int) -> None:
    register = read(write_register(spec(2_000), year, tmp_path))
    assert Counter(finding.rule for answer in register.answers for finding in answer.findings) == {}
    people = [person for household in register.households for person in household.persons]
    assert len({person.resident_id for person in people}) == len(people)
    exited = Counter(household.status for household in register.households)["exited"]
    assert (exited == len(register.households)) == (year >= 2020)


def test_a_unit_that_the_list_does_not_have_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        villages_of(DIVISIONS, ["110101000000"])
    assert (refused.value.code, refused.value.field) == ("seed.no_villages", "units")
