"""After a course on the pages: the worklist by village, the form of an answer, notes for a reason only."""

import re

import pytest

from jinguo.house import House
from tests.integration.console.conftest import COUNTY, SignIn, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANSWER = {
    "after_months": "3", "on": "2017-08-20", "result": "employed", "employer_kind": "workshop",
    "work_place": "in_county", "income": "1800.50", "note": "在丈夫的店里",
}  # fmt: skip


async def projected(house: House) -> None:
    runtime = house.runtimes["training"]
    xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await runtime.wait_projected(xid, "follow_ups", 20)


async def test_an_answer_is_written_down_from_the_worklist_and_its_note_shown_for_a_reason(
    sign_in: SignIn, house: House
) -> None:
    browser = await sign_in("federation", COUNTY)
    await projected(house)
    listed = await browser.get("/follow-ups")
    assert_well_formed(listed)
    link = re.search(r'href="(/follow-ups/[0-9a-f-]{36})\?months=3"', listed.text)
    assert link
    assert ("已过期" in listed.text, "满3个月" in listed.text) == (True, True)
    shown = await browser.get(link[1])
    assert_well_formed(shown)
    sent = ANSWER | {"csrf_token": token_of(shown), "version": "0"}
    wrong = await browser.post(link[1], data=sent | {"employer_kind": ""})
    assert (wrong.status_code, "用人单位类别没有填写" in wrong.text) == (422, True)
    assert_well_formed(wrong)
    assert (await browser.post(link[1], data=sent)).status_code == 303
    await projected(house)
    shown = await browser.get(link[1])
    assert_well_formed(shown)
    assert ("扶贫车间" in shown.text, "1,800.50" in shown.text, "在丈夫的店里" in shown.text) == (True, True, False)
    stale = await browser.post(link[1], data=sent | {"work_place": "elsewhere"})
    assert stale.status_code == 412
    opened = await browser.post(f"{link[1]}/clear", data={"reason": "visit", "csrf_token": token_of(shown)})
    assert_well_formed(opened)
    assert "在丈夫的店里" in opened.text
    english = await browser.get("/follow-ups?lang=en")
    assert "After the course" in english.text
