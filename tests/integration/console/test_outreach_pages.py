"""Publicity activities on the pages: planned, held, reported, refused with the service's words, cancelled."""

import pytest

from jinguo.house import House
from tests.integration.console.conftest import XIJIANG, SignIn, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLAN = {
    "topic": "screening",
    "title": "两癌防治讲座",
    "form": "院坝会",
    "first_day": "2017-07-03",
    "last_day": "2017-07-03",
}
COUNTS = {
    "sessions": "1", "attendances": "93", "women_attendances": "82", "registered_attendances": "38", "materials": "194",
}  # fmt: skip


async def settled(house: House) -> None:
    runtime = house.runtimes["outreach"]
    xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await runtime.wait_projected(xid, "activities", 20)


async def test_an_activity_goes_its_way_by_the_pages(sign_in: SignIn, house: House) -> None:
    browser = await sign_in("cadre", XIJIANG)
    shown = await browser.get("/activities")
    assert_well_formed(shown)
    form = PLAN | {"csrf_token": token_of(shown)}
    wrong = await browser.post("/activities", data=form | {"last_day": "2017-07-02"})
    assert (wrong.status_code, 'value="两癌防治讲座"' in wrong.text) == (422, True)
    made = await browser.post("/activities", data=form)
    assert made.status_code == 303
    address = made.headers["location"]
    await settled(house)
    page = await browser.get(address)
    assert_well_formed(page)
    version = {"csrf_token": token_of(page), "version": "1"}
    days = {"first_day": "2017-07-03", "last_day": "2017-07-03"}
    assert (await browser.post(f"{address}/holding", data=days | version)).status_code == 303
    await settled(house)
    refused = await browser.post(
        f"{address}/report", data=COUNTS | version | {"version": "2", "women_attendances": "94"}
    )
    assert refused.status_code == 422
    assert_well_formed(refused)
    assert (await browser.post(f"{address}/report", data=COUNTS | version | {"version": "2"})).status_code == 303
    await settled(house)
    listed = await browser.get("/activities?topic=screening")
    assert_well_formed(listed)
    assert '<td class="n">82</td>' in listed.text
    assert "Reported" in (await browser.get("/activities?lang=en")).text
    body = version | {"version": "3", "reason": "mistake"}
    assert (await browser.post(f"{address}/cancellation", data=body)).status_code == 303
    await settled(house)
    assert "已撤销" in (await browser.get(f"{address}?lang=zh")).text
