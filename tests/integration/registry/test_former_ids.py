"""An id that was corrected keeps finding her, in registers and in lists of every kind, and never comes back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.access.tokens import Issuer
from tests.integration.registry import test_assessment_lists as sheets
from tests.integration.registry import test_exit_lists as exits
from tests.integration.registry.books import Row, book
from tests.integration.registry.filled import with_divisions
from tests.integration.registry.house import COUNTY, House
from tests.integration.registry.test_peoples_rights import NOW, ROWS, first, mistyped, said, settled, step, women
from tests.support.postgres import Databases

LATER = "2017年12月31日"
HER, OTHER = women()[0], women()[1]
OLD = str(HER["证件号码"])
NEW = mistyped(OLD)


@pytest.fixture
async def corrected(own_databases: Databases, issuer: Issuer) -> AsyncIterator[tuple[House, UUID]]:
    """A registry with some households, one woman of which has had her id corrected from OLD to NEW."""
    async with House.open(*await with_divisions(own_databases), issuer, clock=lambda: NOW) as house:
        await house.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS))
        await settled(house)
        woman = await first(house)
        async with house.client() as client:
            asked = {"kind": "correction", "on": "2026-11-02", "field": "resident_id", "wanted": NEW}
            request = (await said(client, woman, "requests", asked)).json()["request_id"]
            done = await step(client, woman, f"requests/{request}/acceptance", {"on": "2026-11-20"})
            assert done.status_code == 200, done.text
        yield house, woman


def without_codes(row: Row) -> None:
    row["人编号"] = None


async def bring(house: House, rows: list[Row], as_of: str = LATER, change: Any = without_codes) -> dict[str, Any]:
    content = book(rows, as_of, change)
    return await house.take_in(Path("later.xlsx"), COUNTY, content=content)


def answer_to(result: dict[str, Any], rows: list[Row], at: Row) -> tuple[str, list[str]]:
    row = result["rows"][rows.index(at)]
    return row["outcome"], [each["rule"] for each in row["findings"] if each["rule"].startswith(("former", "id_"))]


async def count(house: House) -> int:
    await settled(house)
    found: int = await house.runtime.pool.fetchval("SELECT count(*) FROM women")
    return found


async def shown_id(house: House, woman: UUID) -> str:
    async with house.client() as client:
        clear = {"ids": [str(woman)], "clear": True, "reason": "checking"}
        [shown] = (await client.post("/v1/women/names", json=clear)).json()["items"]
    return str(shown["resident_id"])


async def test_a_later_register_with_her_old_id_and_no_code_names_her_and_keeps_the_corrected_one(
    corrected: tuple[House, UUID],
) -> None:
    house, woman = corrected
    before = await count(house)
    result = await bring(house, ROWS)
    assert answer_to(result, ROWS, HER) == ("changed", ["former_id"])
    assert await count(house) == before, "nobody was registered anew"
    assert await shown_id(house, woman) == NEW
    state = await house.runtime.pool.fetchrow("SELECT as_of, birth_year FROM women WHERE woman_id = $1", woman)
    assert state is not None
    assert (str(state["as_of"]), state["birth_year"]) == ("2017-12-31", int(NEW[6:10]))
    again = await bring(house, ROWS, change=lambda row: row.update(人编号=None, 备注="再次"))
    assert answer_to(again, ROWS, HER) == ("unchanged", ["former_id"]), "told each time, and nothing changes"
    coded = await bring(house, ROWS, change=lambda _row: None)
    assert answer_to(coded, ROWS, HER)[1] == ["former_id"], "her 人编号 beside it changes nothing"
    assert await shown_id(house, woman) == NEW


async def test_another_name_under_an_old_id_waits_unless_a_code_of_its_own_says_who_it_is(
    corrected: tuple[House, UUID],
) -> None:
    house, _woman = corrected
    before = await count(house)

    def stranger(row: Row) -> None:
        without_codes(row)
        if row["证件号码"] == OLD:
            row["姓名"] = "某陌生"

    result = await bring(house, ROWS, change=stranger)
    assert answer_to(result, ROWS, HER) == ("refused", ["former_id_unclear"])
    assert await count(house) == before

    def named(row: Row) -> None:
        stranger(row)
        if row["证件号码"] == OLD:
            row["人编号"] = "990000000001"

    result = await bring(house, ROWS, change=named)
    assert answer_to(result, ROWS, HER)[0] == "accepted", "number, name and code are those of another woman"
    assert await count(house) == before + 1
    result = await bring(house, ROWS, "2018年12月31日")
    assert answer_to(result, ROWS, HER) == ("refused", ["former_id_unclear"]), "borne by the other now, named as hers"
    hers = await bring(house, ROWS, "2018年12月30日", stranger)
    assert answer_to(hers, ROWS, HER)[0] in ("changed", "unchanged"), "by number and name it is the other"


async def test_a_file_that_names_her_by_both_ids_is_not_guessed_at(corrected: tuple[House, UUID]) -> None:
    house, woman = corrected
    twice = [*ROWS, dict(HER, 证件号码=NEW)]
    result = await bring(house, twice)
    assert answer_to(result, twice, HER) == ("refused", ["former_id_unclear"])
    assert result["rows"][-1]["outcome"] == "changed"
    assert await shown_id(house, woman) == NEW


async def test_lists_of_exits_incomes_and_needs_and_rosters_find_her_by_her_old_id(
    corrected: tuple[House, UUID],
) -> None:
    house, woman = corrected
    income = sheets.earned(None, **{"证件号码": OLD, "家庭人口": 2})
    for what, header, row in (("incomes", sheets.INCOME, income), ("needs", sheets.NEEDS, sheets.needed(HER))):
        done = await sheets.bring(house, what, sheets.sheet(header, row))
        assert [each["outcome"] for each in done["rows"]] == ["accepted"], what
        assert "former_id" in [each["rule"] for each in done["rows"][0]["findings"]], what
    told = await exits.bring(house, exits.by_person([HER]))
    assert "former_id" in exits.rules(told)
    assert exits.outcomes(told) == ["accepted" if HER["脱贫属性"] != "脱贫" else "unchanged"]
    wrong = await exits.bring(house, exits.by_person([dict(HER, 姓名="某陌生")]))
    assert (exits.outcomes(wrong), exits.rules(wrong)[-1]) == (["refused"], "former_id_unclear")
    async with house.client(role="service") as client:
        rows = [
            {"ref": "1", "name": HER["姓名"], "resident_id": OLD},
            {"ref": "2", "name": "某陌生", "resident_id": OLD},
            {"ref": "3", "name": OTHER["姓名"], "resident_id": OTHER["证件号码"]},
        ]
        found = (await client.post("/v1/resolve", json={"unit": COUNTY, "rows": rows})).json()["rows"]
    assert [each["match"] for each in found] == ["exact_after_normalising", "id_exact_name_differs", "exact"]
    assert (found[0]["woman_id"], found[1]["woman_id"], found[1]["candidate"]) == (str(woman), None, str(woman))
    [told_id] = [each for each in found[0]["findings"] if each["rule"] == "former_id"]
    assert told_id["right_answer"] == NEW
