"""Certificates on the pages: due, written down, printed in clear for a reason; a sign-in sheet to print."""

import re
from urllib.parse import urlsplit

import pytest

from jinguo.house import House
from tests.integration.console.conftest import COUNTY, SignIn, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAPER = {"kind": "vocational", "issuer": "雷山县人社局", "issued_on": "2018-01-05", "certificate_number": "ZY-7788"}
MASKED = re.compile(r'<th scope="row">[\u4e00-\u9fff]\*</th>')


async def projected(house: House) -> None:
    runtime = house.runtimes["training"]
    xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    for name in ("certificates", "enrolments"):
        assert await runtime.wait_projected(xid, name, 20)


async def test_a_certificate_is_written_down_and_printed_for_a_reason(sign_in: SignIn, house: House) -> None:
    runtime = house.runtimes["training"]
    await projected(house)
    await runtime.pool.execute("UPDATE passed_enrolments SET numbered = false")
    browser = await sign_in("federation", COUNTY)
    due = await browser.get("/certificates")
    assert_well_formed(due)
    link = re.search(r'href="(/courses/[0-9a-f-]{36}/certificates\?enrolment_id=[0-9a-f-]{36})"', due.text)
    assert link
    form = await browser.get(link[1])
    assert_well_formed(form)
    address = urlsplit(link[1]).path
    sent = PAPER | {"enrolment_id": link[1].partition("=")[2], "csrf_token": token_of(form)}
    wrong = await browser.post(address, data=sent | {"issued_on": "2016-01-01"})
    assert (wrong.status_code, "发证日期2016-01-01不正确" in wrong.text) == (422, True)
    assert_well_formed(wrong)
    assert (await browser.post(address, data=sent)).status_code == 303
    await projected(house)
    shown = await browser.get(address)
    assert_well_formed(shown)
    assert ("ZY-7788" in shown.text, "****788" in shown.text) == (False, True)
    without = await browser.post(f"{address}/print", data={"reason": "", "csrf_token": token_of(shown)})
    assert (without.status_code, "ZY-7788" in without.text) == (422, False)
    printed = await browser.post(f"{address}/print", data={"reason": "handover", "csrf_token": token_of(shown)})
    assert_well_formed(printed)
    assert ("ZY-7788" in printed.text, "特发此证" in printed.text) == (True, True)
    trail = "SELECT count(*) FROM audit_trail WHERE action = 'personal.read' AND reason = 'handover'"
    assert await runtime.pool.fetchval(trail) >= 1
    assert await house.runtimes["registry"].pool.fetchval(trail) >= 1


async def test_a_sign_in_sheet_is_printed_masked_and_in_clear_for_a_reason(sign_in: SignIn, house: House) -> None:
    await projected(house)
    course = await house.runtimes["training"].pool.fetchval("SELECT course_id FROM courses ORDER BY 1 LIMIT 1")
    browser, address = await sign_in("federation", COUNTY), f"/courses/{course}/sign-in-sheet"
    page = await browser.get(f"/courses/{course}")
    assert f'href="{address}"' in page.text
    sheet = await browser.get(address)
    assert_well_formed(sheet)
    assert MASKED.search(sheet.text)
    clear = await browser.post(address, data={"reason": "visit", "csrf_token": token_of(sheet)})
    assert_well_formed(clear)
    assert not MASKED.search(clear.text)
    refused = await browser.post(address, data={"reason": "other", "words": "", "csrf_token": token_of(sheet)})
    assert refused.status_code == 422
    assert MASKED.search(refused.text)
