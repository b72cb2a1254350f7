"""An auditor reads what was done, filters it, opens one entry and sees whether it still is what was sealed."""

import re

import httpx
import pytest

from jinguo.house import House
from libs.events.wake import Pulse, until
from tests.integration.console.conftest import COUNTY, XIJIANG, SignIn, token_of
from tests.integration.console.reading import assert_well_formed

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENTRY = re.compile(r'href="(/audit/\w+/\d+)"')


async def test_an_auditor_finds_a_clear_read_and_opens_its_entry(house: House, sign_in: SignIn) -> None:
    federation, auditor = await sign_in("federation", COUNTY), await sign_in("auditor", COUNTY)
    woman = await house.runtimes["registry"].pool.fetchval("SELECT woman_id FROM women LIMIT 1")
    page = await federation.get(f"/women/{woman}")
    form = {"csrf_token": token_of(page), "reason": "other", "words": "她来问登记的内容"}
    assert (await federation.post(f"/women/{woman}", data=form)).status_code == 200
    listed = await auditor.get("/audit", params={"service": "registry", "action": "personal.read"})
    assert_well_formed(listed)
    entry = ENTRY.search(listed.text)
    assert entry, listed.text

    async def sealed() -> bool:
        return "与封存时一致。" in (await auditor.get(entry[1])).text

    assert await until(sealed, Pulse(), 20)
    opened = await auditor.get(entry[1])
    assert_well_formed(opened)
    assert "她来问登记的内容" in opened.text
    assert str(woman) in opened.text
    state = await auditor.get("/audit", params={"service": "registry", "outcome": "refused", "since": "2016-01-01"})
    assert re.search(r"已封存至 <b>[\d,]+</b>", state.text)
    viewed = await auditor.get("/audit", params={"service": "registry", "action": "audit.viewed"})
    assert ENTRY.search(viewed.text), "looking at the trail stands in it"


async def test_a_changed_entry_is_told(house: House, sign_in: SignIn) -> None:
    auditor = await sign_in("auditor", COUNTY)
    path = "/audit?service=training"
    assert (await auditor.get(path)).status_code == 200
    pool = house.runtimes["training"].pool

    async def one_is_sealed() -> bool:
        return bool(await pool.fetchval("SELECT count(*) FROM audit_chain"))

    assert await until(one_is_sealed, Pulse(), 20)
    number = await pool.fetchval("SELECT min(entry) FROM audit_chain")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("UPDATE audit_trail SET unit = $2, actor = 'somebody' WHERE id = $1", number, COUNTY)
    opened = await auditor.get(f"/audit/training/{number}")
    assert_well_formed(opened)
    assert "与封存时不一致" in opened.text


async def test_units_filters_and_rights_hold_on_the_pages(sign_in: SignIn) -> None:
    auditor, elsewhere = await sign_in("auditor", COUNTY), await sign_in("auditor", "522635000000")
    listed = await auditor.get("/audit", params={"service": "registry"})
    entry = ENTRY.search(listed.text)
    assert entry
    assert (await elsewhere.get(entry[1])).status_code == 404
    assert entry[1] not in (await elsewhere.get("/audit", params={"service": "registry"})).text
    wrong = await auditor.get("/audit", params={"service": "registry", "since": "gestern"})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)
    assert_well_formed(wrong)
    assert (await auditor.get("/audit", params={"service": "nobody"})).status_code == 404
    cadre: httpx.AsyncClient = await sign_in("cadre", XIJIANG)
    assert (await cadre.get("/audit")).status_code == 403
    assert 'href="/audit"' not in (await cadre.get("/account")).text
