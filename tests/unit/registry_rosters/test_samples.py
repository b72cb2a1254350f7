"""The sample registers: every expected line of the dirty one, every total of the clean one."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from libs.values.division import NATION
from libs.values.target_group import target_group
from services.registry.domain.register.check import Circumstances
from services.registry.rosters import as_of, open_register
from tests.support.registers import CheckedRegister, check_register, refused_workbook
from tests.unit.registry_rosters.making import circumstances

DIRTY = Path("tests/data/register-2016-dirty.xlsx")
CLEAN = Path("jinguo/demo/data/register-2016-leishan.xlsx")
UNKNOWABLE = {(233, "证件号码", "id_checksum")}  # that the 16th digit was mistyped is known only to who mistyped it


def read(path: Path) -> CheckedRegister:
    file = open_register(path.name, path)
    given = circumstances()
    day = as_of(file, None)
    return check_register(file.sheet.rows(), Circumstances(given.known, given.areas, NATION, day, given.today))


@pytest.fixture(scope="module")
def clean() -> CheckedRegister:
    return read(CLEAN)


@pytest.fixture(scope="module")
def dirty() -> CheckedRegister:
    return read(DIRTY)


def test_every_row_of_the_dirty_register_is_answered_as_expected(dirty: CheckedRegister) -> None:
    said = {
        (answer.row, finding.column, finding.rule): (finding.severity, finding.right_answer)
        for answer in dirty.answers
        for finding in answer.findings
    }
    with Path("tests/data/register-2016-dirty.expected.csv").open(encoding="utf-8-sig") as lines:
        expected = {
            (int(line["row_number"]), line["column"], line["rule"]): (line["severity"], line["right_answer"])
            for line in csv.DictReader(lines)
        }
    assert {key: said.get(key) for key in expected.keys() - UNKNOWABLE} == {
        key: line for key, line in expected.items() if key not in UNKNOWABLE
    }
    assert {said[key][0] for key in UNKNOWABLE} == {"error"}
    complaints = {key for key, (severity, _) in said.items() if severity != "accepted"}
    assert complaints == {key for key, (severity, _) in expected.items() if severity != "accepted"}


def test_good_rows_of_the_dirty_register_go_in_and_every_row_is_answered_once(dirty: CheckedRegister) -> None:
    assert [answer.row for answer in dirty.answers] == list(range(4, 307))
    outcomes = Counter(answer.outcome for answer in dirty.answers)
    assert outcomes["skipped"] == 2
    assert outcomes["accepted"] == sum(len(household.persons) for household in dirty.households)
    assert outcomes["refused"] == len(dirty.refused) == 301 - outcomes["accepted"]


def test_an_accepted_value_is_the_one_that_is_stored(dirty: CheckedRegister) -> None:
    people = {person.row: person for household in dirty.households for person in household.persons}
    assert people[68].name == "金雷"
    assert people[71].resident_id == "52263419760326653X"
    assert people[71].card == "52263419760326653X12"
    assert people[236].resident_id == "522634198507298990"
    assert people[37].status == "not_exited"
    assert people[92].ethnic == "苗族"
    assert people[225].hamlet == "@二组"
    households = {household.code: household for household in dirty.households}
    assert households[people[282].household_code].size == 4
    assert people[283].village == people[281].village
    assert households[people[204].household_code].income_fen is not None


def test_the_refused_rows_go_back_with_their_households_and_read_again(dirty: CheckedRegister) -> None:
    content = refused_workbook(open_register(DIRTY.name, DIRTY), dirty)
    assert content is not None
    again = open_register("退回.xlsx", content)
    original = [int(row["原行号"].text) for row in again.sheet.rows()]
    refused = {answer.row for answer in dirty.refused}
    assert refused <= set(original)
    households = {answer.household_code for answer in dirty.refused}
    assert {answer.row for answer in dirty.answers if answer.household_code in households} <= set(original)
    assert as_of(again, None) == date(2016, 12, 31)
    row = next(row for row in again.sheet.rows() if row["原行号"].text == "144")
    assert row["退回原因"].text.startswith("证件号码：证件号码校验位不符（校验位应为1）")


def test_a_clean_register_gives_nothing_back(clean: CheckedRegister) -> None:
    assert refused_workbook(open_register(CLEAN.name, CLEAN), clean) is None


def test_the_clean_register_reaches_its_totals(clean: CheckedRegister) -> None:
    people = [person for household in clean.households for person in household.persons]
    women = [person for person in people if person.sex == "female"]
    assert (len(clean.households), len(people), len(women)) == (600, 2064, 941)
    assert sum(household.women > 0 for household in clean.households) == 526
    assert sum(household.women > 1 for household in clean.households) == 281
    assert sum(woman.head for woman in women) == 77
    assert Counter(woman.status for woman in women) == {
        "not_exited": 490,
        "pre_exit": 52,
        "returned": 17,
        "exited": 382,
    }
    assert Counter(household.status for household in clean.households) == {
        "not_exited": 303,
        "exited": 250,
        "pre_exit": 37,
        "returned": 10,
    }
    assert Counter(woman.ethnic for woman in women) == {"苗族": 780, "汉族": 73, "侗族": 61, "水族": 27}
    assert not clean.refused
    assert not [said for answer in clean.answers for said in answer.findings if said.severity == "warning"]


def test_the_women_of_the_clean_register_who_are_not_out_are_341_able_adults_and_four_other_groups(
    clean: CheckedRegister,
) -> None:
    groups = Counter(
        target_group(person.birth_date.year, person.labour, person.in_school, clean.as_of).value
        for household in clean.households
        for person in household.persons
        if person.sex == "female" and person.status != "exited"
    )
    assert groups == {"girl": 90, "pupil": 12, "able_adult": 341, "adult_without_labour": 52, "elder": 64}


def test_villages_of_one_name_stay_in_their_townships(clean: CheckedRegister) -> None:
    places = {(household.township, household.village) for household in clean.households}
    assert {("522634102000", "522634102204"), ("522634104000", "522634104220")} <= places
    assert Counter(household.township for household in clean.households) == {
        "522634104000": 125,
        "522634102000": 105,
        "522634100000": 105,
        "522634101000": 82,
        "522634200000": 66,
        "522634103000": 51,
        "522634203000": 39,
        "522634204000": 27,
    }


def test_the_same_register_as_gbk_csv_says_the_same(clean: CheckedRegister, tmp_path: Path) -> None:
    sheet = open_register(CLEAN.name, CLEAN).sheet
    path = tmp_path / "登记表.csv"
    with path.open("w", encoding="gbk", newline="") as target:
        writer = csv.writer(target)
        for raw in sheet.header_rows:
            writer.writerow([cell.text for cell in raw.cells])
        for row in sheet.rows():
            texts = [row.at(column).text for column in sheet.columns]
            writer.writerow([f'="{text}"' if len(text) > 9 and text.isdigit() else text for text in texts])
    again = read(path)
    assert again.as_of == clean.as_of
    assert again.households == clean.households
