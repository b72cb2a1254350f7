"""A pair is decided on its page, all services follow the merge, and the page gives everything back."""

import io
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openpyxl
import pytest
import pytest_asyncio

from jinguo.house import House
from tests.e2e.figures import plain
from tests.integration.console.conftest import COUNTY, XIJIANG, SignIn, _client, token_of
from tests.integration.console.reading import assert_well_formed
from tests.integration.registry.books import book
from tests.integration.registry.twins import alone, mistyped, women_rows

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROWS = women_rows(2_000)
HER = next(row for row in ROWS if row["乡(镇)"] == "永乐镇")
TWIN = alone(HER, 证件号码=mistyped(HER["证件号码"]))
ROSTER = ("序号", "姓名", "性别", "身份证号码", "家庭住址", "培训工种", "出勤天数", "考核结果", "证书编号")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """The owner of everything, over REST."""
    async with _client(house) as client:
        client.headers["Authorization"] = f"Bearer {house.command_line_token()}"
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(api: httpx.AsyncClient) -> str:
    """The woman is registered a second time, both records attend a course, and a scan has found them."""
    await job(api, "registry/v1/imports?filename=twin.xlsx", content=book([TWIN]))
    for nth, row in enumerate((HER, TWIN), 1):
        await job(api, f"training/v1/imports?filename=roster-{nth}.xlsx", content=roster(row, nth))
    await job(api, "registry/v1/duplicates/scans", json={})
    found = (await api.get("/registry/v1/duplicates", params={"sign": "id_one_digit"})).json()["items"]
    [known] = [each["pair_id"] for each in found if each["strength"] == "strong"]
    return str(known)


async def job(api: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    """The result of a job, once reporting has read what it published."""
    answer = (await api.post(f"/{path}", **body)).raise_for_status()
    found = answer.json()
    while found["status"] in {"queued", "running"}:
        found = (await api.get(answer.headers["location"], headers={"Prefer": "wait=10"})).json()
    assert found["status"] == "succeeded", found
    result: dict[str, Any] = found["result"]
    if (result.get("published") or {}).get("number"):
        source = path.partition("/")[0]
        query = {"source": source, "number": result["published"]["number"], "wait": 30}
        (await api.get("/reporting/v1/freshness", params=query)).raise_for_status()
    return result


def roster(row: dict[str, Any], nth: int) -> bytes:
    """A class in which she attended ten days."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append([f"苗绣班第{nth}期培训学员花名册"])
    sheet.append([f"培训机构：县妇联   培训地点：丹江镇   培训时间：2017年{nth + 4}月8日—{nth + 4}月17日（10天）"])
    sheet.append(list(ROSTER))
    sheet.append([1, row["姓名"], "女", row["证件号码"], row["行政村"], "刺绣", 10, "合格", f"T{nth}"])
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


async def followed(house: House) -> None:
    """Wait until training and reporting have read all that the registry has published."""
    registry = house.runtimes["registry"]
    xid = await registry.pool.fetchval("SELECT max(xid::text::bigint) FROM events")
    await registry.wait_published(xid, 30)
    number = await registry.pool.fetchval("SELECT max(number) FROM published")
    for name in ("training", "reporting"):
        for consumer in house.runtimes[name].service.consumers:
            if consumer.source == "registry":
                assert await house.runtimes[name].wait_consumed(consumer.name, number, 30)


async def seen(api: httpx.AsyncClient, house: House, *women: str) -> list[Any]:
    """The county's report, and each woman as reporting tells of her; numbers of reading left out."""
    await followed(house)
    report = (await api.get("/reporting/v1/reports/match", params={"division": COUNTY})).raise_for_status().json()
    told = [(await api.get(f"/reporting/v1/women/{each}")).raise_for_status().json() for each in women]
    return [plain(report), *told]


def measures(woman: dict[str, Any]) -> set[str]:
    return {each["measure_id"] for each in woman["reasons"]}


async def enrolled(api: httpx.AsyncClient, courses: set[str]) -> set[str]:
    """Who sits in these courses, as training tells it."""
    lists = [(await api.get(f"/training/v1/courses/{each}/enrolments")).raise_for_status().json() for each in courses]
    return {row["woman_id"] for found in lists for row in found["items"]}


async def test_the_queue_and_the_pair_are_pages_in_both_languages(pair: str, sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    listed = await browser.get("/duplicates", params={"strength": "strong"})
    assert_well_formed(listed)
    assert f"/duplicates/{pair}" in listed.text
    assert "证件号码只差一位" in listed.text
    shown = await browser.get(f"/duplicates/{pair}")
    assert_well_formed(shown)
    assert HER["姓名"] not in shown.text
    assert "≠" in shown.text
    assert shown.text.count("/decision") == 2
    english = await browser.get(f"/duplicates/{pair}?lang=en")
    assert "Is this one woman?" in english.text
    await browser.get("/duplicates?lang=zh")
    form = {"csrf_token": token_of(shown), "reason": "checking"}
    clear = await browser.post(f"/duplicates/{pair}/clear", data=form)
    assert HER["姓名"] in clear.text
    assert "本次查看已记录" in clear.text


async def test_who_may_not_decide_sees_no_buttons_and_others_see_nothing(pair: str, sign_in: SignIn) -> None:
    cadre = await sign_in("cadre", COUNTY)
    assert "/decision" not in (await cadre.get(f"/duplicates/{pair}")).text
    elsewhere = await sign_in("federation", XIJIANG)
    assert (await elsewhere.get(f"/duplicates/{pair}")).status_code == 404
    assert pair not in (await elsewhere.get("/duplicates")).text


async def test_a_merge_on_the_page_is_followed_by_every_service_and_given_back_exactly(
    pair: str, sign_in: SignIn, api: httpx.AsyncClient, house: House
) -> None:
    known = (await api.get(f"/registry/v1/duplicates/{pair}")).json()
    one, other = known["one"]["woman_id"], known["other"]["woman_id"]
    before, her, twin = await seen(api, house, one, other)
    courses = measures(her) | measures(twin)
    assert await enrolled(api, courses) == {one, other}
    assert not measures(her) & measures(twin), "each record attended a class of its own"
    browser = await sign_in("federation", COUNTY)
    page = await browser.get(f"/duplicates/{pair}")
    form = {"csrf_token": token_of(page), "version": re.search(r'name="version" value="(\d+)"', page.text)[1]}  # type: ignore[index]
    done = await browser.post(f"/duplicates/{pair}/decision", data=form | {"verdict": "same", "survivor": "one"})
    assert (done.status_code, done.headers["location"]) == (303, f"/duplicates/{pair}"), done.text
    twice = await browser.post(f"/duplicates/{pair}/decision", data=form | {"verdict": "different"})
    assert twice.status_code == 412

    merged, both, also = await seen(api, house, one, other)
    training_before, training = before["total"]["measures"]["training"], merged["total"]["measures"]["training"]
    assert merged["total"]["population"] == before["total"]["population"] - 1
    assert merged["total"]["matched"] == before["total"]["matched"] - 1
    assert training["women"] == training_before["women"] - 1
    assert {name: n for name, n in training.items() if name != "women"} == {
        name: n for name, n in training_before.items() if name != "women"
    }
    assert measures(both) == measures(also) == measures(her) | measures(twin)
    assert set(both["records"]) == {one, other}
    events = {entry["event_id"] for entry in both["timeline"]}
    assert {entry["event_id"] for woman in (her, twin) for entry in woman["timeline"]} <= events
    assert await enrolled(api, measures(both)) == {one}

    shown = await browser.get(f"/duplicates/{pair}")
    assert "撤销合并" in shown.text
    form = {"csrf_token": token_of(shown), "version": re.search(r'name="version" value="(\d+)"', shown.text)[1]}  # type: ignore[index]
    undone = await browser.post(f"/duplicates/{pair}/undo", data=form)
    assert undone.status_code == 303, undone.text
    after, her_again, twin_again = await seen(api, house, one, other)
    assert after == before
    assert await enrolled(api, courses) == {one, other}
    assert measures(her_again) == measures(her)
    assert measures(twin_again) == measures(twin)
