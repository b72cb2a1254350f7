"""The villages of a unit from a list of divisions, with names as registers write them."""

import csv
from collections.abc import Sequence
from pathlib import Path

from jinguo.seed.people import Village
from libs.values.division import Division
from libs.values.errors import Invalid
from services.registry.domain.register.places import KnownDivisions
from services.registry.rosters import area_codes, known_rows


def villages_of(list_file: Path, units: Sequence[str]) -> list[Village]:
    """Villages inside any of the units. Raises Invalid `seed.no_villages` when the list has none of them."""
    with list_file.open(encoding="utf-8-sig") as lines:
        rows = list(known_rows(csv.DictReader(lines)))
    names = {code: name for code, name, _, _ in rows}
    known = KnownDivisions.of(rows)
    ranges = [Division(unit).range() for unit in units]
    found = []
    for code, name, level, _ in rows:
        if level == "village" and any(low <= code <= high for low, high in ranges):
            township, county = f"{code[:9]}000", f"{code[:6]}000000"
            shown = known.village(township, name)[1] or name
            if known.village(township, shown)[0] == code:
                found.append(Village(code, names.get(county, county), names.get(township, township), shown))
    if not found:
        raise Invalid(
            "seed.no_villages",
            f"区划表 {list_file.name} 里没有 {'、'.join(units)} 的村。",
            field="units",
            value="、".join(units),
            rule="单位须在区划表内",
            right="522634000000",
        )
    return found


def areas_from(unit: str) -> list[str]:
    """County codes in force, the unit's own first: what the first six digits of invented ids are."""
    known = sorted(code for code, last in area_codes().last.items() if not last and not code.endswith("00"))
    own = unit[:6]
    place = known.index(own) if own in known else 0
    return known[place:] + known[:place]
