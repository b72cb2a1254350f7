"""Pages over the real services: what a cadre sees, opens, imports and decides; and what she never sees."""

import re
from html.parser import HTMLParser

import httpx
import pytest

from tests.integration.console.conftest import COUNTY, DEMO, XIJIANG, YONGLE, SignIn, token_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
VOID = {"meta", "link", "input", "br", "hr", "img"}
NUMBER = re.compile(r'<td class="n"><a href="([^"]+)">([\d,]+)</a></td>')
WOMAN = re.compile(r"/women/([0-9a-f-]{36})")


class Balanced(HTMLParser):
    """Every element is closed where it must be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults += [f"{tag} {name}" for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def assert_well_formed(page: httpx.Response) -> None:
    checked = Balanced()
    checked.feed(page.text)
    assert (checked.faults, checked.open) == ([], [])
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


async def people_behind(browser: httpx.AsyncClient, link: str) -> list[str]:
    """All women (or households) over the pages of a list."""
    found: list[str] = []
    next_page: str | None = link.replace("&amp;", "&")
    while next_page:
        page = (await browser.get(next_page)).raise_for_status()
        assert_well_formed(page)
        found += re.findall(r'<tr>\s*<th scope="row"', page.text)
        more = re.search(r'href="([^"]+)" rel="next"', page.text)
        next_page = more[1].replace("&amp;", "&") if more else None
    return found


async def test_every_number_opens_as_many_as_it_says(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    page = await browser.get(f"/match/{COUNTY}")
    assert_well_formed(page)
    numbers = NUMBER.findall(page.text)
    total = {link.rsplit("/", 1)[1]: (link, int(value.replace(",", ""))) for link, value in numbers if COUNTY in link}
    values = {column: value for column, (_, value) in total.items()}
    assert values.items() >= {"population": 941, "households": 600, "matched": 38, "returned": 17}.items()
    assert len(total) == 12
    for link, value in total.values():
        assert len(await people_behind(browser, link)) == value, link


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
    browser = await sign_in("admin", "000000000000")
    woman = WOMAN.search((await browser.get(f"/behind/{COUNTY}/matched")).text)
    course = re.search(r"/courses/[0-9a-f-]{36}", (await browser.get("/courses")).text)
    assert woman
    assert course
    paths = [f"/match/{COUNTY}", f"/behind/{COUNTY}/unmatched", f"/women/{woman[1]}", course[0]]
    for path in [*paths, "/courses", "/waiting", "/imports", "/system", "/account", "/sign-in"]:
        page = await browser.get(path, params={"lang": language})
        assert page.status_code == 200, path
        assert_well_formed(page)
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in page.text


async def test_a_township_cadre_sees_nothing_of_another_township(sign_in: SignIn) -> None:
    county, township = await sign_in("federation", COUNTY), await sign_in("cadre", XIJIANG)
    foreign = WOMAN.findall((await county.get(f"/behind/{YONGLE}/population")).text)
    assert foreign
    nobody = "01a21155-0000-7000-8000-000000000000"
    answers = [await township.get(f"/women/{woman}") for woman in (foreign[0], nobody)]
    without_ids = [re.sub(r'<span class="id">\w+</span>|/women/[0-9a-f-]+', "", answer.text) for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert without_ids[0] == without_ids[1]
    for path in (f"/match/{YONGLE}", f"/match/{COUNTY}", f"/behind/{YONGLE}/population"):
        assert (await township.get(path)).status_code == 404
    for path in (f"/match/{XIJIANG}", "/courses", "/waiting", f"/behind/{XIJIANG}/population"):
        page = await township.get(path)
        assert page.status_code == 200
        assert not set(WOMAN.findall(page.text)) & set(foreign)


async def test_a_form_without_its_token_or_from_elsewhere_is_refused(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    token = token_of(await browser.get("/waiting"))
    assert (await browser.post("/waiting", data={"row-1": "confirm"})).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.post("/waiting", data={"csrf_token": token}, headers=elsewhere)).status_code == 403
    assert (await browser.post("/sign-in", data={"username": "a", "password": "b"})).status_code == 403


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
    page = await browser.get(answer.headers["location"])
    while 'http-equiv="refresh"' in page.text:
        page = await browser.get(answer.headers["location"])
    assert_well_formed(page)
    assert "county_other" in page.text
    assert "试运行，未写入" in page.text
    assert "id_checksum" in (await browser.get(answer.headers["location"], params={"show": "error"})).text


async def test_a_wrong_file_is_answered_with_its_rule(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    form = {"csrf_token": token_of(await browser.get("/imports")), "kind": "roster", "mode": "try"}
    answer = await browser.post("/imports", data=form, files={"file": ("名单.xlsx", b"<html>no workbook</html>")})
    page = await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer
    while 'http-equiv="refresh"' in page.text:
        page = await browser.get(answer.headers["location"])
    assert "名单.xlsx" in page.text
    assert 'role="alert"' in page.text or 'class="narrow"' in page.text


async def test_names_are_masked_until_a_reason_is_given(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    woman = WOMAN.search((await browser.get(f"/behind/{COUNTY}/matched")).text)
    assert woman
    page = await browser.get(f"/women/{woman[1]}")
    assert re.search(r"<h1>\w\*+</h1>", page.text)
    form = {"csrf_token": token_of(page), "reason": "visit"}
    clear = await browser.post(f"/women/{woman[1]}/reveal", data=form)
    assert re.search(r'<dd class="id">\d{17}[\dX]</dd>', clear.text)
    assert "*" not in re.search(r"<h1>([^<]+)</h1>", clear.text)[1]  # type: ignore[index]


async def test_confirming_a_waiting_row_matches_the_woman(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    page = await browser.get("/waiting")
    row = re.search(r'name="(row-[0-9a-f-]+)" value="confirm"', page.text)
    assert row
    answer = await browser.post("/waiting", data={"csrf_token": token_of(page), row[1]: "confirm", "reason": "核对"})
    assert answer.status_code == 200
    assert "已处理 1 行" in answer.text
    assert row[1] not in answer.text
