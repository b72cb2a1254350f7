"""Divisions in time on the pages: found, read back through their changes, and decided where no list says it."""

import re

import httpx
import pytest

from jinguo.house import House
from tests.integration.console.conftest import COUNTY, XIJIANG, SignIn, _client, import_content, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
HEADER = "change_id,date,kind,old_code,old_name,new_code,new_name\n"
NEW = "522634107000"
VILLAGE, PARTS = "522634100208", ("522634100288", "522634100289")


@pytest.fixture(scope="module")
def told() -> str:
    """A township with another code whose villages the list passes over, and a village that was split."""
    rows = [f"P1,2018,recode,{XIJIANG},西江镇,{NEW},西江苗镇\n"]
    rows += [f"P2,2018,split,{VILLAGE},排翁村委会,{part},{part[-2:]}村\n" for part in PARTS]
    return HEADER + "".join(rows)


async def test_what_a_list_leaves_open_is_decided_on_a_page_many_at_once(
    house: House, sign_in: SignIn, told: str
) -> None:
    async with _client(house) as client:
        client.headers["Authorization"] = f"Bearer {house.command_line_token()}"
        await import_content(client, "registry/v1/divisions/changes/imports", told.encode(), "registry")
    browser = await sign_in("federation", COUNTY)
    found = await browser.get("/divisions", params={"q": "西江"})
    assert_well_formed(found)
    assert f"/divisions/{NEW}" in found.text
    history = await browser.get(f"/divisions/{XIJIANG}")
    assert_well_formed(history)
    assert "西江苗镇" in history.text
    assert "Macro" not in history.text
    page = await browser.get("/divisions/undecided")
    assert_well_formed(page)
    waiting = set(re.findall(r'name="unit-(\d{12})"', page.text))
    assert VILLAGE in waiting
    done = await browser.post("/divisions/undecided", data=form_of(page) | {"rest": "1", "reason": "批复"})
    assert_well_formed(done)
    assert 'class="problem"' not in done.text
    assert set(re.findall(r'name="unit-(\d{12})"', done.text)) == {VILLAGE}
    homes = await browser.get(f"/divisions/undecided/{VILLAGE}")
    assert_well_formed(homes)
    first, *_ = re.findall(r'name="(household-[0-9a-f-]{36})"', homes.text)
    chosen = await browser.post(f"/divisions/undecided/{VILLAGE}", data=form_of(homes) | {first: PARTS[0]})
    assert first not in chosen.text
    for path in ("/divisions/unexplained", "/divisions"):
        assert_well_formed(await browser.get(path))
    other = await sign_in("reader", XIJIANG)
    assert "unit-" not in (await other.get("/divisions/undecided")).text


def form_of(page: httpx.Response) -> dict[str, str]:
    """What a browser sends of the page when nothing was chosen."""
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    open_ = dict.fromkeys(re.findall(r'name="((?:unit|household)-[^"]+)" value="" checked', page.text), "")
    return hidden | open_ | {"csrf_token": token_of(page)}
