"""Later registers: what changed is said, what is older is not, who may not is refused, and two at once do no harm."""

import asyncio
import csv
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, DANJIANG, DATA, DEMO, XIJIANG, House

NAME = Path("register.xlsx")
LATER = "2017年12月31日"


async def bring(house: House, content: bytes, unit: str = COUNTY) -> dict[str, Any]:
    return await house.take_in(NAME, unit, content=content)


async def events(house: House) -> Counter[str]:
    rows = await house.runtime.pool.fetch("SELECT type, count(*) AS n FROM events GROUP BY type")
    return Counter({row["type"]: row["n"] for row in rows})


async def test_every_row_of_the_dirty_register_is_answered_as_expected(house: House) -> None:
    result = await house.take_in(DATA / "register-2016-dirty.xlsx", COUNTY)
    with (DATA / "register-2016-dirty.expected.csv").open(encoding="utf-8-sig") as lines:
        expected = {(int(line["row_number"]), line["rule"], line["severity"]) for line in csv.DictReader(lines)}
    found = {(row["row"], said["rule"], said["severity"]) for row in result["rows"] for said in row["findings"]}
    assert expected <= found
    complaints = {said for said in found if said[2] != "accepted"}
    assert complaints == {said for said in expected if said[2] != "accepted"}
    refused = {row["row"] for row in result["rows"] if row["outcome"] == "refused"}
    assert refused == {row for row, _, severity in expected if severity == "error"}
    assert result["totals"]["refused"] == len(refused)
    file = result["refused_file"].removeprefix("/registry")
    why = {"params": {"reason": "更正后重新导入"}, "headers": {"Purpose": "correction"}}
    async with house.client() as client:
        assert (await client.get(file)).status_code == 422, "clear rows leave with a purpose and a reason"
        answer = await client.get(file, **why)
        assert answer.status_code == 200
        assert answer.content[:2] == b"PK"
    async with house.client(DANJIANG) as other:
        hidden = await other.get(file, **why)
        assert hidden.status_code == 404, "the file of the county is not the township's"


async def test_a_later_register_says_only_what_changed_and_dates_the_exits(house: House) -> None:
    rows = rows_of("方祥乡")
    await bring(house, book(rows))
    before = await events(house)

    def exit_(row: Row) -> None:
        if row["脱贫属性"] == "未脱贫":
            row["脱贫属性"] = "脱贫"

    result = await bring(house, book(rows, LATER, exit_))
    women = await house.runtime.pool.fetch("SELECT status, baseline_exit FROM women")
    assert {row["status"] for row in women} <= {"exited", "pre_exit", "returned"}
    exits = await house.runtime.pool.fetch("SELECT data FROM published WHERE type = 'registry.woman-exited.v1'")
    lifted = sum(not row["baseline_exit"] and row["status"] == "exited" for row in women)
    assert len(exits) == lifted > 0
    assert {row["data"]["valid"] for row in exits} == {"2017-01-01/2017-12-31"}
    assert (await events(house))["woman-registered"] == before["woman-registered"]
    outcomes = Counter(row["outcome"] for row in result["rows"])
    assert outcomes["accepted"] == outcomes["refused"] == 0
    assert outcomes["changed"] >= lifted


async def test_an_older_register_changes_nothing_and_says_why(house: House) -> None:
    rows = rows_of("方祥乡")
    await bring(house, book(rows, LATER))
    before = await house.figures()

    def rename(row: Row) -> None:
        row["姓名"] = "改名"

    result = await bring(house, book(rows, change=rename))
    assert Counter(row["outcome"] for row in result["rows"]) == {"unchanged": len(rows)}
    assert all(row["findings"][-1]["rule"] == "older_as_of" for row in result["rows"])
    after = await house.figures()
    assert {**after, "events": None} == {**before, "events": None}


async def test_a_changed_phone_is_one_change_and_only_the_phone_is_kept(house: House) -> None:
    rows = rows_of("方祥乡")
    await bring(house, book(rows))
    woman = next(row for row in rows if int(str(row["证件号码"])[16]) % 2 == 0)

    def rename(row: Row) -> None:
        if row["人编号"] == woman["人编号"]:
            row["姓名"] = "杨新名"

    result = await bring(house, book(rows, change=rename))
    assert Counter(row["outcome"] for row in result["rows"]) == {"changed": 1, "unchanged": len(rows) - 1}
    changes = await house.runtime.pool.fetch("SELECT data FROM events WHERE type = 'woman-changed'")
    assert len(changes) == 1
    assert changes[0]["data"]["changed"] == ["name"]
    assert set(changes[0]["data"]["personal"]) == {"name"}


async def test_another_id_under_a_known_person_code_waits_for_a_person(house: House) -> None:
    rows = rows_of("方祥乡")
    await bring(house, book(rows))
    target = rows[0]["人编号"]

    def correct(row: Row) -> None:
        if row["人编号"] == target:
            row["证件号码"] = "522634196408160639"

    result = await bring(house, book(rows, change=correct))
    answer = result["rows"][0]
    assert (answer["outcome"], answer["findings"][-1]["rule"]) == ("refused", "id_changed")


async def test_a_township_imports_its_own_rows_and_no_others(house: House) -> None:
    rows = [*rows_of("丹江镇", 12), *rows_of("西江镇", 12)]
    result = await bring(house, book(rows), DANJIANG)
    for row, answer in zip(rows, result["rows"], strict=True):
        own = row["乡(镇)"] == "丹江镇"
        assert answer["outcome"] == ("accepted" if own else "refused")
        assert own or answer["findings"][-1]["rule"] == "outside_unit"
    divisions = await house.runtime.pool.fetch("SELECT DISTINCT left(division, 9) AS d FROM persons")
    assert [row["d"] for row in divisions] == [DANJIANG[:9]]


async def test_a_township_cannot_take_another_townships_woman_by_her_id(house: House) -> None:
    theirs = rows_of("西江镇", 12)
    await bring(house, book(theirs))
    before = await house.figures()
    own_village = rows_of("丹江镇", 1)[0]

    def move(row: Row) -> None:
        row.update({column: own_village[column] for column in ("乡(镇)", "行政村")})
        row["户编号"] = "9" + str(row["户编号"])[1:]
        row["人编号"] = "9" + str(row["人编号"])[1:]

    result = await bring(house, book(theirs, change=move), DANJIANG)
    assert {row["outcome"] for row in result["rows"]} == {"refused"}
    assert {row["findings"][-1]["rule"] for row in result["rows"]} == {"outside_unit"}
    after = await house.figures()
    assert {**after, "events": None} == {**before, "events": None}


async def test_two_imports_of_one_file_at_once_leave_everybody_once(house: House) -> None:
    content = book(rows_of("永乐镇", 390))
    await asyncio.gather(bring(house, content), bring(house, content), bring(house, content, XIJIANG))
    await bring(house, content)
    pool = house.runtime.pool
    women = await pool.fetchval("SELECT count(*) FROM women")
    assert women == 187
    assert await pool.fetchval("SELECT count(*) FROM events WHERE type = 'woman-registered'") == women
    assert await pool.fetchval("SELECT count(*) FROM events WHERE type = 'household-registered'") == 105


async def test_a_file_that_is_none_is_refused_in_words_and_the_server_stays(house: House) -> None:
    async with house.client() as client:
        for content, code in ((b"not a spreadsheet", "roster."), (b"%PDF-1.7 x", "roster.")):
            answer = await client.post("/v1/imports", params={"filename": "x.xlsx"}, content=content)
            job = await house.job(client, answer)
            assert job["status"] == "failed"
            assert job["error"]["code"].startswith(code)
        empty = await client.post("/v1/imports", content=b"")
        assert empty.status_code == 422
        assert (await client.get("/v1/women")).status_code == 200


async def test_an_office_names_its_own_headers(house: House) -> None:
    rows = [
        {("姓 名字" if name == "姓名" else name): value for name, value in row.items()} for row in rows_of("方祥乡", 5)
    ]
    async with house.client() as client:
        bad = await client.post("/v1/imports", params={"mapping": "[1]"}, content=b"x")
        assert (bad.status_code, bad.json()["code"]) == (422, "mapping.malformed")
        lost = await client.post("/v1/imports", params={"filename": "r.xlsx"}, content=book(rows))
        assert (await house.job(client, lost))["error"]["code"].startswith("roster.")
    result = await house.take_in(NAME, COUNTY, content=book(rows), mapping='{"姓 名字": "姓名"}')
    assert result["totals"]["accepted"] == len(rows)


async def test_readers_may_not_import(house: House) -> None:
    async with house.client(COUNTY, "cadre") as cadre:
        refused: httpx.Response = await cadre.post("/v1/imports", content=b"x")
        assert refused.status_code == 403
        assert "registry:write" in refused.text


async def test_the_raw_file_is_kept_sealed_and_tied_to_its_events(house: House) -> None:
    from services.registry.handlers import files

    content = (DEMO / "register-2016-leishan.xlsx").read_bytes()
    await house.take_in(DEMO / "register-2016-leishan.xlsx", COUNTY)
    pool = house.runtime.pool
    row = await pool.fetchrow("SELECT import_id, body FROM import_file_parts")
    assert row is not None
    assert content[100:140] not in row["body"]
    assert (await files.kept(pool, house.vault, row["import_id"])).raw.read_bytes() == content
    sources = await pool.fetch("SELECT DISTINCT data->>'source' AS s FROM events WHERE type = 'woman-registered'")
    assert [found["s"] for found in sources] == [str(row["import_id"])]
    correlations = await pool.fetch(
        "SELECT DISTINCT meta->>'correlation_id' AS c FROM events WHERE type LIKE 'woman-%' OR type LIKE 'household-%'"
    )
    assert [found["c"] for found in correlations] == [str(row["import_id"])]
