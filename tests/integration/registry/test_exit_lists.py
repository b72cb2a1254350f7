"""Lists of exits and returns of the poverty office: by household and by person, every row answered, once."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from libs.rosters.files import open_sheet
from services.registry.adapters.exit_lists import EXITS
from tests.integration.registry.books import Row, book
from tests.integration.registry.exit_walk import POOR, ROWS, settled
from tests.integration.registry.house import COUNTY, XIJIANG, House

WOMEN = [row for row in ROWS if int(str(row["证件号码"])[16]) % 2 == 0]


@pytest.fixture
async def house(house: House) -> House:
    """A registry with some poor households of one township."""
    await house.take_in(Path("r.xlsx"), COUNTY, content=POOR)
    return house


def sheet(rows: list[list[Any]]) -> bytes:
    """A list as an office writes it: a title, the header, the rows."""
    workbook = openpyxl.Workbook()
    page = workbook.active
    assert page is not None
    page.append(["雷山县脱贫人口名单"])
    for row in rows:
        page.append(row)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def by_person(rows: list[Row], when: str = "2017年3月") -> list[list[Any]]:
    return [
        ["姓名", "证件号码", "脱贫时间", "来源文号"],
        *([row["姓名"], row["证件号码"], when, "〔2017〕3号"] for row in rows),
    ]


async def bring(
    house: House, rows: list[list[Any]] | bytes, division: str = COUNTY, role: str = "partner", **query: Any
) -> dict[str, Any]:
    content = rows if isinstance(rows, bytes) else sheet(rows)
    async with house.client(division, role) as client:
        answer = await client.post("/v1/exits/imports", params={"filename": "list.xlsx", **query}, content=content)
        return await house.result(client, answer)


def outcomes(result: dict[str, Any]) -> list[str]:
    return [row["outcome"] for row in result["rows"]]


def rules(result: dict[str, Any]) -> list[str]:
    return [finding["rule"] for row in result["rows"] for finding in row["findings"]]


async def exits(house: House) -> list[tuple[str, str, str]]:
    """Exits of the log: woman, date, source."""
    sql = "SELECT stream_id, data FROM events WHERE type = 'woman-exited' ORDER BY position"
    rows = await house.runtime.pool.fetch(sql)
    return [(str(row["stream_id"]), row["data"]["valid"], row["data"]["source"]) for row in rows]


async def test_a_row_by_household_moves_every_woman_of_it_and_one_by_person_only_her(house: House) -> None:
    code = next(row["户编号"] for row in WOMEN if sum(other["户编号"] == row["户编号"] for other in WOMEN) == 2)
    one = next(row for row in WOMEN if row["户编号"] != code)
    header = ["户编号", "户主姓名", "证件号码", "姓名", "脱贫年度"]
    rows = [
        header,
        [code, "某某", None, None, 2015],
        [one["户编号"], None, one["证件号码"], one["姓名"], "2016-12-31至2017-02-28"],
    ]
    result = await bring(house, rows)
    assert outcomes(result) == ["refused", "accepted"], "2015 was over before the register said that they are poor"
    rows[1][4] = 2016
    result = await bring(house, rows)
    assert outcomes(result) == ["accepted", "unchanged"]
    assert result["edition"] == "脱贫名单"
    assert sorted(valid for _, valid, _ in await exits(house)) == ["2016", "2016", "2016-12-31/2017-02-28"]


async def test_the_same_content_twice_changes_nothing_and_a_dry_run_writes_nothing(house: House) -> None:
    rows = sheet(by_person(WOMEN[:3]))
    before = await house.figures()
    tried = await bring(house, rows, dry_run="true")
    assert outcomes(tried) == ["accepted"] * 3
    assert await house.figures() == before
    first = await bring(house, rows)
    assert (outcomes(first), first["totals"]["accepted"]) == (["accepted"] * 3, 3)
    assert first["published"]["number"] > 0
    after = await house.figures()
    assert outcomes(await bring(house, rows)) == ["unchanged"] * 3
    assert await house.figures() == after
    other = await bring(house, by_person(WOMEN[:1], "2017-04"))
    assert (outcomes(other), rules(other)) == (["unchanged"], ["exit_known"])


async def test_what_is_wrong_is_named_and_comes_back_in_a_workbook_of_the_same_form(house: House) -> None:
    woman, other = WOMEN[:2]
    header = ["姓名", "证件号码", "人编号", "脱贫时间"]
    rows = [
        header,
        [woman["姓名"], woman["证件号码"], None, "03/04/2017"],
        [woman["姓名"], woman["证件号码"], None, "2999年"],
        ["李某某", woman["证件号码"], None, "2017-03"],
        [woman["姓名"], str(woman["证件号码"])[:17], None, "2017-03"],
        [woman["姓名"], None, "不存在", "2017-03"],
        [woman["姓名"], None, None, "2017-03"],
        [other["姓名"], other["证件号码"], None, "2017-03"],
    ]
    result = await bring(house, rows)
    assert outcomes(result) == ["refused"] * 6 + ["accepted"]
    assert rules(result) == [
        "when_unreadable", "date_in_future", "name_differs", "id_unreadable", "not_in_unit", "row_names_nobody",
    ]  # fmt: skip
    first = result["rows"][0]["findings"][0]
    assert (first["column"], first["value"], "2016年12月" in first["right_answer"]) == ("脱贫时间", "03/04/2017", True)
    async with house.client(COUNTY) as client:
        query = {"reason": "更正被退回的行后重新导入"}
        path = result["refused_file"].removeprefix("/registry")
        answer = await client.get(path, params=query, headers={"Purpose": "correction"})
    back = open_sheet("back.xlsx", answer.content, EXITS)
    data = [row for row in back.rows() if row.kind == "data"]
    assert [row["脱贫时间"].text for row in data[:2]] == ["03/04/2017", "2999年"]
    assert len(data) == 6
    files = await house.runtime.pool.fetch("SELECT body FROM import_file_parts")
    assert all(b"03/04/2017" not in row["body"] for row in files), "the raw file is sealed"


async def test_who_is_registered_elsewhere_and_who_is_nowhere_get_one_answer(house: House) -> None:
    nobody, known = "999999199003070020", WOMEN[0]
    rows = [
        ["姓名", "证件号码", "户编号", "脱贫时间"],
        ["某", known["证件号码"], None, "2017-03"],
        ["某", nobody, None, "2017-03"],
        [None, None, known["户编号"], "2017-03"],
        [None, None, "00000", "2017-03"],
    ]
    result = await bring(house, rows, XIJIANG, "federation")
    told = [
        (row["outcome"], [(each["column"], each["rule"], each["right_answer"]) for each in row["findings"]])
        for row in result["rows"]
    ]
    assert told[0] == told[1]
    assert told[2] == told[3]
    assert {outcome for outcome, _ in told} == {"refused"}
    assert await exits(house) == []


async def test_a_return_list_names_the_exit_and_refuses_who_never_left(house: House) -> None:
    out, poor = WOMEN[:2]
    await bring(house, by_person([out], "2017-02"))
    rows = [
        ["姓名", "证件号码", "返贫时间", "原因"],
        *([each["姓名"], each["证件号码"], "2017-05", "患大病"] for each in (out, poor)),
    ]
    result = await bring(house, rows)
    assert (result["edition"], outcomes(result), rules(result)) == (
        "返贫名单", ["accepted", "refused"], ["return_without_exit"],
    )  # fmt: skip
    sql = "SELECT data FROM events WHERE type = $1"
    pool = house.runtime.pool
    [left], [back] = [await pool.fetch(sql, kind) for kind in ("woman-exited", "woman-returned")]
    assert back["data"]["exit_id"] == left["data"]["exit_id"] is not None
    assert outcomes(await bring(house, rows)) == ["unchanged", "refused"]


async def test_a_list_without_persons_or_without_a_time_is_refused_as_a_whole(house: House) -> None:
    async with house.client() as client:
        for rows, code in (
            ([["姓名", "脱贫时间"], ["某", "2016"]], "exits.nobody_named"),
            ([["姓名"], ["某"]], "roster.missing_columns"),
        ):
            answer = await client.post("/v1/exits/imports", params={"filename": "l.xlsx"}, content=sheet(rows))
            job = await house.job(client, answer)
            assert (job["status"], job["error"]["code"]) == ("failed", code)


async def test_an_erased_woman_leaves_the_kept_lists_too(house: House) -> None:
    woman, other = WOMEN[:2]
    await bring(house, by_person([woman, other]))
    pool = house.runtime.pool
    await house.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS[:2]))
    sql = "SELECT stream_id FROM events WHERE type = 'woman-exited' ORDER BY position LIMIT 1"
    async with house.client() as client:
        assert (await house.erase(client, await pool.fetchval(sql))).status_code == 200
    from services.registry.handlers import files

    started = "SELECT stream_id FROM events WHERE type = 'register-import-started' AND data->>'edition' = $1"
    lists = [await files.kept(pool, house.vault, row["stream_id"]) for row in await pool.fetch(started, EXITS.form)]
    sheets = [open_sheet("", each.raw, EXITS) for each in lists]
    texts = [[row["证件号码"].text for row in sheet.rows() if row.kind == "data"] for sheet in sheets]
    assert texts == [[str(other["证件号码"])]]
    again = await bring(house, by_person([woman, other]))
    assert (outcomes(again), rules(again)) == (["refused", "unchanged"], ["person_erased"])
    assert again["refused_file"] is None


async def test_a_cadre_may_not_report_for_the_office(house: House) -> None:
    async with house.client(COUNTY, "cadre") as client:
        assert (await client.post("/v1/exits/imports", content=b"x")).status_code == 403
    await settled(house)
    assert await exits(house) == []
