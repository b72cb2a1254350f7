"""Income and needs sheets as files: every row answered, once; what is wrong comes back in a workbook of its form."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from libs.rosters.files import open_sheet
from services.registry.adapters.list_forms import INCOMES
from services.registry.adapters.list_forms import NEEDS as NEEDS_FORM
from services.registry.handlers import files
from services.registry.handlers.tokens import id_token
from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, DANJIANG, House

ROWS = rows_of("西江镇", 12)
WOMEN = [row for row in ROWS if int(str(row["证件号码"])[16]) % 2 == 0]
HOMES = list(dict.fromkeys(row["户编号"] for row in ROWS))
INCOME = [
    "户编号", "证件号码", "年度", "家庭人口", "生产经营性收入", "财产性收入", "工资性收入", "生产经营性支出", "低保金",
    "养老保险金", "转移性收入", "核算日期",
]  # fmt: skip
NEEDS = [
    "人编号", "证件号码", "姓名", "评估日期", "主要致贫原因", "其他致贫原因", "劳动能力", "想学技能", "愿意贷款",
    "贷款金额", "3岁以下子女", "3至5岁子女", "照看人", "健康状况", "备注",
]  # fmt: skip


def size_of(code: Any) -> int:
    return sum(row["户编号"] == code for row in ROWS)


def earned(code: Any, year: Any = 2016, wages: Any = "9,000.00", **also: Any) -> list[Any]:
    told = {
        "户编号": code, "年度": year, "家庭人口": size_of(code) or 2, "生产经营性收入": 1000, "财产性收入": 0,
        "工资性收入": wages, "生产经营性支出": "200元", "转移性收入": 300, "核算日期": "2017-01-10", **also,
    }  # fmt: skip
    return [told.get(name) for name in INCOME]


def needed(row: Row, **also: Any) -> list[Any]:
    told = {
        "证件号码": row["证件号码"], "姓名": row["姓名"], "评估日期": "2017-03-01", "主要致贫原因": "缺技术",
        "其他致贫原因": "因学、缺资金", "劳动能力": "普通劳动力", "想学技能": "手工编织，农村电商", "愿意贷款": "是",
        "贷款金额": 30000, "3岁以下子女": 1, "3至5岁子女": 0, "照看人": "祖辈", "健康状况": "残疾,长期慢性病", **also,
    }  # fmt: skip
    return [told.get(name) for name in NEEDS]


def sheet(header: list[str], *rows: list[Any]) -> bytes:
    workbook = openpyxl.Workbook()
    page = workbook.active
    assert page is not None
    page.append(["雷山县西江镇"])
    for row in (header, *rows):
        page.append(row)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


async def bring(house: House, what: str, content: bytes, unit: str = COUNTY, **query: Any) -> dict[str, Any]:
    async with house.client(unit) as client:
        answer = await client.post(f"/v1/{what}/imports", params={"filename": "list.xlsx", **query}, content=content)
        return await house.result(client, answer)


def outcomes(result: dict[str, Any]) -> list[str]:
    return [row["outcome"] for row in result["rows"]]


def errors(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (each["column"], each["rule"])
        for row in result["rows"]
        for each in row["findings"]
        if each["severity"] == "error"
    ]


async def count(house: House, kind: str) -> int:
    found: int = await house.runtime.pool.fetchval("SELECT count(*) FROM events WHERE type = $1", kind)
    return found


@pytest.fixture
async def house(house: House) -> House:
    """A registry with some poor households of one township."""
    await house.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS))
    return house


async def test_an_income_sheet_in_yuan_assesses_households_of_several_years_once(house: House) -> None:
    head = next(row for row in ROWS if row["户编号"] == HOMES[1])
    content = sheet(
        INCOME,
        earned(HOMES[0]),
        earned(HOMES[0], "2015年"),
        earned(None, **{"证件号码": head["证件号码"], "家庭人口": 9}),
    )
    tried = await bring(house, "incomes", content, dry_run="true")
    assert (outcomes(tried), await count(house, "household-income-assessed")) == (["accepted"] * 3, 0)
    done = await bring(house, "incomes", content)
    assert outcomes(done) == ["accepted"] * 3
    assert ("家庭人口", "persons_differ") in [(each["column"], each["rule"]) for each in done["rows"][2]["findings"]]
    rows = await house.runtime.pool.fetch(
        "SELECT year, per_head_fen, persons, as_of::text FROM incomes WHERE source = 'assessment' ORDER BY 1, 3"
    )
    per_head = round(1_010_000 / size_of(HOMES[0]))
    assert [tuple(row) for row in rows] == [
        (2015, per_head, size_of(HOMES[0]), "2017-01-10"),
        (2016, per_head, size_of(HOMES[0]), "2017-01-10"),
        (2016, 112_222, 9, "2017-01-10"),
    ]
    assert outcomes(await bring(house, "incomes", content)) == ["unchanged"] * 3
    later = sheet(INCOME, earned(HOMES[0], wages=1, **{"核算日期": "2017-01-09"}))
    assert errors(await bring(house, "incomes", later)) == [("核算日期", "older_than_known")]


async def test_what_is_wrong_is_named_in_yuan_and_comes_back_as_it_was(house: House) -> None:
    parts = {"计划生育金": 0}
    content = sheet(
        INCOME,
        earned(HOMES[0], wages=None),
        earned(HOMES[0], wages="很多"),
        earned(HOMES[0], **{"低保金": 100}),
        earned(HOMES[0], "明年"),
        earned("没有这户"),
        earned(None),
        earned(HOMES[1], **parts),
    )
    result = await bring(house, "incomes", content)
    assert outcomes(result) == ["refused"] * 6 + ["accepted"]
    assert errors(result) == [
        ("工资性收入", "line_missing"), ("工资性收入", "number_unreadable"), ("计划生育金", "parts_missing"),
        ("年度", "year_unreadable"), ("户编号", "not_in_unit"), ("证件号码", "row_names_nobody"),
    ]  # fmt: skip
    async with house.client() as client:
        path = result["refused_file"].removeprefix("/registry")
        query = {"reason": "更正被退回的行后重新导入"}
        answer = await client.get(path, params=query, headers={"Purpose": "correction"})
    back = [row for row in open_sheet("back.xlsx", answer.content, INCOMES).rows() if row.kind == "data"]
    assert [row["工资性收入"].text for row in back[:2]] == ["", "很多"]
    assert len(back) == 6


async def test_the_registers_table_is_read_by_its_column_codes(house: House) -> None:
    header = ["AAC001", "AAR040", "人数", "AAC071", "AAC072", "AAC073", "AAC074", "AAC085"]
    result = await bring(
        house, "incomes", sheet(header, [HOMES[0], 2016, 2, -100, 0, 500.005, 0, 0]), as_of="2017-02-01"
    )
    assert outcomes(result) == ["accepted"]
    row = await house.runtime.pool.fetchrow("SELECT per_head_fen, as_of::text FROM incomes WHERE source = 'assessment'")
    assert tuple(row or ()) == (20_001, "2017-02-01")


async def test_a_needs_sheet_finds_women_by_id_code_or_name_once(house: House) -> None:
    names = [row["姓名"] for row in WOMEN]
    unique = next(row for row in WOMEN[2:] if names.count(row["姓名"]) == 1)
    content = sheet(
        NEEDS,
        needed(WOMEN[0]),
        needed(WOMEN[1], **{"证件号码": None, "人编号": WOMEN[1]["人编号"]}),
        needed(unique, **{"证件号码": None}),
    )
    assert outcomes(await bring(house, "needs", content, dry_run="true")) == ["accepted"] * 3
    assert await count(house, "woman-needs-assessed") == 0
    assert outcomes(await bring(house, "needs", content)) == ["accepted"] * 3
    assert outcomes(await bring(house, "needs", content)) == ["unchanged"] * 3
    event = await house.runtime.pool.fetchval("SELECT data FROM events WHERE type = 'woman-needs-assessed' LIMIT 1")
    assert event["needs"] == {
        "main_cause": "缺技术", "other_causes": ["因学", "缺资金"], "labour": "ordinary",
        "skills_wanted": ["handicraft", "e_commerce"], "willing_to_borrow": True, "borrow_fen": 3_000_000,
        "children_under_3": 1, "children_3_to_5": 0, "minded_by": "grandparents",
    }  # fmt: skip


async def test_a_needs_row_that_contradicts_itself_is_refused_with_its_column(house: House) -> None:
    row = WOMEN[0]
    content = sheet(
        NEEDS,
        needed(row, **{"其他致贫原因": "缺技术"}),
        needed(row, **{"主要致贫原因": "命不好"}),
        needed(row, **{"愿意贷款": "否"}),
        needed(row, **{"照看人": None}),
        needed(row, **{"3岁以下子女": None}),
        needed(row, **{"健康状况": "健康,残疾"}),
        needed(row, **{"姓名": "李某某"}),
        needed(row, **{"评估日期": "2999-01-01"}),
    )
    assert errors(await bring(house, "needs", content)) == [
        ("其他致贫原因", "causes"), ("主要致贫原因", "word_unknown"), ("贷款金额", "borrowing"),
        ("照看人", "childcare"), ("3岁以下子女", "count_unreadable"), ("健康状况", "health"),
        ("姓名", "name_differs"), ("评估日期", "day"),
    ]  # fmt: skip


async def test_who_is_registered_elsewhere_and_who_is_nowhere_get_one_answer(house: House) -> None:
    known = next(row for row in ROWS if row["户编号"] == HOMES[0])
    incomes = sheet(INCOME, earned(HOMES[0]), earned("00000"), earned(None, **{"证件号码": known["证件号码"]}))
    assert errors(await bring(house, "incomes", incomes, DANJIANG)) == [
        ("户编号", "not_in_unit"), ("户编号", "not_in_unit"), ("证件号码", "not_in_unit"),
    ]  # fmt: skip
    needs = sheet(NEEDS, needed(WOMEN[0]), needed(WOMEN[0], **{"证件号码": None}))
    assert errors(await bring(house, "needs", needs, DANJIANG)) == [
        ("证件号码", "not_in_unit"), ("姓名", "not_in_unit"),
    ]  # fmt: skip


async def test_an_erased_woman_leaves_the_kept_sheets_too(house: House) -> None:
    gone, stays = WOMEN[0], next(row for row in WOMEN if row["户编号"] != WOMEN[0]["户编号"])
    await bring(house, "needs", sheet(NEEDS, needed(gone), needed(stays)))
    token = id_token(house.vault, gone["证件号码"])
    woman = await house.runtime.pool.fetchval("SELECT person_id FROM persons WHERE id_token = $1", token)
    async with house.client() as client:
        await house.erase(client, woman)
    kept = [item async for item in files.all_kept(house.runtime.pool, house.vault)]
    ids = [row["证件号码"].text for item in kept[1:] for row in open_sheet("kept.xlsx", item.raw, NEEDS_FORM).rows()]
    assert stays["证件号码"] in ids
    assert gone["证件号码"] not in ids
