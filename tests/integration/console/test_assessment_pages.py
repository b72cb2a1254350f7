"""Needs and incomes on the pages: from a woman to her needs and her household's income, forms, who is left to ask."""

import re

import pytest

from jinguo.house import House
from tests.integration.console.conftest import COUNTY, XIJIANG, SignIn, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
INCOME = {
    "year": "2016", "on": "2017-01-10", "persons": "3", "operating_fen": "5000", "property_fen": "0",
    "wages_fen": "6000.50", "operating_cost_fen": "2000", "transfers_fen": "300",
}  # fmt: skip
NEEDS: dict[str, str | list[str]] = {
    "on": "2017-03-01", "main_cause": "缺水", "other_causes": ["因学", ""], "labour": "ordinary",
    "skills_wanted": ["handicraft"], "willing_to_borrow": "yes", "borrow": "30000", "children_under_3": "1",
    "children_3_to_5": "0", "minded_by": "grandparents", "health": ["残疾"], "note": "丈夫在外务工",
}  # fmt: skip


async def a_woman(house: House, unit: str = XIJIANG) -> str:
    sql = "SELECT woman_id FROM women WHERE division BETWEEN $1 AND $2 ORDER BY 1 LIMIT 1"
    return str(await house.runtimes["registry"].pool.fetchval(sql, unit, unit[:9] + "999"))


async def settled(house: House) -> None:
    runtime = house.runtimes["registry"]
    xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    for name in ("incomes", "needs"):
        assert await runtime.wait_projected(xid, name, 20)


async def test_a_households_income_is_worked_out_on_its_page_and_its_inputs_open(sign_in: SignIn, house: House) -> None:
    browser = await sign_in("cadre", XIJIANG)
    woman = await browser.get(f"/women/{await a_woman(house)}")
    link = re.search(r'href="(/households/[0-9a-f-]{36})"', woman.text)
    assert link
    shown = await browser.get(link[1])
    assert_well_formed(shown)
    sent = INCOME | {"csrf_token": token_of(shown)}
    wrong = await browser.post(f"{link[1]}/incomes", data=sent | {"wages_fen": "六千"})
    assert (wrong.status_code, 'value="六千"' in wrong.text) == (422, True)
    assert_well_formed(wrong)
    assert (await browser.post(f"{link[1]}/incomes", data=sent)).status_code == 303
    await settled(house)
    shown = await browser.get(link[1])
    assert_well_formed(shown)
    assert "<b>3,100.17</b>" in shown.text, "(5000 + 6000.50 + 0 + 300 - 2000) / 3"
    assert "6,000.50" in shown.text
    assert "2,952.00" in shown.text
    assert "不低于标准" in shown.text
    english = await browser.get(f"{link[1]}?lang=en")
    assert "not below the line" in english.text


async def test_a_womans_needs_are_kept_and_her_health_shown_for_a_reason_only(sign_in: SignIn, house: House) -> None:
    browser, woman = await sign_in("federation", COUNTY), await a_woman(house)
    address = f"/women/{woman}/needs"
    shown = await browser.get(address)
    assert_well_formed(shown)
    sent = NEEDS | {"csrf_token": token_of(shown)}
    wrong = await browser.post(address, data=sent | {"minded_by": ""})
    assert (wrong.status_code, "由谁照看" in wrong.text) == (422, True)
    assert_well_formed(wrong)
    assert (await browser.post(address, data=sent)).status_code == 303
    await settled(house)
    shown = await browser.get(address)
    assert ("30,000.00" in shown.text, "丈夫在外务工" in shown.text, "与最近一次评估不同" in shown.text) == (
        True,
        False,
        True,
    )
    opened = await browser.post(f"{address}/clear", data={"reason": "visit", "csrf_token": token_of(shown)})
    assert_well_formed(opened)
    assert ("丈夫在外务工" in opened.text, "<dd>残疾</dd>" in opened.text) == (True, True)
    cadre = await sign_in("cadre", XIJIANG)
    page = await cadre.get(address)
    seen = await cadre.post(f"{address}/clear", data={"reason": "visit", "csrf_token": token_of(page)})
    assert ("丈夫在外务工" in seen.text, "<dd>残疾</dd>" in seen.text) == (True, False)


async def test_whom_nobody_has_asked_this_year_is_listed_with_a_way_to_ask(sign_in: SignIn, house: House) -> None:
    browser = await sign_in("cadre", XIJIANG)
    missing = await browser.get("/missing")
    assert 'href="/unassessed"' in missing.text
    women = await browser.get("/unassessed")
    assert_well_formed(women)
    assert re.search(r'href="/women/[0-9a-f-]{36}/needs"', women.text)
    homes = await browser.get("/unassessed?what=incomes&year=2016")
    assert_well_formed(homes)
    assert re.search(r'href="/households/[0-9a-f-]{36}"', homes.text)
    assert (await browser.get("/unassessed?what=nothing")).status_code == 404


async def test_who_may_only_read_sees_no_form_and_another_unit_sees_nothing(sign_in: SignIn, house: House) -> None:
    woman = await a_woman(house)
    reader = await sign_in("reader", COUNTY)
    shown = await reader.get(f"/women/{woman}/needs")
    assert (shown.status_code, "登记一次评估" in shown.text) == (200, False)
    other = await sign_in("cadre", "522634102000")
    assert (await other.get(f"/women/{woman}/needs")).status_code == 404
