"""A woman's rights on the pages: told, agreed, asked, copied, corrected, restricted, with the buttons of who may."""

import io
import json
import re
import zipfile

import httpx
import pytest

from jinguo.house import House
from tests.integration.console.conftest import COUNTY, XIJIANG, SignIn, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def woman_of(house: House, nth: int = 0) -> str:
    sql = "SELECT woman_id FROM women WHERE division BETWEEN $1 AND $2 ORDER BY 1 OFFSET $3 LIMIT 1"
    pool = house.runtimes["registry"].pool
    return str(await pool.fetchval(sql, XIJIANG, XIJIANG[:9] + "999", nth))


async def settled(house: House) -> None:
    runtime = house.runtimes["registry"]
    xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    for model in ("women", "rights"):
        assert await runtime.wait_projected(xid, model, 20)


async def step(house: House, browser: httpx.AsyncClient, page: httpx.Response, way: str, **said: str) -> httpx.Response:
    """The page after one of its forms was sent."""
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    today = re.search(r'name="on" type="date" required value="([^"]+)"', page.text)
    assert today
    form = {"csrf_token": token_of(page), "version": version[1], "on": today[1], **said}
    answer = await browser.post(f"{page.request.url.path}/{way}", data=form)
    await settled(house)
    return await browser.get(page.request.url.path) if answer.status_code == 303 else answer


async def test_who_visits_her_notes_what_she_was_told_and_asks_and_the_county_answers(
    sign_in: SignIn, house: House
) -> None:
    cadre, county = await sign_in("cadre", XIJIANG), await sign_in("federation", COUNTY)
    woman = await woman_of(house)
    home = await cadre.get(f"/women/{woman}")
    assert f'href="/women/{woman}/rights"' in home.text
    page = await cadre.get(f"/women/{woman}/rights")
    assert_well_formed(page)
    assert "尚未告知" in page.text
    page = await step(house, cadre, page, "inform", purposes="registration", how="phone")
    page = await step(house, cadre, page, "consent", purpose="bank", by="herself", evidence="T-1")
    refused = await step(house, cadre, page, "consent", purpose="registration", by="herself", evidence="T-1")
    assert (refused.status_code, "法定职责" in refused.text) == (422, True)
    page = await step(house, cadre, page, "request", kind="access", by="herself")
    assert ("还有" in page.text, "登记已交付" in page.text) == (True, False), "the county answers"
    listed = await county.get("/women/rights/requests")
    assert_well_formed(listed)
    assert f'href="/women/{woman}/rights"' in listed.text
    page = await county.get(f"/women/{woman}/rights")
    request = re.search(r'name="request_id" value="([^"]+)"', page.text)
    assert request
    page = await step(house, county, page, "hand", request_id=request[1], receiver="本人")
    assert ("没有待答复的申请" in page.text, "交付副本" in page.text) == (True, True)
    words = await county.post(f"/women/{woman}/rights/clear", data={"csrf_token": token_of(page)})
    assert_well_formed(words)
    assert ("T-1" in words.text, "T-1" in page.text) == (True, False), "what people wrote is shown when asked for"
    english = await county.get(f"/women/{woman}/rights?lang=en")
    assert "Rights over her data" in english.text


async def test_the_copy_holds_every_version_in_clear_and_leaves_its_trace(sign_in: SignIn, house: House) -> None:
    county, woman = await sign_in("federation", COUNTY), await woman_of(house, 1)
    page = await county.get(f"/women/{woman}/rights")
    sent = await county.post(f"/women/{woman}/rights/copy", data={"csrf_token": token_of(page)})
    assert sent.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(sent.content)) as archive:
        told, text = json.loads(archive.read("copy.json")), archive.read("copy.html").decode()
    first = next(each for each in told["建档立卡"]["timeline"] if each["kind"] == "woman-registered")
    assert first["says"]["name"]
    assert first["says"]["name"] in text
    assert [told[part]["woman_id"] for part in ("技能培训", "帮扶措施与统计")] == [woman, woman]
    assert [each["action"] for each in told["建档立卡"]["lines"]][-1] == "POST /v1/women/{id}/record"
    cadre = await sign_in("cadre", XIJIANG)
    mine = await cadre.get(f"/women/{woman}/rights")
    refused = await cadre.post(f"/women/{woman}/rights/copy", data={"csrf_token": token_of(mine)})
    assert refused.status_code == 403


async def test_a_restricted_woman_has_no_name_for_the_township_until_it_is_lifted(
    sign_in: SignIn, house: House
) -> None:
    cadre, county = await sign_in("cadre", XIJIANG), await sign_in("federation", COUNTY)
    woman = await woman_of(house, 2)
    page = await county.get(f"/women/{woman}/rights")
    page = await step(house, county, page, "restrict", ground="accuracy", reason="正在核实")
    assert "解除限制处理" in page.text
    shown = await cadre.get(f"/women/{woman}/rights")
    assert_well_formed(shown)
    assert ("<h1>妇女档案" in shown.text, "除保存和保护外" in shown.text) == (True, True)
    await step(house, county, page, "lift", reason="已核实")
    assert "<h1>妇女档案" not in (await cadre.get(f"/women/{woman}/rights")).text


async def test_a_notice_in_a_village_takes_its_women_off_the_list(sign_in: SignIn, house: House) -> None:
    cadre = await sign_in("cadre", XIJIANG)
    page = await cadre.get("/women/rights/untold?purpose=statistics")
    assert_well_formed(page)
    before = re.search(r'class="count">([\d,]+)<', page.text)
    village = re.search(r'name="division" pattern="[^"]+" maxlength="12" required value="(\d+)"', page.text)
    today = re.search(r'name="on" type="date" required value="([^"]+)"', page.text)
    assert before
    assert village
    assert today
    form = {"csrf_token": token_of(page), "purpose": "statistics", "division": village[1], "on": today[1]}
    assert (await cadre.post("/women/rights/untold", data=form)).status_code == 303
    await settled(house)
    after = await cadre.get("/women/rights/untold?purpose=statistics")
    assert f'class="id">{village[1]}<' not in after.text
    abroad = await cadre.post("/women/rights/untold", data=form | {"division": COUNTY})
    assert abroad.status_code == 404
