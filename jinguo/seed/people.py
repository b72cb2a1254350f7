"""Households of the register at the end of 2016, each from its own dice, so that any of them can be made again alone.

Nothing is kept from one household to the next but its number: a register of a million women needs no more memory than
one of ten. A person's number makes her id unique, see `Ids`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from jinguo.seed.names import name
from libs.values.resident_id import check_character

FIRST_YEAR = 2016
_SLOTS = 64  # numbers of persons that a household may use up in its life
_DAYS, _SERIALS = 365, 450


@dataclass(frozen=True, slots=True)
class Village:
    """Where a household lives: the three names as registers write them."""

    code: str
    county: str
    township: str
    name: str


@dataclass(frozen=True, slots=True)
class Spec:
    """What to make: how many women of 2016, in which villages, from which seed; `areas` begin resident ids."""

    women: int
    villages: Sequence[Village] = field(repr=False)
    areas: Sequence[str] = field(repr=False)
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Person:
    """One member; `number` is hers for ever."""

    number: int
    name: str
    woman: bool
    born: date
    resident_id: str
    relation: str
    ethnic: str
    education: str
    health: str
    labour: str
    months: int


@dataclass(frozen=True, slots=True)
class Household:
    """A household at the end of a year; `used` counts the person numbers it has taken."""

    number: int
    code: str
    village: Village
    hamlet: str
    persons: tuple[Person, ...]
    status: str
    attribute: str
    cause: str
    income: float
    phone: str
    used: int

    @property
    def women(self) -> int:
        """How many of its members are women."""
        return sum(person.woman for person in self.persons)


@dataclass(frozen=True, slots=True)
class Ids:
    """Resident ids without a memory: the person's number chooses day, serial and, when those wrap, the area."""

    areas: Sequence[str]

    def of(self, number: int, year: int, *, woman: bool) -> tuple[str, date]:
        """An id that no other number has in that year of birth."""
        wrap, rest = divmod(number, _DAYS * _SERIALS)
        born = date(year, 1, 1) + timedelta(days=rest * 149 % _DAYS)
        serial = 2 * (rest // _DAYS) + (0 if woman else 1)
        first17 = f"{self.areas[wrap % len(self.areas)]}{born:%Y%m%d}{serial + 20:03d}"
        return first17 + check_character(first17), born


def households(spec: Spec) -> Iterator[Household]:
    """As many as hold exactly `spec.women` women."""
    number = women = 0
    while women < spec.women:
        made = household(spec, number)
        surplus = women + made.women - spec.women
        if surplus > 0:
            made = _without(made, surplus)
        women += made.women
        number += 1
        yield made


def household(spec: Spec, number: int) -> Household:
    """The household of a number, as it was at the end of 2016."""
    dice = Random(f"{spec.seed}/{number}")  # noqa: S311 - invented people, not secrets
    ids = Ids(spec.areas)
    persons: list[Person] = []

    def add(relation: str, age: int, *, woman: bool) -> None:
        persons.append(person(dice, ids, number * _SLOTS + len(persons), relation, FIRST_YEAR - age, woman=woman))

    age, woman = dice.randint(28, 72), dice.random() < 0.13
    add("户主", age, woman=woman)
    if dice.random() < 0.72:
        add("配偶", age + dice.randint(-6, 4), woman=not woman)
    for _ in range(dice.choice((0, 1, 1, 2, 2, 3))):
        girl = dice.random() < 0.46
        add("之女" if girl else "之子", max(1, age - dice.randint(21, 34)), woman=girl)
    if age < 55 and dice.random() < 0.3:
        add("之母", age + dice.randint(20, 30), woman=True)
    exited = dice.random() < 0.41
    attribute = dice.choice(("一般贫困户",) * 6 + ("低保贫困户", "低保户", "五保户"))
    cause = dice.choice(("缺技术",) * 4 + ("缺资金", "缺资金", "缺劳力", "因病", "因残", "因学", "交通条件落后"))
    return Household(
        number=number,
        code=f"{number + 3_450_000:010d}",
        village=dice.choice(spec.villages),
        hamlet=dice.choice("一二三四五六") + "组",
        persons=tuple(persons),
        status="脱贫" if exited else dice.choice(("未脱贫",) * 8 + ("预脱贫", "返贫")),
        attribute=attribute,
        cause=cause,
        income=round(dice.uniform(2960, 5200) if exited else dice.uniform(900, 2940), 2),
        phone=f"154{dice.randrange(10**8):08d}",
        used=len(persons),
    )


def person(dice: Random, ids: Ids, number: int, relation: str, year: int, *, woman: bool) -> Person:
    """Somebody born in a year."""
    resident_id, born = ids.of(number, year, woman=woman)
    age = FIRST_YEAR - year
    sick = dice.random() < (0.35 if age > 60 else 0.08)
    able = 16 <= age <= 66 and not sick
    return Person(
        number=number,
        name=name(dice, woman=woman),
        woman=woman,
        born=born,
        resident_id=resident_id,
        relation=relation,
        ethnic=dice.choice(("苗族",) * 8 + ("侗族", "水族", "汉族")),
        education=dice.choice(("小学", "小学", "初中", "初中", "高中", "文盲或半文盲")),
        health=dice.choice(("长期慢性病", "残疾", "患有大病")) if sick else "健康",
        labour=dice.choice(("普通劳动力",) * 9 + ("技能劳动力",)) if able else "无劳动力",
        months=dice.randint(3, 11) if able and dice.random() < 0.4 else 0,
    )


def _without(made: Household, surplus: int) -> Household:
    """The last women who are not its head go, so that the register holds as many as asked for."""
    kept = list(made.persons)
    for member in reversed(made.persons):
        if surplus and member.woman and member.relation != "户主":
            kept.remove(member)
            surplus -= 1
    return replace(made, persons=tuple(kept))
