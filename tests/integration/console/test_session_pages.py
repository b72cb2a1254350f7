"""One's own page shows where one is signed in; a session one does not know is ended there, with the password."""

import re
from html import unescape

import httpx
import pytest

from jinguo.house import House
from tests.integration.console.conftest import COUNTY, PASSWORD, SignIn, _client, token_of
from tests.integration.console.reading import assert_well_formed, texts_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
PHONE = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
CHOICE = re.compile(r'type="radio" name="session" value="([^"]+)"')
OTHERS = "others"


async def username_of(house: House, browser: httpx.AsyncClient) -> str:
    """Her user name, which the accounts tell."""
    path = (await browser.get("/account")).text
    division = re.search(r'<span class="id">(\d{12})</span>', path)
    assert division
    async with _client(house) as client:
        client.headers["Authorization"] = f"Bearer {house.command_line_token()}"
        items = (await client.get("/access/v1/accounts", params={"limit": 500})).json()["items"]
    newest = max((each for each in items if each["division"] == division[1]), key=lambda each: str(each["id"]))
    return str(newest["username"])


async def enter(browser: httpx.AsyncClient, username: str) -> httpx.AsyncClient:
    """The same account signed in once more, in this browser."""
    form = {"username": username, "password": PASSWORD, "csrf_token": token_of(await browser.get("/sign-in"))}
    assert (await browser.post("/sign-in", data=form)).status_code == 303
    return browser


async def ended(browser: httpx.AsyncClient, session: str, password: str = PASSWORD) -> httpx.Response:
    form = {"csrf_token": token_of(await browser.get("/account")), "session": session, "password": password}
    return await browser.post("/account/sessions", data=form)


async def signed_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/account")).status_code == 200


async def test_other_sessions_are_seen_and_ended_one_or_all(house: House, sign_in: SignIn) -> None:
    mine = await sign_in("cadre", COUNTY)
    alone = await mine.get("/account")
    assert_well_formed(alone)
    assert (CHOICE.findall(alone.text), "没有其他会话。" in texts_of(alone)) == ([], True)
    username = await username_of(house, mine)
    async with _client(house) as phone, _client(house) as third:
        phone.headers["User-Agent"] = PHONE
        await enter(phone, username)
        page = await mine.get("/account")
        assert_well_formed(page)
        assert {"Chrome 126, Android", "当前会话", "127.0.0.1"} <= texts_of(page)
        (chosen, others) = CHOICE.findall(page.text)
        await enter(third, username)
        answer = await ended(mine, chosen)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?ended=1")
        assert "已结束 1 个会话。" in texts_of(await mine.get("/account?ended=1"))
        assert [await signed_in(each) for each in (mine, phone, third)] == [True, False, True]
        await enter(phone, username)
        assert others == OTHERS
        assert (await ended(mine, OTHERS)).headers["location"] == "/account?ended=2"
        assert [await signed_in(each) for each in (mine, phone, third)] == [True, False, False]
        again = await ended(mine, chosen)
        assert again.headers["location"] == "/account?ended=0"


async def test_without_the_password_nothing_ends_and_the_page_says_why(house: House, sign_in: SignIn) -> None:
    mine = await sign_in("cadre", COUNTY)
    async with _client(house) as phone:
        await enter(phone, await username_of(house, mine))
        for password in ("", "wrong"):
            refused = await ended(mine, OTHERS, password)
            assert refused.status_code == 401
            assert_well_formed(refused)
            assert 'role="alert"' in refused.text
        nothing = await ended(mine, "")
        assert (nothing.status_code, "请选择要结束哪个会话。" in texts_of(nothing)) == (422, True)
        form = {"session": OTHERS, "password": PASSWORD}
        assert (await mine.post("/account/sessions", data=form)).status_code == 403, "without the form's token"
        assert [await signed_in(each) for each in (mine, phone)] == [True, True]


async def test_the_session_of_another_is_not_ended_by_its_id(house: House, sign_in: SignIn) -> None:
    mine, hers = await sign_in("cadre", COUNTY), await sign_in("cadre", COUNTY)
    async with _client(house) as phone:
        await enter(phone, await username_of(house, hers))
        (chosen, _) = CHOICE.findall((await hers.get("/account")).text)
        assert (await ended(mine, chosen)).headers["location"] == "/account?ended=0"
        assert [await signed_in(each) for each in (mine, hers, phone)] == [True, True, True]


async def test_no_session_betrays_its_cookie_and_english_is_english(sign_in: SignIn) -> None:
    mine = await sign_in("cadre", COUNTY)
    page = await mine.get("/account?lang=en")
    assert_well_formed(page)
    assert {"Where you are signed in", "This session", "There is no other session."} <= texts_of(page)
    cookie = mine.cookies["jinguo_session"]
    assert cookie not in unescape(page.text)
