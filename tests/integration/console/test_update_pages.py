"""An update of the register on the pages: tried, confirmed for the units it is full for, the missing decided."""

import re

import httpx
import pytest

from jinguo.house import House
from tests.integration.console.conftest import COUNTY, SignIn, token_of
from tests.integration.console.reading import assert_well_formed, ended
from tests.integration.registry.house import DATA

pytestmark = pytest.mark.asyncio(loop_scope="module")
FANGXIANG = "522634204000"


async def tried(browser: httpx.AsyncClient) -> httpx.Response:
    """The page of the dry run."""
    form = {"kind": "register", "mode": "try", "csrf_token": token_of(await browser.get("/imports"))}
    file = {"file": ("register-2021.csv", (DATA / "register-2021.csv").read_bytes())}
    return await ended(browser, (await browser.post("/imports", data=form, files=file)).headers["location"])


async def test_the_missing_are_listed_and_a_person_says_why(house: House, sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    page = await tried(browser)
    assert_well_formed(page)
    assert dict(re.findall(r'name="cover" value="(\d+)"( checked)?', page.text)) == {
        "522634101000": " checked", FANGXIANG: " checked",
    }  # fmt: skip
    assert "在册妇女 40 人，文件写到 37 人，未写到 3 人" in page.text
    draft = re.search(r'name="draft" value="([^"]+)"', page.text)
    assert draft
    form = {"csrf_token": token_of(page), "draft": draft[1], "extent": "full"}
    assert "请勾选全量覆盖的单位" in (await browser.post("/imports/tried", data=form)).text
    sent = await browser.post("/imports/tried", data=form | {"cover": FANGXIANG})
    done = await ended(browser, sent.headers["location"])
    assert re.search(r"名册未列</dt><dd>(\d+)", done.text)[1] == "3"  # type: ignore[index]
    await settled(house)

    missing = await browser.get("/missing")
    assert_well_formed(missing)
    women = re.findall(r"/women/([0-9a-f-]{36})", missing.text)
    assert len(women) == 3
    for woman, what, valid, says in zip(
        women, ("died", "kept", "moved_out"), ("2020-05", "", "2019"), ("已离开", "", "已离开"), strict=True
    ):
        page = await browser.get(f"/women/{woman}")
        version = re.search(r'name="version" value="(\d+)"', page.text)
        assert version
        answer = {"version": version[1], "what": what, "valid": valid, "reason": "村里核实"}
        sent = await browser.post(f"/women/{woman}/presence", data={"csrf_token": token_of(page), **answer})
        assert sent.status_code == 303
        await settled(house)
        assert says in (await browser.get(f"/women/{woman}")).text
    assert "没有人" in (await browser.get("/missing")).text
    figures = await browser.get(f"/match/{FANGXIANG}")
    assert re.search(r"39 名妇女", figures.text), "40 were known, one is new, two left"


async def test_a_conclusion_without_a_choice_or_about_nobody_missing_is_refused(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    listed = await browser.get("/women", params={"division": "522634102000"})
    woman = re.findall(r"/women/([0-9a-f-]{36})", listed.text)[0]
    form = {"csrf_token": token_of(listed), "version": "1", "reason": "村里核实"}
    assert "请选择一项结论" in (await browser.post(f"/women/{woman}/presence", data=form)).text
    answer = await browser.post(f"/women/{woman}/presence", data=form | {"what": "kept"})
    assert answer.status_code == 409


async def settled(house: House) -> None:
    """Until the reports show what the registry was told."""
    runtime = house.runtimes["registry"]
    xid = await runtime.pool.fetchval("SELECT max(xid) FROM events")
    assert await runtime.wait_projected(xid, "women", 30)
    number = await runtime.wait_published(xid, 30)
    assert number is not None
    assert await house.runtimes["reporting"].wait_consumed("reporting.registry", number, 30)
