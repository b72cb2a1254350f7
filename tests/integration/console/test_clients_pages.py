"""The security administrator makes a partner's client on a page, hands over its secret, changes and closes it."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.integration.console.conftest import COUNTY, SignIn, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADMIN = "security-admin"
NEW = {"name": "雷山农商行", "division": COUNTY, "scopes": ["registry:read"]}
AGREED = {
    "partner": "雷山农商行",
    "division": COUNTY,
    "scopes": ["feeds:read", "registry:read"],
    "fields": ["place"],
    "measures": "all",
    "valid_from": "2016-03-01",
    "reason": "按2016年3月签订的合作协议",
}
SHOWN = re.compile(r'<dt>client_(?:id|secret)</dt><dd class="id">([^<]+)</dd>')


@pytest_asyncio.fixture(loop_scope="module")
async def browser(sign_in: SignIn) -> AsyncIterator[httpx.AsyncClient]:
    yield await sign_in(ADMIN, COUNTY)


async def sent(browser: httpx.AsyncClient, page: httpx.Response, path: str, **form: object) -> httpx.Response:
    return await browser.post(path, data=form | {"csrf_token": token_of(page)})


async def granted(browser: httpx.AsyncClient, client_id: str, secret: str) -> int:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return (await browser.post("/access/v1/token", data=form)).status_code


async def agreed(browser: httpx.AsyncClient, name: str) -> str:
    """The id of an agreement made on its page."""
    made = await sent(browser, await browser.get("/agreements"), "/agreements", name=name, **AGREED)
    assert made.status_code == 303, made.text
    return made.headers["location"].rpartition("/")[2]


async def test_an_agreement_is_made_changed_and_closed_on_its_pages(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/agreements")
    assert_well_formed(page)
    path = f"/agreements/{await agreed(browser, '2016-05')}"
    shown = await browser.get(path)
    assert_well_formed(shown)
    assert re.findall(r'name="event_types" value="[^"]*" checked', shown.text) == [], "nothing ticked is nothing"
    assert re.findall(r'name="measures" value="([^"]*)" checked', shown.text) == ["all"]
    change = AGREED | {"fields": ["place", "poverty"], "event_types": "all", "measures": "training", "purpose": "aid"}
    changed = await sent(browser, shown, path, version=1, **(change | {"reason": "补充协议第一条"}))
    assert changed.status_code == 303, changed.text
    again = await browser.get(path)
    assert_well_formed(again)
    assert [text in again.text for text in ("补充协议第一条", AGREED["reason"], "贫困状况", "救助")] == [True] * 4
    assert re.findall(r'name="measures" value="([^"]*)" checked', again.text) == ["training"]
    stale = await sent(browser, again, path, version=1, **change)
    assert stale.status_code == 412
    assert_well_formed(stale)
    refused = await sent(browser, stale, path, version=2, **(change | {"valid_to": "2016-01-01"}))
    assert (refused.status_code, 'value="2016-01-01"' in refused.text) == (422, True)
    closed = await sent(browser, again, f"{path}/closure", version=2, reason="合同已经结束")
    assert closed.status_code == 303
    last = await browser.get(path)
    assert ("已终止" in last.text, "保存新的一版" in last.text) == (True, False)
    english = await browser.get(f"{path}?lang=en")
    assert "Closed" in english.text
    await browser.get("/agreements?lang=zh")


async def test_a_client_is_made_changed_and_closed_on_its_pages(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/clients")
    assert_well_formed(page)
    agreement = await agreed(browser, "2016-03")
    page = await browser.get("/clients")
    assert_well_formed(page)
    assert f'<option value="{agreement}"' in page.text
    made = await sent(browser, page, "/clients", **NEW, agreement_id=agreement, until="2099-12-31")
    assert made.status_code == 200, made.text
    assert_well_formed(made)
    client_id, secret, *_ = SHOWN.findall(made.text)
    assert await granted(browser, client_id, secret) == 200
    shown = await browser.get(f"/clients/{client_id}")
    assert_well_formed(shown)
    assert secret not in shown.text
    second = await sent(browser, shown, f"/clients/{client_id}/secrets", version=1, keep_hours=24)
    new = SHOWN.findall(second.text)[1]
    assert [await granted(browser, client_id, each) for each in (secret, new)] == [200, 200]
    third = await sent(browser, second, f"/clients/{client_id}/secrets", version=2)
    assert (third.status_code, "两个" in third.text) == (409, True)
    stale = await sent(browser, third, f"/clients/{client_id}", version=1, disabled="true")
    assert stale.status_code == 412
    ends = re.findall(r'action="(/clients/[^"]+/end)"', stale.text)
    assert len(ends) == 2
    assert (await sent(browser, stale, ends[0], version=1)).status_code == 412
    assert (await sent(browser, stale, ends[0], version=2)).status_code == 303
    assert [await granted(browser, client_id, each) for each in (secret, new)] == [401, 200]
    assert (await sent(browser, stale, f"/clients/{client_id}", version=3, disabled="true")).status_code == 303
    assert await granted(browser, client_id, new) == 401
    assert "已停用" in (await browser.get("/clients")).text
    closed = await browser.get(f"/clients/{client_id}")
    assert (await sent(browser, closed, f"/clients/{client_id}", version=4, disabled="false")).status_code == 303
    assert await granted(browser, client_id, new) == 200


async def test_a_refused_client_keeps_what_was_filled_in(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/clients")
    agreement = await agreed(browser, "2016-04")
    answer = await sent(browser, page, "/clients", **(NEW | {"division": "522635000000", "agreement_id": agreement}))
    assert answer.status_code == 422
    assert_well_formed(answer)
    assert NEW["name"] in answer.text
    assert f'<option value="{agreement}" selected' in answer.text


async def test_a_cadre_has_no_such_page_and_a_foreign_form_changes_nothing(
    browser: httpx.AsyncClient, sign_in: SignIn
) -> None:
    cadre = await sign_in("cadre", COUNTY)
    for path in ("/clients", "/agreements"):
        assert (await cadre.get(path)).status_code == 403
        assert f'href="{path}"' not in (await cadre.get("/account")).text
    assert (await browser.post("/clients", data=NEW | {"csrf_token": "x"})).status_code == 403
    assert (await browser.post("/agreements", data=AGREED | {"name": "x", "csrf_token": "x"})).status_code == 403
