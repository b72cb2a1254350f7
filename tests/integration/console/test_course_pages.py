"""The page of a course: its sessions, the forms that change it, and what it says once it is cancelled."""

import re
from datetime import date

import httpx
import pytest

from jinguo.house import House
from libs.events.wake import Pulse, until
from tests.integration.console.conftest import XIJIANG, SignIn, _client, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEXT = date.today().year + 1  # noqa: DTZ011 - a course that is still to come
BODY = {
    "title": "竹编班", "trade": "竹编", "organiser": "县妇联",
    "first_day": f"{NEXT}-03-01", "last_day": f"{NEXT}-03-10",
    "place": "丹江镇", "days": 10, "capacity": 30,
}  # fmt: skip


async def opened(house: House, **more: str) -> str:
    """The address of the page of a new course."""
    async with _client(house) as client:
        client.headers["Authorization"] = f"Bearer {house.command_line_token()}"
        answer = await client.post("/training/v1/courses", json=BODY | more)
        waited = {"Read-Token": answer.raise_for_status().headers["Read-Token"], "Prefer": "wait=10"}
        course = f"/courses/{answer.json()['id']}"
        (await client.get(f"/training/v1{course}", headers=waited)).raise_for_status()
    return course


async def send(browser: httpx.AsyncClient, course: str, way: str, **form: str) -> httpx.Response:
    """A form of the page as it is now."""
    page = await browser.get(course)
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version, page.text
    data = {"csrf_token": token_of(page), "version": version[1], **form}
    return await browser.post(f"{course}/{way}", data=data)


async def shows(browser: httpx.AsyncClient, course: str, *words: str) -> str:
    """The page once it says all of this."""

    async def so() -> bool:
        text = (await browser.get(course)).text
        return all(word in text for word in words)

    assert await until(so, Pulse(), 20), (await browser.get(course)).text
    page = await browser.get(course)
    assert_well_formed(page)
    return page.text


async def test_a_course_is_planned_moved_made_larger_and_cancelled_on_its_page(house: House, sign_in: SignIn) -> None:
    browser = await sign_in("federation", "000000000000")
    course = await opened(house)
    form = {"day": f"{NEXT}-03-01", "until": f"{NEXT}-03-03", "start": "09:00", "hours": "8"}
    assert (await send(browser, course, "sessions", **form)).status_code == 303
    assert (await shows(browser, course, f'<th scope="row">{NEXT}-03-03</th>')).count("待举办") == 3
    later = {"day": f"{NEXT}-03-05", "reason": "weather", "place": "西江镇"}
    assert (await send(browser, course, "sessions/3/change", **later)).status_code == 303
    await shows(browser, course, f'<th scope="row">{NEXT}-03-05</th>', f"原定 {NEXT}-03-03", "天气或灾害")
    assert (await send(browser, course, "sessions/2/cancel", reason="trainer")).status_code == 303
    await shows(browser, course, "已取消 · 师资安排", "<dd>2</dd>")
    moved = {"first_day": f"{NEXT}-04-01", "place": "西江镇", "reason": "farming"}
    assert (await send(browser, course, "move", **moved)).status_code == 303
    await shows(browser, course, f"{NEXT}-04-01", f"{NEXT}-03-01 丹江镇 · 农忙")
    assert (await send(browser, course, "capacity", capacity="40")).status_code == 303
    await shows(browser, course, "<dd>40</dd>")
    assert (await send(browser, course, "cancel", reason="too_few")).status_code == 303
    text = await shows(browser, course, "已取消</b> · ", "报名人数不足")
    assert "更改培训班" not in text
    assert "The course" not in text
    shown = (await browser.get(course, params={"lang": "en"})).text
    assert "too few enrolled" in shown
    await browser.get(course, params={"lang": "zh"})


async def test_what_a_rule_refuses_is_said_above_the_page(house: House, sign_in: SignIn) -> None:
    browser = await sign_in("federation", "000000000000")
    course = await opened(house, place="望丰乡")
    refused = await send(browser, course, "sessions", day=f"{NEXT}-02-01")
    assert refused.status_code == 422
    assert "早于开班日期" in refused.text
    assert_well_formed(refused)
    backwards = await send(browser, course, "sessions", day=f"{NEXT}-03-05", until=f"{NEXT}-03-01")
    assert (backwards.status_code, "场次的日期应从早到晚" in backwards.text) == (422, True)
    page = await browser.get(course)
    stale = {"csrf_token": token_of(page), "version": "99", "capacity": "40"}
    assert (await browser.post(f"{course}/capacity", data=stale)).status_code == 412


async def test_who_may_not_change_a_course_sees_no_form(house: House, sign_in: SignIn) -> None:
    owner = await sign_in("federation", "000000000000")
    course = re.findall(r"/courses/[0-9a-f-]{36}", (await owner.get("/courses")).text)[-1]
    assert "更改培训班" in (await owner.get(course)).text
    township = await sign_in("cadre", XIJIANG)
    page = await township.get(course)
    assert (page.status_code, "更改培训班" in page.text) == (200, False)


async def test_the_list_shows_the_share_of_registered_women_and_those_below_it(house: House, sign_in: SignIn) -> None:
    browser = await sign_in("federation", "000000000000")
    await opened(house, place="郎德镇")
    page = await browser.get("/courses", params={"year": "2017"})
    assert_well_formed(page)
    assert "80.8 %" in page.text
    assert "不足 40 %，还差 12 名建档立卡妇女" in page.text
    below = await browser.get("/courses", params={"under": "true"})
    assert_well_formed(below)
    assert "郎德镇" in below.text
    assert "苗族刺绣" not in below.text
