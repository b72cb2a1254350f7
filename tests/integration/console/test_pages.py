"""Pages over the real services: what a cadre sees, opens, imports and decides; and what she never sees."""

import re

import httpx
import pytest

from jinguo.house import House
from libs.events import control
from libs.events.wake import Pulse, until
from services.console.words import english
from tests.integration.console.conftest import COUNTY, DEMO, XIJIANG, YONGLE, SignIn, _client, token_of
from tests.integration.console.reading import NUMBER, WOMAN, assert_well_formed, ended, rows_behind, texts_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY = "01a21155-0000-7000-8000-000000000000"


async def test_every_number_opens_as_many_as_it_says(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    page = await browser.get(f"/match/{COUNTY}")
    assert_well_formed(page)
    numbers = NUMBER.findall(page.text)
    total = {link: int(value.replace(",", "")) for link, value in numbers if COUNTY in link}
    assert len(total) == 21  # nobody was lifted, and 0 leads nowhere
    assert {941, 600, 38, 17} <= set(total.values())
    for link, value in total.items():
        stated, rows = await rows_behind(browser, link)
        assert (stated, rows) == (value, value), link


async def test_the_first_view_of_the_fullest_page_stays_below_sixty_kilobytes(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    path = f"/women?division={COUNTY}"
    sent = 0
    for each in (path, *re.findall(r'(?:href|src)="(/static/[^"]+)"', (await browser.get(path)).text)):
        async with browser.stream("GET", each, headers={"Accept-Encoding": "gzip"}) as answer:
            sent += len(b"".join([piece async for piece in answer.aiter_raw()]))
            assert answer.headers["content-encoding"] == "gzip" or "icon" in each
    assert sent < 60_000


async def test_attendances_and_days_open_lines_that_sum_to_them(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    page = await browser.get(f"/match/{COUNTY}")
    link = f"/lines?division={COUNTY}"
    attendances, days, classes = re.findall(rf'<td class="n sum"><a href="{re.escape(link)}">(\d+)</a>', page.text)
    listed = await browser.get(link, params={"division": COUNTY, "limit": 500})
    assert_well_formed(listed)
    figures = re.findall(r'<td class="n">(-?\d+)</td><td class="n">(-?\d+)</td>', listed.text)
    assert sum(int(times) for times, _ in figures) == int(attendances)
    assert sum(int(quantity) for _, quantity in figures) == int(days)
    assert len(set(re.findall(r"/courses/([0-9a-f-]{36})", listed.text))) == int(classes)


async def test_a_number_of_the_past_opens_the_women_of_then(sign_in: SignIn) -> None:
    browser = await sign_in("reader", COUNTY)
    now = await browser.get(f"/match/{COUNTY}")
    position = int(re.search(r'placeholder="(\d+)"', now.text)[1])  # type: ignore[index]
    page = await browser.get(f"/match/{COUNTY}", params={"as_known": position - 20})
    link, value = next(each for each in NUMBER.findall(page.text) if "unmatched&" in each[0] and COUNTY in each[0])
    assert f"as_known={position - 20}" in link
    assert value != re.search(rf"division={COUNTY}&amp;column=unmatched\">(\d+)", now.text)[1]  # type: ignore[index]
    assert await rows_behind(browser, link) == (int(value), int(value))


async def test_the_way_leads_from_county_to_village(sign_in: SignIn) -> None:
    browser = await sign_in("reader", COUNTY)
    page = await browser.get(f"/match/{COUNTY}")
    township = re.search(rf'href="(/match/{XIJIANG})"', page.text)
    assert township
    page = await browser.get(township[1])
    village = re.search(r'href="(/match/522634101\d{3})">', page.text)
    assert village
    page = await browser.get(village[1])
    assert page.status_code == 200
    assert_well_formed(page)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_answers_in_both_languages(sign_in: SignIn, language: str) -> None:
    browser, operator = await sign_in("federation", "000000000000"), await sign_in("system-admin", "000000000000")
    woman = WOMAN.search((await browser.get("/women", params={"division": COUNTY, "column": "matched"})).text)
    course = re.search(r"/courses/[0-9a-f-]{36}", (await browser.get("/courses")).text)
    assert woman
    assert course
    lists = [f"/women?division={COUNTY}&column=unmatched", f"/households?division={XIJIANG}", "/lines"]
    paths = [
        f"/match/{COUNTY}",
        *lists,
        f"/women/{woman[1]}",
        course[0],
        "/courses",
        "/waiting",
        "/missing",
        "/imports",
    ]
    for each in (browser, operator):
        await each.get("/account", params={"lang": language})
    for path in [*paths, "/system", "/account", "/sign-in", "/new-password"]:
        page = await (operator if path == "/system" else browser).get(path)
        assert page.status_code == 200, path
        assert_well_formed(page)
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in page.text
        if language == "en":
            assert not (texts_of(page) & set(english())) - {"中文"}, path


async def test_the_system_page_shows_what_a_person_should_look_at_and_the_next_step(
    house: House, sign_in: SignIn
) -> None:
    browser, pool = await sign_in("system-admin", "000000000000"), house.runtimes["reporting"].pool
    assert (await browser.get("/system")).text.count("正常") >= 10
    await control.pause(pool, "reporting.training", "盘点", "test")
    try:
        page = await browser.get("/system", params={"lang": "zh"})
        row = re.search(r"<tr><th[^>]*>reporting\.training</th>.*?</tr>", page.text)
        assert row
        assert re.search(r"已暂停.*盘点.*jinguo consumer resume", row[0])
        assert "Paused" in (await browser.get("/system", params={"lang": "en"})).text
    finally:
        await control.resume(pool, "reporting.training", "test")


async def test_the_language_switch_keeps_the_address(sign_in: SignIn) -> None:
    browser = await sign_in("reader", COUNTY)
    page = await browser.get("/women", params={"division": COUNTY, "column": "exited"})
    switch = re.search(r'href="([^"]+)" hreflang="en"', page.text)
    assert switch
    english_page = await browser.get(switch[1].replace("&amp;", "&"))
    assert "Out of poverty" in english_page.text
    assert 'lang="en"' in (await browser.get("/account")).text


async def test_a_township_cadre_sees_nothing_of_another_township(sign_in: SignIn) -> None:
    county, township = await sign_in("federation", COUNTY), await sign_in("cadre", XIJIANG)
    foreign = WOMAN.findall((await county.get("/women", params={"division": YONGLE})).text)
    assert foreign
    answers = [await township.get(f"/women/{woman}") for woman in (foreign[0], NOBODY)]
    without_ids = [
        re.sub(r'<span class="id">\w+</span>|/women/[0-9a-f-]+|value="[^"]+"', "", answer.text) for answer in answers
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert without_ids[0] == without_ids[1]
    for path in ("/match/{}", "/match/{}/csv", "/women?division={}", "/households?division={}", "/lines?division={}"):
        for unit in (YONGLE, COUNTY):
            assert (await township.get(path.format(unit))).status_code == 404
    assert (await township.get("/system")).status_code == 403


async def test_no_page_of_a_township_cadre_shows_anybody_of_another_township(sign_in: SignIn) -> None:
    county, township = await sign_in("federation", COUNTY), await sign_in("cadre", XIJIANG)
    everybody = await people_of(county, COUNTY)
    own = await people_of(township, XIJIANG)
    strangers = everybody - own
    assert len([each for each in own if "*" not in each]) == 132
    course = re.search(r"/courses/[0-9a-f-]{36}", (await township.get("/courses")).text)
    assert course
    for path in (f"/match/{XIJIANG}", "/lines", "/courses", course[0], "/waiting", "/imports", "/account"):
        page = await township.get(path)
        assert page.status_code == 200
        assert not [each for each in strangers if each in page.text], path
    assert "/system" not in page.text
    revealed = {"csrf_token": token_of(page), "reason": "checking"}
    stranger = next(each for each in strangers if "*" not in each)
    assert (await township.post(f"/women/{stranger}", data=revealed)).status_code == 404
    clear = await township.post("/waiting/clear", data=revealed)
    assert not [each for each in strangers if each in clear.text]


async def people_of(browser: httpx.AsyncClient, unit: str) -> set[str]:
    """Ids and masked numbers of all women of a unit."""
    found: set[str] = set()
    link: str | None = f"/women?division={unit}&limit=500"
    while link:
        page = await browser.get(link.replace("&amp;", "&"))
        found |= set(WOMAN.findall(page.text)) | set(re.findall(r"\d{3}\*+\d{3}[\dX]", page.text))
        more = re.search(r'href="([^"]+)" rel="next"', page.text)
        link = more[1] if more else None
    return found


async def test_a_form_without_its_token_or_from_elsewhere_is_refused(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    token = token_of(await browser.get("/waiting"))
    assert (await browser.post("/waiting", data={"row-1": "confirm"})).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.post("/waiting", data={"csrf_token": token}, headers=elsewhere)).status_code == 403
    assert (await browser.post("/sign-in", data={"username": "a", "password": "b"})).status_code == 403
    file = {"file": ("a.csv", b"a")}
    for path in ("/imports", "/waiting/clear", "/sign-out", f"/women/{NOBODY}"):
        assert (await browser.post(path, data={"csrf_token": "wrong"}, files=file)).status_code == 403, path


async def test_a_wrong_password_is_told_above_the_form_and_keeps_the_user_name(sign_in: SignIn) -> None:
    browser = await sign_in("reader", COUNTY)
    page = await browser.get("/sign-in", params={"lang": "en"})
    form = {"username": "nobody.here", "password": "wrong-password", "csrf_token": token_of(page)}
    answer = await browser.post("/sign-in", data=form)
    assert answer.status_code == 401
    assert_well_formed(answer)
    assert answer.text.index('role="alert"') < answer.text.index("<h1>")
    assert "Wrong user name, password or code" in answer.text
    assert 'value="nobody.here"' in answer.text
    assert "wrong-password" not in answer.text


async def test_errors_are_pages_with_a_number_to_name(sign_in: SignIn) -> None:
    browser = await sign_in("cadre", XIJIANG)
    paths = {f"/women/{NOBODY}": 404, "/women/x": 404, "/nowhere": 404, "/system": 403, "/match/12": 422}
    for path, status in paths.items():
        page = await browser.get(path)
        assert page.status_code == status, path
        assert_well_formed(page)
        assert re.search(r'错误编号 <span class="id">[0-9a-f]{32}</span>', page.text), path


async def test_without_a_session_every_page_leads_to_sign_in(sign_in: SignIn) -> None:
    browser = await sign_in("reader", COUNTY)
    token = token_of(await browser.get("/account"))
    assert (await browser.post("/sign-out", data={"csrf_token": token})).status_code == 303
    answer = await browser.get(f"/match/{COUNTY}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next=%2Fmatch%2F{COUNTY}")


async def test_sign_in_never_leads_off_the_site(sign_in: SignIn) -> None:
    browser = await sign_in("reader", COUNTY)
    for target in ("//evil.example/x", "https://evil.example", "/\\evil.example"):
        page = await browser.get("/sign-in", params={"next": target})
        assert 'name="next" value="/"' in page.text


async def test_a_dry_run_answers_every_row_on_the_page(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    dirty = DEMO.parents[2] / "tests" / "data" / "register-2016-dirty.xlsx"
    form = {"csrf_token": token_of(await browser.get("/imports")), "kind": "register", "mode": "try"}
    answer = await browser.post("/imports", data=form, files={"file": (dirty.name, dirty.read_bytes())})
    assert answer.status_code == 303, answer.text
    page = await ended(browser, answer.headers["location"])
    assert_well_formed(page)
    assert "county_other" in page.text
    assert "没有写入任何数据" in page.text
    assert "试运行，未写入" in page.text
    assert "id_checksum" in (await browser.get(answer.headers["location"], params={"show": "error"})).text


async def test_the_file_that_was_tried_is_imported_without_sending_it_again(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    roster = DEMO / "roster-training.xlsx"
    form = {"csrf_token": token_of(await browser.get("/imports")), "kind": "roster", "mode": "try"}
    tried = await browser.post("/imports", data=form, files={"file": (roster.name, roster.read_bytes())})
    page = await ended(browser, tried.headers["location"])
    assert "正式导入（48 行）" in page.text
    draft = re.search(r'name="draft" value="([^"]+)"', page.text)
    assert draft
    sent = {"csrf_token": token_of(page), "draft": draft[1]}
    page = await ended(browser, (await browser.post("/imports/tried", data=sent)).headers["location"])
    assert_well_formed(page)
    assert "试运行" not in page.text
    assert "不在登记册" in (await browser.get(f"{page.url.path}?show=severity:warning")).text
    another = await sign_in("federation", COUNTY)
    foreign = {"csrf_token": token_of(await another.get("/imports")), "draft": draft[1]}
    assert (await another.post("/imports/tried", data=foreign)).headers["location"] == "/imports?mode=import"


async def test_answered_rows_are_shown_page_by_page_with_their_rules_in_words(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    register = DEMO / "register-2016-leishan.xlsx"
    form = {"csrf_token": token_of(await browser.get("/imports")), "kind": "register", "mode": "try"}
    answer = await browser.post("/imports", data=form, files={"file": (register.name, register.read_bytes())})
    page = await ended(browser, answer.headers["location"])
    assert "残疾人证号，按前18位比较" in page.text
    next_page, shown = f"{page.url.path}?show=all", 0
    while next_page:
        page = await browser.get(next_page)
        shown += len(set(re.findall(r'<td class="n">(\d+)</td>', page.text)))
        more = re.search(r'href="([^"]+)" rel="next"', page.text)
        next_page = more[1].replace("&amp;", "&") if more else ""
    assert shown == 2064


async def test_a_wrong_file_is_answered_with_its_rule(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    form = {"csrf_token": token_of(await browser.get("/imports")), "kind": "roster", "mode": "try"}
    answer = await browser.post("/imports", data=form, files={"file": ("名单.xlsx", b"<html>no workbook</html>")})
    page = await ended(browser, answer.headers["location"]) if answer.status_code == 303 else answer
    assert "名单.xlsx" in page.text
    assert 'role="alert"' in page.text or 'class="narrow"' in page.text


async def test_names_are_masked_until_a_reason_is_given(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    woman = WOMAN.search((await browser.get("/women", params={"column": "matched"})).text)
    assert woman
    page = await browser.get(f"/women/{woman[1]}")
    assert re.search(r"<h1>\w\*+</h1>", page.text)
    form = {"csrf_token": token_of(page), "reason": "visit"}
    clear = await browser.post(f"/women/{woman[1]}", data=form)
    assert re.search(r'<dd class="id">\d{17}[\dX]</dd>', clear.text)
    assert "*" not in re.search(r"<h1>([^<]+)</h1>", clear.text)[1]  # type: ignore[index]
    without = await browser.post(f"/women/{woman[1]}", data=form | {"reason": ""})
    assert without.status_code == 422
    assert not re.search(r"\d{17}[\dX]", without.text)


async def test_a_womans_page_tells_what_happened_when_and_by_whom(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    woman = WOMAN.search((await browser.get("/women", params={"column": "training"})).text)
    assert woman
    page = await browser.get(f"/women/{woman[1]}")
    attended, registered = page.text.index("参加培训"), page.text.index("建档立卡登记")
    assert attended < registered
    assert re.search(r"<dt>发生</dt><dd>2017-\d\d-\d\d", page.text)
    assert re.search(r'<dt>事件</dt><dd class="id"><a href="/events/[0-9a-f-]{36}">', page.text)
    assert "<dt>经办</dt><dd>全国 · 系统所有者</dd>" in page.text


async def test_an_entry_of_the_timeline_opens_the_event_and_its_lines(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    woman = WOMAN.search((await browser.get("/women", params={"column": "training"})).text)
    assert woman
    event = re.search(r"/events/[0-9a-f-]{36}", (await browser.get(f"/women/{woman[1]}")).text)
    assert event
    page = await browser.get(event[0])
    assert_well_formed(page)
    assert "training.attended.v1" in page.text
    assert f'href="/women/{woman[1]}"' in page.text
    elsewhere = await sign_in("cadre", YONGLE if woman[1] not in await _women_of(browser, YONGLE) else XIJIANG)
    assert (await elsewhere.get(event[0])).status_code == 404


async def test_a_unit_elsewhere_is_told_apart_from_an_empty_one(sign_in: SignIn) -> None:
    browser = await sign_in("cadre", XIJIANG)
    for path in (f"/match/{YONGLE}", f"/women?division={YONGLE}", f"/lines?division={YONGLE}"):
        page = await browser.get(path)
        assert page.status_code == 404
        assert "这个单位不在您的辖区" in page.text
    page = await browser.get(f"/women?division={XIJIANG}&column=lifted")
    assert page.status_code == 200
    assert 'class="none"' in page.text


async def _women_of(browser: httpx.AsyncClient, unit: str) -> set[str]:
    page = await browser.get("/women", params={"division": unit, "column": "training"})
    return set(WOMAN.findall(page.text))


async def test_confirming_a_waiting_row_matches_the_woman(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    page = await browser.get("/waiting")
    nothing = await browser.post("/waiting", data={"csrf_token": token_of(page)})
    assert "没有选择任何一行" in nothing.text
    clear = await browser.post("/waiting/clear", data={"csrf_token": token_of(page), "reason": "checking"})
    assert len(re.findall(r'<span class="id">\d{17}[\dX]</span>', clear.text)) >= 4
    row = re.search(r'name="(row-[0-9a-f-]+)" value="confirm"', page.text)
    assert row
    answer = await browser.post("/waiting", data={"csrf_token": token_of(page), row[1]: "confirm", "reason": "核对"})
    assert answer.status_code == 200
    assert "已处理 1 行" in answer.text
    assert row[1] not in answer.text


async def test_a_freed_seat_is_offered_on_the_page_of_the_course_and_given_by_a_click(
    house: House, sign_in: SignIn
) -> None:
    class_ = {"title": "家政班", "trade": "家政", "organiser": "县妇联", "first_day": "2099-03-01",
              "last_day": "2099-03-10", "days": 10, "capacity": 1}  # fmt: skip
    browser = await sign_in("cadre", COUNTY)
    listed = await browser.get("/women", params={"division": COUNTY, "column": "unmatched"})
    sits, waits = list(dict.fromkeys(WOMAN.findall(listed.text)))[:2]
    async with _client(house) as client:
        client.headers["Authorization"] = f"Bearer {house.command_line_token()}"
        course = (await client.post("/training/v1/courses", json=class_)).raise_for_status().json()["id"]
        address = f"/training/v1/courses/{course}"
        seat = (await client.post(f"{address}/enrolments", json={"woman_id": sits})).raise_for_status()
        (await client.post(f"{address}/waitlist", json={"woman_id": waits})).raise_for_status()
        wrote = {"Read-Token": seat.headers["Read-Token"], "Prefer": "wait=20, handling=strict"}
        [sitting] = (await client.get(f"{address}/enrolments", headers=wrote)).raise_for_status().json()["items"]
        seen = {"If-Match": f'"{sitting["version"]}"'}
        left = (await client.post(f"{address}/enrolments/{sits}/leave", headers=seen)).raise_for_status()

        async def shows(word: str) -> bool:
            return word in (await browser.get(f"/courses/{course}")).text

        assert await until(lambda: shows("有空位，等她答复"), Pulse(), 20), left.text
        page = await browser.get(f"/courses/{course}")
        assert_well_formed(page)
        form = {"csrf_token": token_of(page), "woman_id": waits, "answer": "accept"}
        assert (await browser.post(f"/courses/{course}", data=form)).status_code == 303
        assert await until(lambda: shows("已入班"), Pulse(), 20)
        again = await browser.post(f"/courses/{course}", data=form | {"answer": "decline"})
        assert "目前没有空位通知给她" in again.text
