"""The publicity statistics sheet: counts only, every row answered, the same sheet twice is one."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl

from tests.integration.outreach.conftest import DANJIANG
from tests.support.part_house import COUNTY, PartHouse

DATA = Path(__file__).parents[2] / "data"
SHEET = DATA / "roster-publicity.xlsx"
TOTALS = {"rows": 22, "accepted": 21, "changed": 0, "unchanged": 0, "repeated": 0, "refused": 1}


def rows() -> list[list[Any]]:
    sheet = openpyxl.load_workbook(SHEET).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.rows]


def book(lines: list[list[Any]]) -> bytes:
    made = openpyxl.Workbook()
    assert made.active is not None
    for line in lines:
        made.active.append(line)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def one(**changes: Any) -> bytes:
    """The first row of the sample, changed."""
    names = ("nth", "place", "day", "title", "form", "sessions", "total", "women", "registered", "copies")
    lines = rows()[:4]
    for name, value in changes.items():
        lines[3][names.index(name)] = value
    return book(lines)


def said(result: dict[str, Any]) -> dict[int, list[tuple[str, str, str]]]:
    return {
        row["row"]: [(each["rule"], each["severity"], each["right_answer"]) for each in row["findings"]]
        for row in result["rows"]
        if row["findings"]
    }


async def test_every_row_is_answered_as_expected_and_no_woman_comes_of_it(house: PartHouse) -> None:
    before = await house.runtime.pool.fetchval("SELECT count(*) FROM women")
    result = await house.file(SHEET)
    with (DATA / "roster-publicity.expected.csv").open(encoding="utf-8-sig") as file:
        expected: dict[int, list[tuple[str, str, str]]] = {}
        for line in csv.DictReader(file):
            expected.setdefault(int(line["row_number"]), []).append(
                (line["finding"], line["severity"], line["right_answer"])
            )
    assert said(result) == expected
    assert result["totals"] == TOTALS
    assert await house.runtime.pool.fetchval("SELECT count(*) FROM women") == before
    assert await house.published("outreach.woman-reached.v1") == []
    async with house.client() as client:
        answer = (await client.get("/v1/reach", params={"period": "2017-Q3"})).json()
    whole = answer["whole"]
    assert (whole["activities"], whole["reached_women"]) == (20, 0)
    assert {row["name"] for row in answer["rows"]} >= {"永乐镇", "达地水族乡"}
    approximate = next(row for row in rows() if row[6] == "约200")
    assert approximate[5] == 1
    assert whole["attendances"] == sum(row[6] for row in rows()[3:25] if isinstance(row[6], int)) + 200 - 219 - 95


async def test_the_same_sheet_again_changes_nothing(house: PartHouse) -> None:
    await house.file(SHEET)
    events = await house.runtime.pool.fetchval("SELECT count(*) FROM events")
    again = await house.file(SHEET)
    assert again["totals"] == TOTALS | {"accepted": 0, "unchanged": 21}
    assert again["published"] is None
    assert await house.runtime.pool.fetchval("SELECT count(*) FROM events") == events


async def test_a_dry_run_answers_and_writes_nothing(house: PartHouse) -> None:
    tried = await house.file(SHEET, dry_run=True)
    assert tried["totals"] == TOTALS
    assert await house.runtime.pool.fetchval("SELECT count(*) FROM events") == 0


async def test_a_corrected_sheet_corrects_and_names_what_it_leaves_out(house: PartHouse) -> None:
    await house.file(SHEET)
    lines = rows()
    lines[10][7] = 139  # 妇女人次 of row 11, which was more than the total
    lines[3][6] = 199
    del lines[24]
    result = await house.file(book(lines))
    assert result["totals"] == TOTALS | {"accepted": 1, "changed": 1, "unchanged": 19, "refused": 0, "rows": 21}
    assert len(result["left_out"]) == 1


async def test_what_a_row_cannot_mean_is_said_by_its_column_and_right_form(house: PartHouse) -> None:
    for changes, rule in (
        ({"place": "西门镇"}, "township_unknown"),
        ({"day": "8月32日"}, "date_unreadable"),
        ({"title": None}, "title_empty"),
        ({"sessions": 199}, "sessions_mixed"),
        ({"sessions": "0"}, "sessions_none"),
        ({"total": "198人"}, "unit_mixed"),
        ({"total": "许多"}, "number_unreadable"),
        ({"total": None}, "count_empty"),
        ({"women": -3}, "number_negative"),
        ({"registered": 116}, "registered_more_than_women"),
        ({"day": "2099-07-01"}, "date_in_future"),
    ):
        result = await house.file(one(**changes))
        (row,) = result["rows"]
        assert row["outcome"] == "refused", changes
        assert rule in {each["rule"] for each in row["findings"]}, changes
    assert (await house.file(one(total="198人次", copies="163份", sessions="1场")))["totals"]["accepted"] == 1


async def test_a_row_that_stands_twice_counts_once(house: PartHouse) -> None:
    lines = rows()[:4]
    result = await house.file(book([*lines, lines[3]]))
    assert [row["outcome"] for row in result["rows"]] == ["accepted", "repeated"]


async def test_a_sheet_without_a_period_is_refused_whole(house: PartHouse) -> None:
    lines = rows()
    lines[1][0] = "填报单位：雷山县妇女联合会"
    async with house.client() as client:
        job = await house.job(client, await client.post("/v1/imports", content=book(lines)))
    assert (job["status"], job["error"]["code"]) == ("failed", "outreach.no_period")


async def test_a_township_reports_for_itself_only(house: PartHouse) -> None:
    result = await house.file(SHEET, DANJIANG)
    assert result["totals"]["accepted"] == sum(row[1] == "丹江镇" for row in rows())
    async with house.client(DANJIANG) as client:
        answer = await client.post("/v1/imports", params={"unit": COUNTY}, content=book(rows()))
        assert answer.status_code == 404
