"""The balance of women and the list by need: as many women behind a number as it says, and why each stands where."""

import re

import pytest

from tests.integration.console.conftest import COUNTY, XIJIANG, YONGLE, SignIn
from tests.integration.console.reading import NUMBER, WOMAN, assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_balance_of_the_first_year_opens_to_its_women_and_events(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    report = await browser.get(f"/match/{COUNTY}")
    assert f'href="/match/{COUNTY}/balance"' in report.text
    page = await browser.get(f"/match/{COUNTY}/balance", params={"period": "2016"})
    assert_well_formed(page)
    numbers = dict(NUMBER.findall(page.text))
    link = next(each for each in numbers if f"{XIJIANG}/balance/movements" in each and "identified" in each)
    assert numbers[link] == "132"
    listed = await browser.get(link.replace("&amp;", "&"))
    assert_well_formed(listed)
    assert '<b class="count">132</b>' in listed.text
    assert len(set(WOMAN.findall(listed.text))) == 100
    event = re.search(r'href="(/events/[0-9a-f-]{36})"', listed.text)
    assert event
    assert (await browser.get(event[1])).status_code == 200
    csv = await browser.get(f"/match/{COUNTY}/balance/csv", params={"period": "2016"})
    assert csv.text.splitlines()[-1].startswith(f"{COUNTY},雷山县,0,941,")


async def test_this_year_is_shown_without_a_period_and_a_wrong_one_is_said(sign_in: SignIn) -> None:
    browser = await sign_in("reader", COUNTY)
    page = await browser.get(f"/match/{COUNTY}/balance")
    assert "期初 941 人，期末 941 人。" in page.text
    wrong = await browser.get(f"/match/{COUNTY}/balance", params={"period": "2016-13"})
    assert wrong.status_code == 422
    assert "2017-Q2" in wrong.text


async def test_the_women_of_a_township_stand_poorest_first_with_their_reasons(sign_in: SignIn) -> None:
    browser = await sign_in("cadre", YONGLE)
    page = await browser.get(f"/match/{YONGLE}/first")
    assert_well_formed(page)
    states = re.findall(r'<span class="state (\w+)">', page.text)
    order = ["returned", "not_exited", "pre_exit", "exited"]
    ranks = [min(order.index(state), 2) if state == "pre_exit" else order.index(state) for state in states]
    assert [1 if rank == 2 else rank for rank in ranks] == sorted(1 if rank == 2 else rank for rank in ranks)
    assert "人均纯收入" in page.text
    woman = WOMAN.findall(page.text)[0]
    shown = await browser.get(f"/women/{woman}")
    assert "优先顺序的理由" in shown.text
    english = await browser.get(f"/match/{YONGLE}/first", params={"lang": "en"})
    assert "income per head" in english.text
    assert (await browser.get(f"/match/{XIJIANG}/first")).status_code == 404
    assert (await browser.get(f"/match/{XIJIANG}/balance")).status_code == 404


async def test_ages_on_another_day_are_counted_and_open_to_as_many(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    page = await browser.get(f"/match/{COUNTY}", params={"on": "2017-06-01"})
    numbers = {link.replace("&amp;", "&"): value for link, value in NUMBER.findall(page.text)}
    link = next(each for each in numbers if COUNTY in each and "column=girls" in each)
    assert numbers[link] != "90"
    listed = await browser.get(link)
    assert f'<b class="count">{numbers[link]}</b>' in listed.text
    assert len(set(WOMAN.findall(listed.text))) == int(numbers[link])
