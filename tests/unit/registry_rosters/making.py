"""Registers of each edition for tests: one good household, changed cell by cell, checked as an import would."""

import csv
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from libs.rosters.cells import EMPTY, Cell, date_cell, number_cell, text_cell
from libs.rosters.sheet import Row
from libs.values.division import NATION, Division
from libs.values.resident_id import check_character
from services.registry.domain.register import columns as c
from services.registry.domain.register.areas import AreaCodes
from services.registry.domain.register.check import Circumstances
from services.registry.domain.register.editions import EDITION_47, EDITION_2016, EDITION_2021, YES_NO_47, Edition
from services.registry.domain.register.places import KnownDivisions
from services.registry.rosters import area_codes, known_rows
from tests.support.registers import CheckedRegister, check_register

DIVISIONS = Path("jinguo/demo/data/divisions-guizhou-qiandongnan-2016.csv")
LEISHAN = Division("522634000000")
COLUMNS = (
    c.SERIAL, c.COUNTY, c.TOWNSHIP, c.VILLAGE, c.HAMLET, c.HOUSEHOLD, c.PERSON, c.NAME, c.ID, c.SIZE, c.RELATION,
    c.ETHNIC, c.EDUCATION, c.SCHOOL, c.HEALTH, c.SKILL, c.WORK, c.MONTHS, c.INSURED, c.STATUS, c.ATTRIBUTE, c.CAUSE,
    c.UNSAFE_HOUSE, c.SAFE_WATER, c.WATER_HARDSHIP, c.INCOME, c.PHONE,
)  # fmt: skip
FIRST_ROW = 4


def an_id(born: str = "19800307", serial: int = 2, area: str = "522634") -> str:
    """A synthetic id; an even serial is a woman's."""
    first17 = f"{area}{born}{serial:03d}"
    return first17 + check_character(first17)


HEAD = {
    c.SERIAL: 1, c.COUNTY: "雷山县", c.TOWNSHIP: "永乐镇", c.VILLAGE: "岩寨村", c.HAMLET: "五组",
    c.HOUSEHOLD: "0003450001", c.PERSON: "000345000101", c.NAME: "杨梅", c.ID: an_id(), c.SIZE: 3, c.RELATION: "户主",
    c.ETHNIC: "苗族", c.EDUCATION: "小学", c.SCHOOL: "非在校生", c.HEALTH: "健康", c.SKILL: "普通劳动力",
    c.WORK: "省外", c.MONTHS: 8, c.INSURED: "是", c.STATUS: "未脱贫", c.ATTRIBUTE: "一般贫困户", c.CAUSE: "缺技术",
    c.UNSAFE_HOUSE: "否", c.SAFE_WATER: "是", c.WATER_HARDSHIP: "否", c.INCOME: 2951.99, c.PHONE: "15412345678",
}  # fmt: skip
SPOUSE = HEAD | {
    c.SERIAL: 2, c.PERSON: "000345000102", c.NAME: "李强", c.ID: an_id("19780102", 3), c.RELATION: "配偶",
    c.WORK: None, c.MONTHS: None,
}  # fmt: skip
CHILD = HEAD | {
    c.SERIAL: 3, c.PERSON: "000345000103", c.NAME: "李小梅", c.ID: an_id("20060601", 4), c.RELATION: "之女",
    c.SCHOOL: "小学", c.SKILL: "无劳动力", c.WORK: None, c.MONTHS: None,
}  # fmt: skip
FAMILY = (HEAD, SPOUSE, CHILD)
_NO_2021 = (c.WORK, c.STATUS, c.ATTRIBUTE, c.WATER_HARDSHIP, c.PHONE)
_OF_2021 = {
    c.DATA_DATE: "20161231", c.SCHOOL: None, c.HOUSEHOLD_PHONE: "15412345678", c.OWN_PHONE: "15412345679",
    c.HOUSEHOLD_SINCE: "2014-01-01", c.PERSON_SINCE: "2014-01-01", c.HOUSEHOLD_TYPE: "一般脱贫户",
    c.MONITORING: "脱贫不稳定户", c.RISK_REMOVED: "是", c.RISK_SINCE: "2015-06-15", c.RISK_UNTIL: "2016-11-30",
}  # fmt: skip


def _of(person: dict[str, Any], more: dict[str, Any], without: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in (person | more).items() if name not in without}


FAMILY_2021 = (
    _of(HEAD, _OF_2021, _NO_2021),
    _of(SPOUSE, _OF_2021 | {c.OWN_PHONE: None}, _NO_2021),
    _of(CHILD, _OF_2021 | {c.EDUCATION: None, c.SCHOOL: "七年级", c.OWN_PHONE: None}, _NO_2021),
)
_NO_47 = (
    c.SERIAL, c.HAMLET, c.SIZE, c.WORK, c.STATUS, c.ATTRIBUTE, c.CAUSE, c.UNSAFE_HOUSE, c.SAFE_WATER, c.WATER_HARDSHIP,
    c.INCOME, c.PHONE,
)  # fmt: skip
_OF_47 = {
    **dict.fromkeys(YES_NO_47, "否"), c.MEDICAL_RURAL: "是", c.PROVINCE: "贵州省", c.PREFECTURE: "黔东南", c.SEX: "女",
    c.BORN: "1980-03-07", c.CARD_TYPE: "居民身份证", c.YEAR: "2016", c.SCHOOL: None, c.HOUSEHOLD_PHONE: "15412345678",
    c.OWN_PHONE: None, c.PARTY: "群众", c.WORK_AT: "浙江省", c.INDUSTRY: None, c.POST: None, c.EMPLOYMENT: None,
    c.STANDARD: "国家标准",
}  # fmt: skip
FAMILY_47 = (
    _of(HEAD, _OF_47, _NO_47),
    _of(SPOUSE, _OF_47 | {c.SEX: "男", c.BORN: "1978-01-02", c.WORK_AT: None, c.INDUSTRY: "种植业"}, _NO_47),
)
PLACES = {name: place for place, name in enumerate(COLUMNS)}


def cell(value: Any) -> Cell:
    """A Python value as the cell a file would hold."""
    if value is None:
        return EMPTY
    if isinstance(value, Cell):
        return value
    if isinstance(value, date):
        return date_cell(value)
    return text_cell(value) if isinstance(value, str) else number_cell(float(value))


def rows(people: Sequence[dict[str, Any]]) -> list[Row]:
    """Rows from the fourth on, in the columns that the first of them names."""
    places = {name: place for place, name in enumerate(people[0])}
    return [
        Row(number, "data", [cell(person[name]) for name in places], places)
        for number, person in enumerate(people, FIRST_ROW)
    ]


@cache
def known() -> KnownDivisions:
    """The divisions of the demo."""
    with DIVISIONS.open(encoding="utf-8-sig") as lines:
        return KnownDivisions.of(known_rows(csv.DictReader(lines)))


def circumstances(
    unit: Division = NATION, areas: AreaCodes | None = None, edition: Edition = EDITION_2016
) -> Circumstances:
    """As of the end of 2016, checked ten years later; who does not say it is out of poverty."""
    status = "" if edition.states_poverty else "脱贫"
    days = date(2016, 12, 31), date(2026, 11, 1)
    return Circumstances(known(), areas or area_codes(), unit, *days, edition, status)


def checked(*people: dict[str, Any], unit: Division = NATION, edition: Edition = EDITION_2016) -> CheckedRegister:
    """The people checked as one file."""
    return check_register(rows(people), circumstances(unit, edition=edition))


FAMILIES = {EDITION_2016.name: FAMILY, EDITION_2021.name: FAMILY_2021, EDITION_47.name: FAMILY_47}


def family(member: int = 0, edition: Edition = EDITION_2016, **changes: Any) -> CheckedRegister:
    """The family of an edition with some cells of one member changed; names of columns as in `columns`."""
    people = [dict(person) for person in FAMILIES[edition.name]]
    people[member] |= {getattr(c, name): value for name, value in changes.items()}
    return checked(*people, edition=edition)


def found(register: CheckedRegister) -> set[tuple[int, str, str, str]]:
    """(index of the row, column, rule, right answer) of every finding."""
    return {
        (answer.row - FIRST_ROW, said.column, said.rule, said.right_answer)
        for answer in register.answers
        for said in answer.findings
    }
