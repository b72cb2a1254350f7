"""The sample county as registry and training would publish it, read straight from the files."""

import csv
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from libs.events.contract import Contract
from libs.events.contracts.registry import DivisionItem, DivisionsListed, HouseholdRegistered, WomanRegistered
from libs.events.contracts.training import TrainingAttended
from tests.integration.reporting.samples import COUNTY, an_id, attended

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "jinguo" / "demo" / "data"
DATA = ROOT / "tests" / "data"
HEADER_ROW = 3
AS_OF = date(2016, 12, 31)
LABOUR = {"普通劳动力": "ordinary", "技能劳动力": "skilled", "丧失劳动力": "lost", "无劳动力": "none"}
STATUS = {"未脱贫": "not_exited", "预脱贫": "pre_exit", "脱贫": "exited", "返贫": "returned"}
AT_ONCE = {"exact", "exact_after_normalising", "id_exact_name_differs"}
BY_HAND = {"near_id", "name_and_village_only"}


@cache
def divisions() -> tuple[DivisionItem, ...]:
    with (DEMO / "divisions-guizhou-qiandongnan-2016.csv").open(encoding="utf-8-sig", newline="") as file:
        return tuple(DivisionItem.model_validate(row | {"parent": row["parent_code"]}) for row in csv.DictReader(file))


def lists() -> list[Contract]:
    """One list from the nation to the counties, one of each county."""
    upper = tuple(item for item in divisions() if item.level not in ("township", "village"))
    found: list[Contract] = [DivisionsListed(edition="2016", parent="000000000000", divisions=upper)]
    for county in (item for item in upper if item.level == "county"):
        inside = tuple(item for item in divisions() if item.code.startswith(county.code[:6]))
        found.append(DivisionsListed(edition="2016", parent=county.code, divisions=inside))
    return found


@cache
def persons() -> dict[int, dict[str, Any]]:
    """Row number of the sheet → columns by name."""
    sheet = CalamineWorkbook.from_path(DEMO / "register-2016-leishan.xlsx").get_sheet_by_index(0).to_python()
    header = sheet[HEADER_ROW - 1]
    return {
        number: dict(zip(header, row, strict=True))
        for number, row in enumerate(sheet[HEADER_ROW:], start=HEADER_ROW + 1)
    }


@cache
def villages() -> dict[tuple[str, str], str]:
    """(township, village) as the register writes them → code."""
    inside = [item for item in divisions() if item.code.startswith(COUNTY[:6])]
    townships = {item.code: item.name for item in inside if item.level == "township"}
    return {
        (townships[item.parent], item.name.removesuffix("村委会").removesuffix("村")): item.code
        for item in inside
        if item.level == "village"
    }


def _village(row: dict[str, Any]) -> str:
    return villages()[row["乡(镇)"], row["行政村"].removesuffix("村委会").removesuffix("村")]


def register() -> list[Contract]:
    """Households and women, each with its first facts."""
    members: defaultdict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for number, row in persons().items():
        members[row["户编号"]].append((number, row))
    found: list[Contract] = []
    for code, rows in members.items():
        women = [(number, row) for number, row in rows if int(str(row["证件号码"])[16]) % 2 == 0]
        found.append(_household(code, rows[0][1], len(rows), len(women)))
        found.extend(_woman(code, number, row) for number, row in women)
    return found


def _household(code: str, row: dict[str, Any], persons_in_it: int, women: int) -> HouseholdRegistered:
    return HouseholdRegistered.model_validate(
        {
            "household_id": an_id("household", code),
            "division": _village(row),
            "persons": persons_in_it,
            "women": women,
            "status": STATUS[row["脱贫属性"]],
            "attribute": row["贫困户属性"],
            "main_cause": row["主要致贫原因"],
            "as_of": AS_OF,
        }
    )


def _woman(household: str, number: int, row: dict[str, Any]) -> WomanRegistered:
    return WomanRegistered.model_validate(
        {
            "woman_id": an_id("woman", number),
            "household_id": an_id("household", household),
            "division": _village(row),
            "birth_year": int(str(row["证件号码"])[6:10]),
            "labour": LABOUR[row["劳动技能"]],
            "in_school": row["在校生状况"] not in ("", "非在校生"),
            "status": STATUS[row["脱贫属性"]],
            "baseline_exit": row["脱贫属性"] == "脱贫",
            "head": row["与户主关系"] == "户主",
            "as_of": AS_OF,
        }
    )


def roster(name: str, course: int, *, by_hand: bool) -> list[TrainingAttended]:
    """Attendance of the women that a roster names: at once, or those a person has to confirm."""
    with (DATA / f"{name}.expected.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    void = {line["row_number"] for line in lines if line["finding"] in ("not_a_woman", "duplicate_in_same_class")}
    waits = {line["row_number"] for line in lines if line["match"] in BY_HAND or line["finding"] == "signed_by_other"}
    rows = {line["row_number"]: int(line["register_row"]) for line in lines if line["match"] in AT_ONCE | BY_HAND}
    return [
        attended(register_row, course)
        for number, register_row in rows.items()
        if number not in void and (number in waits) == by_hand
    ]
