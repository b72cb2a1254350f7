"""Exits by household on the pages: proposed from a household, step by step, the notice to print, the office's word."""

import re
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from jinguo.house import House
from libs.events.meta import Meta
from services.registry.domain.exits.rules import CRITERIA
from services.registry.domain.incomes.assessing import AssessIncome, income_assessments
from services.registry.domain.incomes.formula import Income
from services.registry.domain.keys import incomes_id
from services.registry.handlers.exits import Exits
from services.registry.handlers.keeping import keepers_of
from services.registry.settings import KeptExits
from tests.integration.console.conftest import COUNTY, XIJIANG, SignIn, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEPT = KeptExits(unit=COUNTY, first=date(2016, 1, 1), source="县扶贫办〔2016〕12号")
FORM = {"year": "2016", "amount": "3200.50", **dict.fromkeys(CRITERIA, "met")}


@pytest_asyncio.fixture(loop_scope="module")
async def keeping(house: House) -> AsyncIterator[House]:
    """The house, whose county keeps the process."""
    state = house._apps["registry"].state
    was = state.exits
    state.exits = Exits(house.runtimes["registry"], keepers_of((KEPT,)))
    yield house
    state.exits = was


async def household(house: House, nth: int) -> str:
    sql = "SELECT household_id FROM households WHERE status = 'not_exited' AND women > 0 ORDER BY 1 OFFSET $1 LIMIT 1"
    return str(await house.runtimes["registry"].pool.fetchval(sql, nth))


async def settled(house: House) -> None:
    runtime = house.runtimes["registry"]
    xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await runtime.wait_projected(xid, "exits", 20)


async def proposed(house: House, browser: httpx.AsyncClient, nth: int) -> httpx.Response:
    """Its page, after the form was sent."""
    address = f"/exits/new?household_id={await household(house, nth)}"
    form = await browser.get(address)
    assert_well_formed(form)
    today = re.search(r'name="on" type="date" required value="([^"]+)"', form.text)
    assert today
    low = await browser.post(address, data=FORM | {"amount": "1000", "on": today[1], "csrf_token": token_of(form)})
    assert (low.status_code, "低于2016年标准" in low.text, 'value="1000"' in low.text) == (422, True, True)
    sent = await browser.post(address, data=FORM | {"on": today[1], "csrf_token": token_of(form)})
    assert sent.status_code == 303, sent.text
    await settled(house)
    return await browser.get(sent.headers["location"])


async def step(
    house: House, browser: httpx.AsyncClient, shown: httpx.Response, way: str, **said: str
) -> httpx.Response:
    """The page after one of its forms was sent."""
    version = re.search(r'name="version" value="(\d+)"', shown.text)
    assert version
    form = {"csrf_token": token_of(shown), "version": version[1], **said}
    answer = await browser.post(f"{shown.request.url.path}/{way}", data=form)
    await settled(house)
    return await browser.get(shown.request.url.path) if answer.status_code == 303 else answer


async def test_a_household_is_proposed_and_led_to_its_notice_by_the_buttons_that_are_open(
    sign_in: SignIn, keeping: House
) -> None:
    browser = await sign_in("cadre", XIJIANG)
    nth = int(await keeping.runtimes["registry"].pool.fetchval(
        "SELECT count(*) FROM households WHERE status = 'not_exited' AND women > 0 AND household_id < ("
        " SELECT household_id FROM households WHERE division BETWEEN $1 AND $2 AND status = 'not_exited' AND women > 0"
        " ORDER BY household_id LIMIT 1)", XIJIANG, XIJIANG[:9] + "999"
    ))  # fmt: skip
    shown = await proposed(keeping, browser, nth)
    assert_well_formed(shown)
    today = re.search(r'value="(\d{4}-\d\d-\d\d)" max=', shown.text)
    assert today
    for way, button, said in (
        ("check", "登记村级核实", {"on": today[1]}),
        ("agree", "登记农户意见", {"on": today[1], "agreed": "yes"}),
        ("notice", "开始公示", {"first": today[1]}),
    ):
        assert f">{button}</button>" in shown.text
        shown = await step(keeping, browser, shown, way, **said)
        assert_well_formed(shown)
        assert f">{button}</button>" not in shown.text
    assert "公示中" in shown.text
    late = await step(keeping, browser, shown, "township_check", on=today[1])
    assert (late.status_code, "notice_ended" in late.text or "不能" in late.text) == (409, True)
    notice = await browser.get(f"{shown.request.url.path}/notice")
    assert_well_formed(notice)
    assert "西江镇" in notice.text
    for secret in ("3200", "****", "户编号"):
        assert secret not in notice.text
    listed = await browser.get("/exits")
    assert_well_formed(listed)
    assert shown.request.url.path in listed.text


async def test_the_form_is_filled_in_with_the_assessed_income_and_says_from_when(
    sign_in: SignIn, keeping: House
) -> None:
    runtime, home = keeping.runtimes["registry"], await household(keeping, 5)
    division = await runtime.pool.fetchval("SELECT division FROM households WHERE household_id = $1::uuid", home)
    earned = Income(operating_fen=700_100, property_fen=0, wages_fen=0, operating_cost_fen=0, transfers_fen=0)
    told = AssessIncome(UUID(home), division, 2016, date(2017, 1, 10), earned, 2, "form", date(2017, 1, 10))
    meta = Meta(actor="t", role="federation", unit=COUNTY, correlation_id=UUID(int=9))
    receipt = await runtime.commands.handle(income_assessments, incomes_id(UUID(home)), told, meta)
    assert await runtime.wait_projected(receipt.xid, "incomes", 20)
    browser = await sign_in("federation", COUNTY)
    form = await browser.get(f"/exits/new?household_id={home}")
    assert_well_formed(form)
    assert 'value="3500.50"' in form.text
    assert "按 2016 年核算（2017-01-10）预填：3,500.50 元" in form.text
    assert 'name="year" type="number" required min="2011" max="2100" value="2016"' in form.text


async def test_who_may_not_take_a_step_has_no_button_and_is_refused(sign_in: SignIn, keeping: House) -> None:
    county, reader = await sign_in("federation", COUNTY), await sign_in("reader", COUNTY)
    shown = await proposed(keeping, county, 3)
    seen = await reader.get(shown.request.url.path)
    assert seen.status_code == 200
    assert "<button" not in seen.text.split("<main")[1]
    token = token_of(await reader.get("/account"))
    said = {"csrf_token": token, "version": "1", "on": "2016-12-31", "reason": "不符"}
    answer = await reader.post(f"{shown.request.url.path}/withdraw", data=said)
    assert answer.status_code == 403


async def test_a_difference_with_the_office_is_listed_and_settled_with_a_reason(
    sign_in: SignIn, keeping: House
) -> None:
    browser = await sign_in("federation", COUNTY)
    shown = await proposed(keeping, browser, 6)
    pool = keeping.runtimes["registry"].pool
    rows = await pool.fetch("SELECT woman_id FROM women WHERE household_id = $1", await household(keeping, 6))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(keeping.app), base_url="http://jinguo") as office:
        office.headers["Authorization"] = f"Bearer {keeping.command_line_token()}"
        for nth, row in enumerate(rows):
            path = f"/registry/v1/women/{row['woman_id']}/exit"
            answer = await office.post(path, json={"valid": "2017-01"}, headers={"Idempotency-Key": f"office-{nth}"})
            assert answer.status_code == 200, answer.text
    runtime = keeping.runtimes["registry"]
    xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await runtime._log.wait("process.registry.exits", xid, 20)
    await settled(keeping)
    listed = await browser.get("/exits/differences")
    assert_well_formed(listed)
    assert shown.request.url.path in listed.text
    form = re.search(
        rf'action="({shown.request.url.path}/settle)".*?name="version" value="(\d+)"', listed.text, re.DOTALL
    )
    assert form
    data = {"csrf_token": token_of(listed), "version": form[2], "on": "2026-01-01", "reason": "已与扶贫办核对"}
    today = re.search(r'name="on" value="([^"]+)"', listed.text)
    assert today
    assert (await browser.post(form[1], data=data | {"on": today[1]})).status_code == 303
    await settled(keeping)
    assert shown.request.url.path not in (await browser.get("/exits/differences")).text
