"""What a year does to a household: exits, deaths, births, marriages, moves, splits, corrected names."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from jinguo.seed.names import corrected
from jinguo.seed.people import FIRST_YEAR, Household, Ids, Person, Spec, households, person

_EXITS = {2017: 0.3, 2018: 0.4, 2019: 0.6}  # of those not out; all are by the end of 2020
_LAST_EXIT = 2020


def register(spec: Spec, year: int) -> Iterator[Household]:
    """Every household at the end of a year from 2016 on."""
    for made in households(spec):
        yield from at_end_of(spec, made, year)


def at_end_of(spec: Spec, made: Household, year: int) -> list[Household]:
    """The household, and the one that split off it, if one did; none when all its members died."""
    now = [made]
    for each in range(FIRST_YEAR + 1, year + 1):
        dice = Random(f"{spec.seed}/{made.number}/{each}")  # noqa: S311 - invented people, not secrets
        now = [after for before in now for after in _year(spec, before, each, dice) if after.persons]
    return now


def _year(spec: Spec, was: Household, year: int, dice: Random) -> list[Household]:
    now = _exited(was, year, dice)
    now = _members(spec, now, year, dice)
    if dice.random() < 0.005:
        now = replace(now, village=dice.choice(spec.villages))
    if dice.random() < 0.01 and now.persons:
        lucky = dice.randrange(len(now.persons))
        renamed = replace(now.persons[lucky], name=corrected(now.persons[lucky].name, dice))
        now = replace(now, persons=(*now.persons[:lucky], renamed, *now.persons[lucky + 1 :]))
    return _split(now, year, dice) if dice.random() < 0.02 else [now]


def _exited(was: Household, year: int, dice: Random) -> Household:
    income = round(was.income * dice.uniform(1.05, 1.25), 2)
    if was.status != "脱贫":
        out = year >= _LAST_EXIT or dice.random() < _EXITS[year]
        return replace(was, status="脱贫" if out else was.status, income=max(income, 3_600.0) if out else income)
    back = year < _LAST_EXIT and dice.random() < 0.01
    return replace(was, status="返贫" if back else "脱贫", income=income)


def _members(spec: Spec, was: Household, year: int, dice: Random) -> Household:
    kept = [member for member in was.persons if not _gone(member, year, dice)]
    used = was.used
    mother = any(member.woman and 20 <= year - member.born.year <= 38 for member in kept)
    head = next((member for member in kept if member.relation == "户主"), None)
    if mother and head is not None and year - head.born.year < 45 and dice.random() < 0.06:
        girl = dice.random() < 0.47
        number = (was.number * 64) + used
        child = person(dice, Ids(spec.areas), number, "之女" if girl else "之子", year, woman=girl)
        kept.append(replace(child, health="健康", labour="无劳动力", months=0))
        used += 1
    if head is None and kept:
        first = max(kept, key=lambda member: (-abs(year - member.born.year - 40), member.number))
        kept = [replace(first, relation="户主"), *(_other(member) for member in kept if member is not first)]
    return replace(was, persons=tuple(kept), used=used)


def _gone(member: Person, year: int, dice: Random) -> bool:
    age = year - member.born.year
    died = dice.random() < (0.03 if age > 65 else 0.001)
    married = member.relation == "之女" and 20 <= age <= 28 and dice.random() < 0.08
    return died or married


def _other(member: Person) -> Person:
    return replace(member, relation="其他")


def _split(was: Household, year: int, dice: Random) -> list[Household]:
    """A grown son or daughter has a household of his or her own, with new codes."""
    grown = [each for each in was.persons if each.relation in ("之子", "之女") and was.code[0] == "0"]
    if not grown or len(was.persons) < 3:
        return [was]
    goes = dice.choice(grown)
    stay = replace(was, persons=tuple(member for member in was.persons if member is not goes))
    new = replace(
        was, code=f"9{year - FIRST_YEAR}{was.code[2:]}", persons=(replace(goes, relation="户主"),), used=was.used
    )
    return [stay, new]
