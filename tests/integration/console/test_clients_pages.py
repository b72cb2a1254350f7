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
NEW = {"name": "雷山农商行", "division": COUNTY, "agreement": "2016-03 小额信贷", "scopes": ["registry:read"]}
SHOWN = re.compile(r'<dt>client_(?:id|secret)</dt><dd class="id">([^<]+)</dd>')


@pytest_asyncio.fixture(loop_scope="module")
async def browser(sign_in: SignIn) -> AsyncIterator[httpx.AsyncClient]:
    yield await sign_in(ADMIN, COUNTY)


async def sent(browser: httpx.AsyncClient, page: httpx.Response, path: str, **form: object) -> httpx.Response:
    return await browser.post(path, data=form | {"csrf_token": token_of(page)})


async def granted(browser: httpx.AsyncClient, client_id: str, secret: str) -> int:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return (await browser.post("/access/v1/token", data=form)).status_code


async def test_a_client_is_made_changed_and_closed_on_its_pages(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/clients")
    assert_well_formed(page)
    made = await sent(browser, page, "/clients", **NEW, until="2099-12-31")
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
    assert (await sent(browser, stale, ends[0])).status_code == 303
    assert [await granted(browser, client_id, each) for each in (secret, new)] == [401, 200]
    assert (await sent(browser, stale, f"/clients/{client_id}", version=3, disabled="true")).status_code == 303
    assert await granted(browser, client_id, new) == 401
    assert "已停用" in (await browser.get("/clients")).text


async def test_a_refused_client_keeps_what_was_filled_in(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/clients")
    answer = await sent(browser, page, "/clients", **(NEW | {"division": "522635000000"}))
    assert answer.status_code == 422
    assert_well_formed(answer)
    assert NEW["agreement"] in answer.text


async def test_a_cadre_has_no_such_page_and_a_foreign_form_changes_nothing(
    browser: httpx.AsyncClient, sign_in: SignIn
) -> None:
    cadre = await sign_in("cadre", COUNTY)
    assert (await cadre.get("/clients")).status_code == 403
    assert 'href="/clients"' not in (await cadre.get("/account")).text
    assert (await browser.post("/clients", data=NEW | {"csrf_token": "x"})).status_code == 403
