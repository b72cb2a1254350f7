"""Whom the rows of real rosters mean: every match word and every finding of the expected files."""

import csv
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest

from tests.integration.registry.house import COUNTY, DANJIANG, DATA, DEMO, XIJIANG, House

OURS = {
    "id_one_digit_wrong",
    "id_two_digits_swapped",
    "id_spaces",
    "id_15_digits",
    "id_empty",
    "name_homophone",
    "not_in_register",
    "not_a_woman",
}
ROSTERS = [("roster-training", "身份证号码", "家庭住址"), ("roster-training-signin", "身份证号", "所在村组")]


def roster(name: str, id_column: str, place_column: str) -> list[dict[str, Any]]:
    """The person rows of a roster as a service would ask about them."""
    sheet = openpyxl.load_workbook(DEMO / f"{name}.xlsx").active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    header = list(rows[0])
    return [
        {
            "ref": str(number),
            "name": row[header.index("姓名")],
            "resident_id": row[header.index(id_column)],
            "village": row[header.index(place_column)],
        }
        for number, row in enumerate(rows[1:], start=4)
        if row[1]
    ]


def expected(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.expected.csv").open(encoding="utf-8-sig") as lines:
        return [line for line in csv.DictReader(lines) if line["name"]]


async def ask(house: House, rows: Sequence[dict[str, Any]], unit: str = COUNTY) -> dict[str, dict[str, Any]]:
    async with house.client(unit, "service") as client:
        answer = await client.post("/v1/resolve", json={"unit": unit, "rows": list(rows)})
    assert answer.status_code == 200, answer.text
    return {row["ref"]: row for row in answer.json()["rows"]}


async def ids(house: House, answers: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Resident ids of the women answered, read as a person of the county would."""
    wanted = {ref: row["woman_id"] or row["candidate"] for ref, row in answers.items()}
    body = {"ids": [found for found in wanted.values() if found], "clear": True, "reason": "checking"}
    async with house.client(COUNTY) as client:
        items = (await client.post("/v1/women/names", json=body)).json()["items"]
    known = {item["woman_id"]: item["resident_id"] for item in items}
    return {ref: known[found] for ref, found in wanted.items() if found}


@pytest.mark.parametrize(("name", "id_column", "place_column"), ROSTERS)
async def test_a_real_roster_is_answered_as_expected(
    registered: House, name: str, id_column: str, place_column: str
) -> None:
    answers = await ask(registered, roster(name, id_column, place_column))
    found = await ids(registered, answers)
    lines = expected(name)
    assert {ref: row["match"] for ref, row in answers.items()} == {line["row_number"]: line["match"] for line in lines}
    for line in lines:
        ref, answer = line["row_number"], answers[line["row_number"]]
        if line["register_id"] and line["finding"] != "not_a_woman":
            assert found[ref] == line["register_id"]
        said = {finding["rule"]: finding for finding in answer["findings"]}
        if line["finding"] in OURS:
            assert said[line["finding"]]["severity"] == line["severity"]
            assert said[line["finding"]]["right_answer"] == line["right_answer"]
        wanted = {other["finding"] for other in lines if other["row_number"] == ref} & OURS
        assert set(said) == wanted, f"row {ref}"


@pytest.mark.parametrize(("name", "id_column", "place_column"), ROSTERS)
async def test_exact_ids_count_at_once_and_doubtful_rows_wait(
    registered: House, name: str, id_column: str, place_column: str
) -> None:
    answers = await ask(registered, roster(name, id_column, place_column))
    for row in answers.values():
        waits = row["match"] in ("near_id", "name_and_village_only")
        assert (row["candidate"] is not None) == waits
        assert not (row["woman_id"] and row["candidate"])
        assert row["outside"] is False


async def test_a_township_learns_nothing_of_women_elsewhere_but_the_service_can_pass_them_on(
    registered: House,
) -> None:
    rows = roster(*ROSTERS[0])
    county = await ask(registered, rows)
    township = await ask(registered, rows, XIJIANG)
    for ref, row in township.items():
        inside = (county[ref]["division"] or "").startswith(XIJIANG[:9])
        found = county[ref]["woman_id"] or county[ref]["candidate"]
        assert row["outside"] == bool(found and not inside)
        if row["outside"]:
            assert (row["woman_id"], row["candidate"]) == (county[ref]["woman_id"], county[ref]["candidate"])
            assert row["findings"] == [], "what is right of another unit's woman is not told"


async def test_a_man_of_another_unit_is_simply_not_in_the_register(registered: House) -> None:
    man = {"ref": "51", "name": "杨国忠", "resident_id": "522634198701018112"}
    assert (await ask(registered, [man], DANJIANG))["51"]["findings"][-1]["rule"] == "not_a_woman"
    elsewhere = (await ask(registered, [man], XIJIANG))["51"]
    assert elsewhere["match"] == "not_in_register"
    assert (elsewhere["outside"], elsewhere["division"], elsewhere["woman_id"]) == (False, None, None)


async def test_an_id_of_another_name_is_never_matched_silently(registered: House) -> None:
    row = {"ref": "1", "name": "赵完全", "resident_id": "522634198804256703"}
    answer = (await ask(registered, [row]))["1"]
    assert answer["match"] == "id_exact_name_differs"
    assert answer["woman_id"] is None
    assert answer["candidate"] is not None
    assert answer["findings"][-1]["rule"] == "name_differs"


async def test_only_services_may_ask_and_only_for_units_they_cover(registered: House) -> None:
    body = {"unit": COUNTY, "rows": []}
    async with registered.client(COUNTY, "owner") as person:
        assert (await person.post("/v1/resolve", json=body)).status_code == 403
    async with registered.client(XIJIANG, "service") as service:
        assert (await service.post("/v1/resolve", json=body)).status_code == 404
    async with registered.client(COUNTY, "service") as service:
        row = {"ref": "1", "name": "x"}
        assert (await service.post("/v1/resolve", json={"unit": COUNTY, "rows": [row] * 1001})).status_code == 422
