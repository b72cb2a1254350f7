"""Places looked up county by county, on disk, are those found among all divisions at once."""

import csv
from pathlib import Path

import pytest

from services.registry.adapters import places
from services.registry.adapters.places import CountiesOnDisk, Unit, Units
from services.registry.domain.register.places import KnownDivisions
from services.registry.rosters import known_rows
from tests.unit.registry_rosters.making import DIVISIONS

TAIJIANG = "522630000000"


def the_units() -> list[Unit]:
    with DIVISIONS.open(encoding="utf-8-sig") as lines:
        return list(known_rows(csv.DictReader(lines)))


def on_disk(folder: Path, units: list[Unit], inside: str = "") -> CountiesOnDisk:
    made = Units(folder / "places.db")
    made.add_counties(unit for unit in units if unit[2] == "county")
    made.add(unit for unit in units if unit[0].startswith(inside))
    made.close()
    return CountiesOnDisk(folder / "places.db")


def spelled(units: list[Unit]) -> list[tuple[str, str, str]]:
    """Names as registers write them: whole, short, wrong, and of another county or township."""
    names = {code: name for code, name, _, _ in units}
    villages = [(names[f"{u[0][:6]}000000"], names[f"{u[0][:9]}000"], u[1]) for u in units if u[2] == "village"]
    short = [(county[:-1], township[:-1], village[:-1]) for county, township, village in villages]
    others = zip(villages, villages[7:], villages[900:], strict=False)
    mixed = [(one[0], two[1], three[2]) for one, two, three in others]
    return [*villages, *short, *mixed, ("", "", ""), ("没有县", "没有镇", "没有村")]


@pytest.mark.parametrize("main", [None, TAIJIANG])
def test_every_name_means_the_same_as_among_all_divisions_at_once(
    tmp_path: Path, main: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST", 2)
    units = the_units()
    known, disk = KnownDivisions.of(units), on_disk(tmp_path, units)
    asked = spelled(units)
    assert [disk.place(*names, main) for names in asked] == [known.place(*names, main) for names in asked]


def test_of_a_county_that_the_importer_does_not_hold_only_the_name_is_known(tmp_path: Path) -> None:
    units = the_units()
    inside = [unit for unit in units if unit[2] == "county" or unit[0].startswith(TAIJIANG[:6])]
    known, disk = KnownDivisions.of(inside), on_disk(tmp_path, units, TAIJIANG[:6])
    asked = spelled(units)
    assert [disk.place(*names, TAIJIANG) for names in asked] == [known.place(*names, TAIJIANG) for names in asked]
