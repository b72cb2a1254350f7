"""A file under an office's own headings on the pages: asked once, goes on, never asked again, changed, taken back."""

import re

import httpx
import pytest

from tests.integration.console.conftest import COUNTY, XIJIANG, SignIn, token_of
from tests.integration.console.reading import assert_well_formed, ended
from tests.integration.registry.house import DATA

pytestmark = pytest.mark.asyncio(loop_scope="module")
SAMPLE = (DATA / "register-2021.csv").read_bytes().decode("gb18030").splitlines()
OWN = SAMPLE[0].replace(",姓名,", ",成员的姓名,").replace(",户编号,", ",户代号,")
ROSTER = "名字,身份,出勤天数\n杨某,522634199001010026,3\n"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def file_of(header: str) -> dict[str, tuple[str, bytes]]:
    return {"file": ("本县导出.csv", "\n".join([header, *SAMPLE[1:30]]).encode("gb18030"))}


async def brought(
    browser: httpx.AsyncClient, files: dict[str, tuple[str, bytes]], kind: str = "register", mode: str = "try"
) -> httpx.Response:
    """The page of an import when it has ended."""
    form = {"kind": kind, "mode": mode, "csrf_token": token_of(await browser.get("/imports"))}
    return await ended(browser, (await browser.post("/imports", data=form, files=files)).headers["location"])


def asked_form(page: httpx.Response) -> tuple[str, dict[str, list[str]]]:
    """Address and fields of the form, as a browser sends it when nothing is touched."""
    found = re.search(r'<form method="post" action="([^"]+/headings)".*?</form>', page.text, re.DOTALL)
    assert found, page.text
    fields: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(found[0]):
        fields.setdefault(name, []).append(value)
    for select in re.findall(r"<select[^>]*>(.*?)</select>", found[0], re.DOTALL):
        chosen = re.search(r"<option selected>([^<]*)", select)
        fields.setdefault("heading", []).append(chosen[1] if chosen else "")
    return found[1], fields


async def test_a_clerk_confirms_once_and_the_import_goes_on(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    page = await brought(browser, file_of(OWN))
    assert_well_formed(page)
    assert "文件里的哪一列是它？" in page.text
    address, fields = asked_form(page)
    chosen = dict(zip(fields["column"], fields["heading"], strict=True))
    assert {column: heading for column, heading in chosen.items() if heading} == {
        "姓名": "成员的姓名",
        "户编号": "户代号",
    }
    nothing = await browser.post(address, data=fields | {"heading": [""] * len(fields["heading"])})
    assert_well_formed(nothing)
    assert (nothing.status_code, "请至少为一列选择" in nothing.text) == (422, True)

    sent = await browser.post(address, data=fields)
    done = await ended(browser, sent.headers["location"])
    assert_well_formed(done)
    assert "按 雷山县 保存的列名对应（第 1 版）读取：" in done.text
    assert "成员的姓名→姓名" in done.text
    assert "正式导入（" in done.text, "the file that was tried can be imported"

    stale = await browser.post(address, data=fields)
    assert (stale.status_code, "刚被他人保存或修改" in stale.text) == (412, True)
    again = await brought(browser, file_of(OWN))
    assert "第 1 版" in again.text


async def test_a_unit_below_reads_by_it_and_may_keep_its_own(sign_in: SignIn) -> None:
    county, township = await sign_in("federation", COUNTY), await sign_in("federation", XIJIANG)
    page = await brought(township, file_of(OWN))
    assert "按 雷山县 保存的列名对应" in page.text
    listed = await township.get("/imports/headings")
    assert_well_formed(listed)
    assert "由上级单位保存" in listed.text
    page = await brought(township, file_of(OWN.replace("户代号", "户号码")))
    address, fields = asked_form(page)
    assert "仍缺下列各列" in page.text
    done = await ended(township, (await township.post(address, data=fields)).headers["location"])
    assert "按 西江镇 保存的列名对应（第 1 版）读取：" in done.text
    assert {"成员的姓名→姓名", "户号码→户编号"} <= set(done.text.split())
    page = await brought(county, file_of(OWN))
    assert "按 雷山县 保存的列名对应（第 1 版）" in page.text


async def test_what_is_kept_is_changed_and_taken_back(sign_in: SignIn) -> None:
    browser = await sign_in("federation", COUNTY)
    listed = await browser.get("/imports/headings")
    assert_well_formed(listed)
    form = {"csrf_token": token_of(listed), "kind": "register", "unit": COUNTY, "version": "1"}
    more = {"column": ["姓名", "户编号", "民族"], "heading": ["成员的姓名", "", "族别"]}
    assert (await browser.post("/imports/headings", data=form | more)).status_code == 303
    stale = await browser.post("/imports/headings", data=form | more)
    assert (stale.status_code, "刚被他人保存或修改" in stale.text) == (412, True)
    assert 'value="族别"' in (await browser.get("/imports/headings")).text
    assert "文件里的哪一列是它？" in (await brought(browser, file_of(OWN))).text
    gone = await browser.post("/imports/headings/forget", data=form | {"version": "2"})
    assert gone.status_code == 303
    assert 'value="族别"' not in (await browser.get("/imports/headings")).text
    page = await brought(browser, file_of(OWN), mode="import")
    address, fields = asked_form(page)
    assert dict(zip(fields["column"], fields["heading"], strict=True))["户编号"] == "户代号"
    other = await browser.post(address, data=fields | {"draft": "gone"})
    assert other.headers["location"] == "/imports?kind=register&mode=import&headings=kept"
    assert "请再选一次文件" in (await browser.get(other.headers["location"])).text


async def test_a_cadre_keeps_the_headings_of_rosters_and_a_reader_none(sign_in: SignIn) -> None:
    cadre, reader = await sign_in("cadre", XIJIANG), await sign_in("reader", XIJIANG)
    page = await brought(cadre, {"file": ("签到.csv", ROSTER.encode())}, kind="roster")
    address, fields = asked_form(page)
    fields["heading"] = [
        "名字" if name == "姓名" else "身份" if name == "身份证号码" else "" for name in fields["column"]
    ]
    done = await ended(cadre, (await cadre.post(address, data=fields)).headers["location"])
    assert "文件里的哪一列是它？" not in done.text
    listed = await cadre.get("/imports/headings")
    assert_well_formed(listed)
    assert ("培训花名册" in listed.text, "建档立卡名册" in listed.text) == (True, False)
    assert "名字" not in (await reader.get("/imports/headings")).text
    english = await cadre.get("/imports/headings", params={"lang": "en"})
    assert "Heading in the file" in english.text
