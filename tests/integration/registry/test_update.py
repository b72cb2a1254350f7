"""An update five years later: who changed, moved, split off, is missing or new, by the answers that stand beside it."""

import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from services.registry.handlers.tokens import id_token
from tests.integration.registry.house import COUNTY, DATA, DEMO, House

LEISHAN = DEMO / "register-2016-leishan.xlsx"
UPDATE = DATA / "register-2021.csv"
XIJIANG, FANGXIANG = "522634101000", "522634204000"
COVER = f"{XIJIANG},{FANGXIANG}"
WOMENS_ONLY = {"head_changed", "name_corrected"}  # of a man nothing is kept that could tell


def expected() -> dict[str, list[dict[str, str]]]:
    """Lines of the expected answers by kind."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (DATA / "register-2021.expected.csv").open(encoding="utf-8-sig") as lines:
        for line in csv.DictReader(lines):
            found[line["kind"]].append(line)
    return found


def women(lines: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those whose id says that they are women."""
    return [line for line in lines if int(line["id_2016"][16]) % 2 == 0]


async def covered(house: House, path: Path = UPDATE, **query: Any) -> dict[str, Any]:
    """The update, full for its two townships."""
    return await house.take_in(path, COUNTY, cover=COVER, **query)


async def ids(house: House, sql: str) -> set[Any]:
    """One column as a set."""
    return {row[0] for row in await house.runtime.pool.fetch(sql)}


async def test_every_person_of_the_update_is_answered_with_what_changed(registered: House) -> None:
    result = await covered(registered)
    rows = {row["row"]: set(row.get("changes", ())) for row in result["rows"]}
    lines = expected()
    for kind in ("new_household", "new_person", "moved_village", "moved_in_township", "household_split"):
        told = {row for row, changes in rows.items() if kind in changes}
        assert told == {int(line["line_2021"]) for line in lines[kind]}, kind
    for kind in WOMENS_ONLY:
        told = {row for row, changes in rows.items() if kind in changes and "household_split" not in changes}
        assert told == {int(line["line_2021"]) for line in women(lines[kind])}, kind
    refused = {row["row"]: {said["rule"] for said in row["findings"]} for row in result["rows"]}
    assert {row for row, rules in refused.items() if "id_changed" in rules} == {
        int(line["line_2021"]) for line in lines["id_corrected"]
    }
    assert Counter(row["outcome"] for row in result["rows"])["refused"] == 2


async def test_women_whom_a_full_register_leaves_out_are_missing_and_nothing_else(registered: House) -> None:
    before = await ids(registered, "SELECT woman_id FROM women")
    result = await covered(registered)
    known = {
        token: id_token(registered.vault, token) for token in (line["id_2016"] for line in expected()["missing_person"])
    }
    gone = women(expected()["missing_person"])
    wanted = {
        await registered.runtime.pool.fetchval(
            "SELECT person_id FROM persons WHERE id_token = $1", known[line["id_2016"]]
        )
        for line in gone
    }
    assert await ids(registered, "SELECT woman_id FROM women WHERE missing = '2021-12-31'") == wanted
    assert result["totals"]["missing"] == len(gone)
    async with registered.client() as client:
        listed = (await client.get("/v1/missing", params={"count": "exact"})).json()
    assert {item["woman_id"] for item in listed["items"]} == {str(woman) for woman in wanted}
    states = "SELECT count(*) FROM women WHERE missing IS NOT NULL AND (status = 'exited') <> baseline_exit"
    assert await registered.runtime.pool.fetchval(states) == 0, "absence is no exit"
    assert before <= await ids(registered, "SELECT woman_id FROM women"), "and no deletion"


async def test_exits_between_two_registers_have_an_interval_and_monitored_stand_outside(registered: House) -> None:
    await covered(registered)
    pool = registered.runtime.pool
    exits = await pool.fetch("SELECT data->>'valid' AS valid FROM events WHERE type = 'woman-exited'")
    assert Counter(row["valid"] for row in exits) == {"2017-01-01/2021-12-31": 90}
    returned = await pool.fetchval("SELECT count(*) FROM events WHERE type = 'woman-returned'")
    assert returned == 0, "a 脱贫不稳定户 is no return"
    counted = await pool.fetch("SELECT status, count(*) AS n FROM women WHERE as_of = '2021-12-31' GROUP BY status")
    assert {row["status"]: row["n"] for row in counted} == {"exited": 173, "monitored": 11}
    async with registered.client() as client:
        here = (await client.get("/v1/women", params={"count": "exact", "limit": 1})).json()
        watched = (await client.get("/v1/women", params={"presence": "monitored"})).json()
    assert {item["monitoring"] for item in watched["items"]} == {"marginal", "sudden"}
    assert len(watched["items"]) == 11
    assert here["count"] == await pool.fetchval("SELECT count(*) FROM women WHERE status <> 'monitored'")
    told = await pool.fetch("SELECT type, count(*) AS n FROM published WHERE type LIKE '%monitored%' GROUP BY type")
    assert [(row["type"], row["n"]) for row in told] == [("registry.woman-monitored.v1", 11)]


async def test_the_update_again_and_an_older_register_after_it_change_nothing(registered: House) -> None:
    await covered(registered)
    figures = await registered.figures()
    again = await covered(registered)
    assert Counter(row["outcome"] for row in again["rows"]) == {"unchanged": 401, "refused": 2}
    older = await registered.take_in(LEISHAN, COUNTY, cover=COUNTY)
    assert older["totals"]["missing"] == 0
    rules = Counter(said["rule"] for row in older["rows"] for said in row["findings"] if said["severity"] == "warning")
    assert rules["older_as_of"] == 368
    assert {name: figure for name, figure in (await registered.figures()).items() if name != "events"} == {
        name: figure for name, figure in figures.items() if name != "events"
    }


async def test_a_dry_run_proposes_the_cover_and_shows_what_a_wrong_one_would_do(registered: House) -> None:
    dry = await registered.take_in(UPDATE, COUNTY, dry_run="true")
    assert (dry["cover"]["full"], dry["totals"]["missing"]) == (True, 0)
    assert {item["code"]: item["full"] for item in dry["cover"]["units"]} == {XIJIANG: True, FANGXIANG: True}
    told = {item["code"]: (item["women_known"], item["women_named"]) for item in dry["cover"]["units"]}
    assert [known for known, _ in told.values()] == [132, 40]
    right = await registered.take_in(UPDATE, COUNTY, dry_run="true", cover=COVER)
    whole = await registered.take_in(UPDATE, COUNTY, dry_run="true", cover=COUNTY)
    assert whole["totals"]["missing"] - right["totals"]["missing"] >= 766, (
        "six townships that the file does not speak of"
    )
    assert await registered.runtime.pool.fetchval("SELECT count(*) FROM women WHERE missing IS NOT NULL") == 0


async def test_a_cover_outside_the_importers_unit_is_refused(registered: House) -> None:
    async with registered.client(XIJIANG) as client:
        answer = await client.post(
            "/v1/imports", params={"filename": "a.csv", "cover": COUNTY}, content=UPDATE.read_bytes()
        )
    assert (answer.status_code, answer.json()["code"]) == (422, "registry.cover_outside")


@pytest.mark.parametrize(
    ("way", "body", "gone"),
    [
        ("leave", {"why": "died", "valid": "2020-05", "reason": "户籍注销"}, "died"),
        ("leave", {"why": "married_out", "valid": "2019"}, "married_out"),
        ("keep", {"reason": "名册遗漏，本人在村"}, None),
    ],
)
async def test_a_person_decides_what_absence_means(
    registered: House, way: str, body: dict[str, str], gone: str | None
) -> None:
    await covered(registered)
    async with registered.client() as client:
        [woman, *_] = [item["woman_id"] for item in (await client.get("/v1/missing")).json()["items"]]
        answer = await registered.decide(client, woman, way, body)
        assert answer.status_code == 200, answer.text
        await registered.seen(client, woman)
        found = (await client.get(f"/v1/women/{woman}")).json()
        listed = (await client.get("/v1/missing")).json()["items"]
    assert (found["missing"], found["gone"]) == (None, gone)
    assert woman not in {item["woman_id"] for item in listed}
    await covered(registered)
    found_again = await registered.runtime.pool.fetchrow(
        "SELECT missing, gone FROM women WHERE woman_id = $1::uuid", woman
    )
    assert tuple(found_again or ()) == (None, gone), "the same register again reopens nothing"


async def test_a_split_household_keeps_its_rest_and_old_codes_lead_to_the_women(registered: House) -> None:
    await covered(registered)
    pool = registered.runtime.pool
    split = women(expected()["household_split"])
    assert await pool.fetchval("SELECT count(*) FROM former_codes") >= len(split)
    for line in split:
        token = id_token(registered.vault, line["id_2016"])
        person = await pool.fetchrow("SELECT person_id, code_token FROM persons WHERE id_token = $1", token)
        former = await pool.fetch("SELECT token FROM former_codes WHERE person_id = $1", person["person_id"])
        assert former
        assert person["code_token"] not in {row["token"] for row in former}
    told = "SELECT count(*) FROM published WHERE type = 'registry.register-code-changed.v1'"
    assert await pool.fetchval(told) >= len(split)
