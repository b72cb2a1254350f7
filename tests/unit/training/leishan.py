"""The sample county's register behind the fake registry, and what the two rosters are expected to give."""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from openpyxl import load_workbook

from services.training.adapters.fake_registry import FakeRegistry, Person

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "jinguo" / "demo" / "data"
DATA = ROOT / "tests" / "data"
REGISTER = DEMO / "roster-training.xlsx"
SIGN_IN = DEMO / "roster-training-signin.xlsx"


def woman_id(resident_id: str) -> UUID:
    return uuid5(NAMESPACE_OID, resident_id[:18])


@cache
def _persons() -> tuple[Person, ...]:
    towns, villages = _divisions()
    book = load_workbook(DEMO / "register-2016-leishan.xlsx", read_only=True)
    sheet = book.active
    assert sheet is not None
    persons = []
    for row in sheet.iter_rows(min_row=4, values_only=True):
        if not isinstance(row[0], int):
            continue
        written, town, village = str(row[8]), towns[str(row[2])], str(row[3])
        woman = int(written[16]) % 2 == 0
        code = villages[town, village]
        persons.append(Person(woman_id(written) if woman else None, str(row[7]), written, code, village))
    book.close()
    return tuple(persons)


def registry() -> FakeRegistry:
    """A fresh fake that knows everybody of the sample register."""
    return FakeRegistry(_persons())


def township_of(resident_id: str) -> str:
    """The township a person of the register lives in."""
    return next(p.division[:9] + "000" for p in _persons() if p.resident_id[:18] == resident_id[:18])


def _divisions() -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    towns: dict[str, str] = {}
    villages: dict[tuple[str, str], str] = {}
    with (DEMO / "divisions-guizhou-qiandongnan-2016.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            if row["level"] == "township" and row["parent_code"] == "522634000000":
                towns[row["name"]] = row["code"]
            if row["level"] == "village":
                villages[row["parent_code"], row["name"].removesuffix("委会")] = row["code"]
                villages.setdefault((row["parent_code"], row["name"]), row["code"])
    return towns, villages


def expected(name: str) -> dict[int, tuple[str, set[tuple[str, str, str]]]]:
    """Row → match and findings (rule, severity, right answer) of an expected.csv."""
    rows: dict[int, tuple[str, set[tuple[str, str, str]]]] = {}
    findings: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    with (DATA / f"{name}.expected.csv").open(encoding="utf-8-sig") as file:
        for line in csv.DictReader(file):
            number = int(line["row_number"])
            if line["finding"]:
                findings[number].add((line["finding"], line["severity"], line["right_answer"]))
            rows[number] = (line["match"], findings[number])
    return rows


def women() -> list[tuple[UUID, str]]:
    """Every woman of the register with the village she is registered in."""
    return [(person.woman_id, person.division) for person in _persons() if person.woman_id]
