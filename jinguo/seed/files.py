"""The register of a year as the offices' own file, and the rosters of that year's classes, written row by row."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from jinguo.seed.people import Household, Person, Spec
from jinguo.seed.years import register
from services.registry.domain.register.editions import FORM_2016, FORM_2021

HEADERS = {form.form: tuple(column.name for column in form.columns) for form in (FORM_2016, FORM_2021)}
_LATE = 2021  # the first year of the later edition
_SEATS = 40
_ROSTER = (
    "序号", "姓名", "性别", "民族", "年龄", "身份证号码", "文化程度", "家庭住址", "是否建档立卡贫困户", "培训工种",
    "联系电话", "出勤天数", "考核结果", "证书编号", "学员签名", "备注",
)  # fmt: skip
_CLASSES = ((12, "小学"), (13, "七年级"), (14, "八年级"), (15, "九年级"))
_TRADES = ("苗族刺绣", "家政服务", "农村电商", "茶叶种植")


def write_register(spec: Spec, year: int, folder: Path) -> Path:
    """`register-2017.csv`: one row per person, household by household, UTF-8 with BOM."""
    path = folder / f"register-{year}.csv"
    rows = _rows_2021 if year >= _LATE else _rows_2016
    with _sheet(path) as sheet:
        if year < _LATE:
            sheet.writerow((f"{year}年度建档立卡贫困人口信息表",))
            sheet.writerow((f"数据截止：{year}年12月31日    （本表人员均为合成数据）",))
        sheet.writerow(HEADERS[(FORM_2021 if year >= _LATE else FORM_2016).form])
        serial = count(1)
        for household in register(spec, year):
            sheet.writerows(rows(household, year, serial))
    return path


def write_classes(spec: Spec, year: int, folder: Path, share: float = 0.1) -> list[Path]:
    """Rosters of full classes, one township each, of about `share` of the able women, in the order of the register."""
    waiting: dict[str, list[tuple[Household, Person]]] = {}
    made: list[Path] = []
    for household in register(spec, year):
        for person in household.persons:
            able = person.woman and person.labour != "无劳动力" and 18 <= year - person.born.year <= 60
            if able and (person.number * 7 + year) % 1000 < share * 1000:
                seats = waiting.setdefault(household.village.code[:9], [])
                seats.append((household, person))
                if len(seats) == _SEATS:
                    made.append(_write_class(folder, year, len(made) + 1, seats))
                    seats.clear()
    return made


def _write_class(folder: Path, year: int, number: int, seats: Iterable[tuple[Household, Person]]) -> Path:
    people = list(seats)
    village, trade = people[0][0].village, _TRADES[number % len(_TRADES)]
    path = folder / f"class-{year}-{number:04d}.csv"
    month = f"{year}年{3 + number % 8}月"
    when = f"培训时间：{month}5日—{month}14日（10天，80课时）"
    note = f"培训机构：{village.county}妇女联合会  培训地点：{village.township}  {when}"
    with _sheet(path) as sheet:
        sheet.writerow((f"妇女{trade}技能培训班第{number}期学员花名册",))
        sheet.writerow((note,))
        sheet.writerow(_ROSTER)
        for serial, (household, person) in enumerate(people, 1):
            days = 10 - person.number % 4
            address = f"{household.village.township}{household.village.name}{household.hamlet}"
            sheet.writerow((
                serial, person.name, "女", person.ethnic, year - person.born.year, person.resident_id, person.education,
                address, "是", trade, household.phone, days, "合格" if days >= 8 else "不合格",
                f"SY{year}{number:04d}{serial:02d}", person.name, "",
            ))  # fmt: skip
    return path


def _rows_2016(household: Household, year: int, serial: Iterator[int]) -> Iterator[tuple[Any, ...]]:
    place, size = household.village, len(household.persons)
    for nth, person in enumerate(household.persons, 1):
        age = year - person.born.year
        yield (
            next(serial), place.county, place.township, place.name, household.hamlet, household.code,
            f"{household.code}{nth:02d}", person.name, person.resident_id, size, person.relation, person.ethnic,
            "学龄前儿童" if age < 6 else person.education, _school_2016(age), person.health, _labour(person, age),
            "省外" if _months(person, age) else "", _months(person, age) or "", "是", household.status,
            household.attribute, household.cause, "否", "是", "否", household.income, household.phone,
        )  # fmt: skip


def _rows_2021(household: Household, year: int, serial: Iterator[int]) -> Iterator[tuple[Any, ...]]:
    place, size = household.village, len(household.persons)
    kind = "低保脱贫户" if household.attribute.startswith("低保") else "一般脱贫户"
    watched = household.number % 23 == 0
    for nth, person in enumerate(household.persons, 1):
        age = year - person.born.year
        school = _school_2021(age)
        yield (
            next(serial), f"{year}1231", place.county, place.township, place.name, household.hamlet, household.code,
            f"{household.code}{nth:02d}", person.name, person.resident_id, size, person.relation, person.ethnic,
            "" if school else person.education, school, person.health, _labour(person, age),
            _months(person, age) or "", "是", household.cause, "否", "是", household.income, household.phone, "",
            "2014-01-01", "2014-01-01", kind, "脱贫不稳定户" if watched else "", "否" if watched else "",
            f"{year}-06-15" if watched else "", "",
        )  # fmt: skip


def _months(person: Person, age: int) -> int:
    return person.months if 16 <= age <= 66 and _labour(person, age) != "无劳动力" else 0


def _labour(person: Person, age: int) -> str:
    """Who has grown up healthy is able to work; who goes to school or is old is not asked."""
    if age < 16:
        return "无劳动力"
    return "普通劳动力" if person.labour == "无劳动力" and person.health == "健康" and age < 60 else person.labour


def _school_2016(age: int) -> str:
    return next((word for until, word in _CLASSES if 6 <= age < until), "非在校生")


def _school_2021(age: int) -> str:
    young = "学龄前儿童" if age < 4 else "学前教育"
    return young if age < 6 else next((word for until, word in _CLASSES if age < until), "")


@contextmanager
def _sheet(path: Path) -> Iterator[Any]:
    """A CSV that Excel opens as it is, there as a whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        yield csv.writer(file)
    part.replace(path)
