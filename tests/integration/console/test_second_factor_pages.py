"""An administrator's first sign-in leads to the QR code and nowhere else; then digits open the console."""

import re

import asyncpg
import httpx
import pytest

from jinguo.house import House
from tests.integration.console.conftest import COUNTY, KEY, PASSWORD, SignIn, _client, digits_of, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def sent(browser: httpx.AsyncClient, page: httpx.Response, path: str, **form: object) -> httpx.Response:
    return await browser.post(path, data=form | {"csrf_token": token_of(page)})


async def made(house: House, role: str) -> tuple[str, str]:
    """A fresh account of this role with a password of its own."""
    username = f"second{role}".replace("-", "")
    async with _client(house) as client:
        client.headers["Authorization"] = f"Bearer {house.command_line_token()}"
        body = {"username": username, "name": "周安", "role": "reader", "division": COUNTY}
        answer = (await client.post("/access/v1/accounts", json=body)).raise_for_status().json()
        new = {"username": username, "password": answer["one_time_password"], "new_password": PASSWORD}
        (await client.post("/access/v1/password", json=new)).raise_for_status()
    return username, answer["account"]["id"]


async def entered(browser: httpx.AsyncClient, username: str, code: str = "") -> httpx.Response:
    page = await browser.get("/sign-in")
    return await sent(browser, page, "/sign-in", username=username, password=PASSWORD, code=code)


async def test_who_must_have_two_factors_enrols_before_anything_else(house: House) -> None:
    username, account_id = await made(house, "auditor")
    access = await asyncpg.connect(house._dsn("access"))
    await access.execute("UPDATE accounts SET role = 'auditor' WHERE id = $1::uuid", account_id)
    await access.close()
    async with _client(house) as browser:
        assert (await entered(browser, username)).status_code == 303
        for path in ("/", "/account", "/clients"):
            assert (await browser.get(path)).headers["location"] == "/second-factor", path
        page = await browser.get("/second-factor")
        assert_well_formed(page)
        assert "<svg" in page.text
        wrong = await sent(browser, page, "/second-factor", code="000000")
        assert (wrong.status_code, KEY.search(wrong.text)[1]) == (422, KEY.search(page.text)[1])  # type: ignore[index]
        assert_well_formed(wrong)
        shown = await sent(browser, page, "/second-factor", code=digits_of(page))
        assert_well_formed(shown)
        codes = re.findall(r'<li class="id">([a-z2-7]{5}-[a-z2-7]{5})</li>', shown.text)
        assert len(codes) == 10
        assert (await browser.get("/account")).status_code == 200
        assert not KEY.search((await browser.get("/second-factor")).text)
    async with _client(house) as browser:
        assert (await entered(browser, username)).status_code == 401
        assert (await entered(browser, username, digits_of(page))).status_code == 401, "used up by the enrolment"
        assert (await entered(browser, username, digits_of(page, 30))).status_code == 303
        assert (await browser.get("/account")).status_code == 200
        state = await browser.get("/second-factor")
        assert_well_formed(state)
        assert (await sent(browser, state, "/second-factor/removal", code=codes[0])).status_code == 422
        renewed = await sent(browser, state, "/second-factor/codes", code=codes[1])
        assert codes[2] not in renewed.text
    async with _client(house) as browser:
        assert (await entered(browser, username, codes[2])).status_code == 401


async def test_a_reader_may_enrol_and_do_without_again(sign_in: SignIn) -> None:
    browser = await sign_in("reader", COUNTY)
    page = await browser.get("/second-factor")
    shown = await sent(browser, page, "/second-factor", code=digits_of(page))
    code = re.findall(r'<li class="id">([a-z2-7-]+)</li>', shown.text)[0]
    state = await browser.get("/second-factor")
    assert (await sent(browser, state, "/second-factor/removal", code="000000")).status_code == 401
    assert (await sent(browser, state, "/second-factor/removal", code=code)).status_code == 303
    assert KEY.search((await browser.get("/second-factor")).text)
