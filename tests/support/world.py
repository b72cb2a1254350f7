"""A small world with the same things in every unit, each saying whose it is: two counties, two townships in each.

The whole product over databases of its own. Names, ids, titles and file names of a unit stand nowhere else, so that
whoever sees one of them sees that unit.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import openpyxl

from jinguo.house import House
from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.rules import POLICY
from libs.service.rates import Meter, Rates
from libs.values.division import NATION, Division
from libs.values.resident_id import check_character
from services.registry.domain.exits.rules import CRITERIA
from services.registry.handlers.exits import Exits
from services.registry.handlers.keeping import keepers_of
from services.registry.settings import KeptExits
from tests.support import planted
from tests.support.after_course import after_course, counted
from tests.support.houses import Opened, copied
from tests.support.keys import KEYED
from tests.support.postgres import Databases

DIVISIONS = Path(__file__).parents[2] / "jinguo/demo/data/divisions-guizhou-qiandongnan-2016.csv"
UNLIMITED = Rates(Meter("client", 0, 60), Meter("address", 0, 60))
HEADER = ("序号", "姓名", "性别", "身份证号码", "家庭住址", "培训工种", "出勤天数", "考核结果", "证书编号")
CLASSES = frozenset(POLICY.classes)
LIFE = timedelta(hours=2)  # of a caller: the longest walk of a test, on a slow machine
EXIT_DAY = "2017-03-01"
LINES = [{"criterion": name, "met": True} for name in CRITERIA]
KEEPERS = (KeptExits(unit=NATION.code, first=date(2016, 1, 1), source="世界"),)
FAR = ("2098-01-01", "2098-01-10")  # courses that are not over


@dataclass(frozen=True)
class Unit:
    """A unit with what is planted in it. `sign`: a family name of nobody else; `number`: part of all its numbers."""

    key: str
    code: str
    sign: str
    number: int
    county: str = ""
    township: str = ""
    village: str = ""

    @property
    def division(self) -> Division:
        return Division(self.code)

    @property
    def slug(self) -> str:
        return f"{self.key.lower()}-canary"

    def names(self, count: int) -> list[str]:
        return [f"{self.sign}{given}" for given in "芳娟敏静丽艳霞玲桂兰英梅"[:count]]

    def resident_id(self, nth: int, woman: bool = True) -> str:
        first = f"999999{1970 + nth}0{1 + self.number % 8}15{self.number:02}{2 if woman else 1}"
        return first + check_character(first)

    @property
    def canaries(self) -> frozenset[str]:
        """Words that stand nowhere but in what is this unit's."""
        ids = {self.resident_id(nth, woman) for nth in range(20) for woman in (True, False)}
        return frozenset({self.sign, self.slug, f"甲{self.sign}寨", f"139{self.number:04}", *ids})


A1 = Unit("A1", "522634100000", "亓", 11, "雷山县", "丹江镇", "西门村")
A2 = Unit("A2", "522634101000", "仉", 22, "雷山县", "西江镇", "长乌村")
B1 = Unit("B1", "522601100000", "宓", 33, "凯里市", "三棵树镇", "平寨村")
B2 = Unit("B2", "522601101000", "郏", 44, "凯里市", "舟溪镇", "苗岭村")
A = Unit("A", "522634000000", "笪", 55)
B = Unit("B", "522601000000", "佘", 66)
P = Unit("P", "522600000000", "佟", 77)
TOWNSHIPS = (A1, A2, B1, B2)
UNITS = (*TOWNSHIPS, A, B, P)
BY_CODE = {unit.code: unit for unit in UNITS}


@dataclass
class World:
    """The product with the units in it."""

    house: House
    dsns: Mapping[str, str]
    folder: Path
    _tokens: dict[Any, str] = field(default_factory=dict)

    @property
    def apps(self) -> Mapping[str, Any]:
        """Services by name; the pages are none."""
        return self.house._apps

    def token(self, role: str, division: Division, measures: frozenset[str] | None = None, sub: str = "") -> str:
        """Of a caller of this role in a unit; one caller for each combination."""
        key = (role, division, measures, sub)
        if key not in self._tokens:
            self._tokens[key] = self.house._issuer.user_token(caller(role, division, measures, sub), LIFE)
        return self._tokens[key]

    def client(self, token: str = "", **more: Any) -> httpx.AsyncClient:
        """Of everything behind one address."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.house.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://world", headers=headers, timeout=60, **more)

    async def settled(self) -> None:
        """Wait until every reader has read everything that was written."""
        for name, runtime in self.house.runtimes.items():
            if not runtime.service.codec.names:
                continue
            xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
            if xid is None:
                continue
            for projection in runtime.service.projections:
                assert await runtime.wait_projected(xid, projection.name, 60)
            await runtime.wait_published(xid, 60)
            number = await runtime.pool.fetchval("SELECT max(number) FROM published")
            for other in self.house.runtimes.values():
                for consumer in other.service.consumers:
                    if consumer.source == name and number is not None:
                        assert await other.wait_consumed(consumer.name, number, 60)


def caller(role: str, division: Division, measures: frozenset[str] | None = None, sub: str = "") -> Principal:
    """A principal; a partner's agreement gives it all fields, so that rows alone decide what it sees."""
    unit = BY_CODE.get(division.code)
    name = sub or f"{unit.slug if unit else division.code}-{role}"
    kind: Any = {"partner": "client", "service": "service"}.get(role, "user")
    fields = CLASSES if kind == "client" else None
    return Principal(name, name, role, division, scopes_of(role), kind, measures=measures, fields=fields)


@asynccontextmanager
async def world(databases: Databases, parent: Path) -> AsyncIterator[World]:
    """A copy of the filled world, which is made once in a run; `parent` is a folder of this run."""
    async with copied(databases, "world", parent, lambda opened: _fill(_unlimited(opened))) as opened:
        yield _unlimited(opened)


def _unlimited(opened: Opened) -> World:
    found = World(opened.house, opened.dsns, opened.folder)
    for app in found.apps.values():
        app.state.rates = UNLIMITED
    found.apps["registry"].state.exits = Exits(found.house.runtimes["registry"], keepers_of(KEEPERS))
    return found


async def _fill(world: World) -> None:
    async with world.client(world.token("owner", NATION), event_hooks=KEYED) as nation:
        await _job(nation, "/registry/v1/divisions/imports", _divisions(), "divisions.csv")
    for unit in TOWNSHIPS:
        await add_register(world, unit)
    for unit in TOWNSHIPS:  # a month later a full register leaves the last woman out
        await add_register(world, unit, women=3, as_of="2017-01-31", cover=unit.code)
    await world.settled()
    for unit in TOWNSHIPS:
        async with world.client(world.token("federation", unit.division), event_hooks=KEYED) as http:
            await _exit(http)
            await _assessed(http)
            await _rights(http)
    for unit in UNITS:
        async with world.client(world.token("federation", unit.division), event_hooks=KEYED) as http:
            await _courses(http, world, unit)
            for path, body in planted.of(unit):
                (await http.post(path, json=body)).raise_for_status()
            await _headings(http, unit)
        async with world.client(world.token("security-admin", unit.division), event_hooks=KEYED) as http:
            await _accounts(http, unit)
        async with world.client(world.token("auditor", unit.division)) as http:
            for name in world.apps:
                (await http.get(f"/{name}/v1/audit")).raise_for_status()
    await _shared_course(world)
    await world.settled()
    for unit in TOWNSHIPS:
        await _twice(world, unit)
    await world.settled()


async def _shared_course(world: World) -> None:
    """A course and an activity of the prefecture with women of both counties: each sees it, and its own women in it."""
    body = {
        "title": "州里的苗绣班", "trade": "苗绣", "organiser": "州妇联", "first_day": FAR[0], "last_day": FAR[1],
        "place": "州府", "days": 10, "capacity": None,
    }  # fmt: skip
    token = world.token("federation", P.division, sub="州里的人")
    async with world.client(token, event_hooks=KEYED) as http:
        made = (await http.post("/training/v1/courses", json=body)).raise_for_status().json()
        sitting = []
        for unit in TOWNSHIPS:
            query = {"division": unit.code}
            women = (await http.get("/registry/v1/women", params=query)).raise_for_status().json()["items"]
            chosen = {"woman_id": max(row["woman_id"] for row in women)}
            (await http.post(f"/training/v1/courses/{made['id']}/enrolments", json=chosen)).raise_for_status()
            sitting.append(chosen["woman_id"])
        await planted.reach(http, sitting)


async def add_register(world: World, unit: Unit, first: int = 0, women: int = 4, **query: str) -> dict[str, Any]:
    """Women of a township from the one numbered `first` on, in two households, and a row that is refused."""
    async with world.client(world.token("federation", unit.division), event_hooks=KEYED) as http:
        name = f"{unit.slug}-{first}.xlsx"
        return await _job(http, "/registry/v1/imports", _register(unit, first, women), name, **query)


async def _twice(world: World, unit: Unit) -> None:
    """The first woman of a township is registered a second time, under an id one digit from hers."""
    body = "999998" + unit.resident_id(0)[6:17]
    row = _person(unit, 20, unit.names(1)[0], body + check_character(body), "户主") | {"人数": 1}
    async with world.client(world.token("federation", unit.division), event_hooks=KEYED) as http:
        await after_course(http, unit.sign, unit.slug)
        await _job(http, "/registry/v1/imports", _sheet(unit, [row]), f"{unit.slug}-twice.xlsx")
        await _ended(http, await http.post("/registry/v1/duplicates/scans", json={}))


async def _courses(http: httpx.AsyncClient, world: World, unit: Unit) -> None:
    body = {
        "title": f"{unit.slug} {unit.sign}绣班", "trade": "苗绣", "organiser": f"{unit.sign}妇联 {unit.slug}",
        "first_day": FAR[0], "last_day": FAR[1], "place": f"甲{unit.sign}寨", "days": 10, "capacity": 1,
    }  # fmt: skip
    made = (await http.post("/training/v1/courses", json=body)).raise_for_status().json()
    address, sessions = f"/training/v1/courses/{made['id']}/sessions", {"sessions": [{"day": FAR[0], "place": "寨"}]}
    (await http.post(address, json=sessions, headers={"If-Match": '"1"'})).raise_for_status()
    if unit not in TOWNSHIPS:
        return
    listed = (await http.get("/registry/v1/women")).raise_for_status().json()["items"]
    first, second = sorted(row["woman_id"] for row in listed)[:2]
    await counted(http, unit.sign, unit.slug, first)
    course = f"/training/v1/courses/{made['id']}"
    (await http.post(f"{course}/enrolments", json={"woman_id": first})).raise_for_status()
    (await http.post(f"{course}/waitlist", json={"woman_id": second})).raise_for_status()
    await _job(http, "/training/v1/imports", _roster(unit), f"{unit.slug}-roster.xlsx")
    await _job(http, "/outreach/v1/imports", planted.publicity(unit), f"{unit.slug}-publicity.xlsx")


async def _exit(http: httpx.AsyncClient) -> None:
    """A household of the township whose exit hangs out as a notice, with an objection; one that the office took out."""
    listed = (await http.get("/registry/v1/women")).raise_for_status().json()["items"]
    first, second = sorted({row["household_id"] for row in listed})[:2]
    form = {"on": EXIT_DAY, "year": 2016, "income_fen": 320_000, "lines": LINES}
    (await http.post("/registry/v1/exits", json=form | {"household_id": second})).raise_for_status()
    for row in listed:
        if row["household_id"] == second:
            told = await http.post(f"/registry/v1/women/{row['woman_id']}/exit", json={"valid": "2017-02"})
            told.raise_for_status()
    made = (await http.post("/registry/v1/exits", json=form | {"household_id": first})).raise_for_status()
    address, etag = f"/registry/v1/exits/{made.json()['process_id']}", made.headers["etag"]
    for way, body in (
        ("check", {"on": EXIT_DAY}), ("answer", {"on": EXIT_DAY, "agreed": True}),
        ("notice", {"first": EXIT_DAY, "until": "2098-01-10"}),
        ("objections", {"on": EXIT_DAY, "by": "某", "text": "有商铺"}),
    ):  # fmt: skip
        answer = await http.post(f"{address}/{way}", json=body, headers={"If-Match": etag})
        etag = answer.raise_for_status().headers["etag"]


async def _assessed(http: httpx.AsyncClient) -> None:
    """The income of a household of the township, and what a woman of it needs; the others nobody has asked."""
    listed = (await http.get("/registry/v1/women")).raise_for_status().json()["items"]
    woman = min(listed, key=lambda row: str(row["woman_id"]))
    income = {
        "year": 2016, "on": EXIT_DAY, "persons": 3, "operating_fen": 500_000, "property_fen": 0, "wages_fen": 600_000,
        "operating_cost_fen": 200_000, "transfers_fen": 30_000,
    }  # fmt: skip
    address = f"/registry/v1/households/{woman['household_id']}/incomes"
    (await http.post(address, json=income)).raise_for_status()
    needs = {
        "on": EXIT_DAY, "main_cause": "缺技术", "other_causes": [], "labour": "ordinary", "skills_wanted": ["farming"],
        "willing_to_borrow": False, "children_under_3": 0, "children_3_to_5": 0, "health": ["健康"],
    }  # fmt: skip
    (await http.post(f"/registry/v1/women/{woman['woman_id']}/needs", json=needs)).raise_for_status()


async def _rights(http: httpx.AsyncClient) -> None:
    """A woman of the township who was told, agreed to one purpose and asks for a copy."""
    listed = (await http.get("/registry/v1/women")).raise_for_status().json()["items"]
    rights, today = f"/registry/v1/women/{min(row['woman_id'] for row in listed)}/rights", "2026-11-02"
    for way, body in (
        ("notices", {"purposes": ["registration"], "how": "phone"}),
        ("consents", {"purpose": "bank", "evidence": "T-1"}),
        ("requests", {"kind": "access", "due": "2026-11-23"}),
    ):
        (await http.post(f"{rights}/{way}", json={**body, "on": today})).raise_for_status()


async def _headings(http: httpx.AsyncClient, unit: Unit) -> None:
    """Headings that the unit keeps for files of every kind."""
    for service in ("registry", "training", "outreach"):
        address = f"/{service}/v1/header-mappings"
        for each in (await http.get(f"{address}/kinds")).raise_for_status().json()["items"]:
            body = {"columns": [{"heading": f"{unit.sign}的{each['column'][0]}", "column": each["column"][0]}]}
            (await http.put(address, params={"kind": each["kind"]}, json=body)).raise_for_status()


async def _accounts(http: httpx.AsyncClient, unit: Unit) -> None:
    name = f"{unit.sign}芳 {unit.slug}"
    body = {"username": unit.slug, "name": name, "role": "cadre", "division": unit.code}
    (await http.post("/access/v1/accounts", json=body)).raise_for_status()
    client = {"name": name, "division": unit.code, "scopes": ["registry:read"], **await _agreement(http, unit)}
    (await http.post("/access/v1/clients", json=client)).raise_for_status()


async def _agreement(http: httpx.AsyncClient, unit: Unit) -> dict[str, str]:
    body = {
        "name": unit.slug, "partner": f"{unit.sign}农商行", "division": unit.code, "scopes": ["registry:read"],
        "fields": ["reference"], "event_types": None, "measures": None, "valid_from": "2016-01-01",
        "reason": f"按与{unit.sign}农商行的协议第4条",
    }  # fmt: skip
    made = (await http.post("/access/v1/agreements", json=body)).raise_for_status().json()
    return {"agreement_id": made["agreement_id"]}


async def _job(http: httpx.AsyncClient, path: str, content: bytes, filename: str, **query: str) -> dict[str, Any]:
    return await _ended(http, await http.post(path, params={"filename": filename, **query}, content=content))


async def _ended(http: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    """The result of a job that succeeded."""
    job: dict[str, Any] = answer.raise_for_status().json()
    async with asyncio.timeout(120):
        while job["status"] in {"queued", "running"}:
            job = (await http.get(answer.headers["location"], headers={"Prefer": "wait=10"})).json()
    assert job["status"] == "succeeded", job
    result: dict[str, Any] = job["result"]
    return result


def _divisions() -> bytes:
    lines = DIVISIONS.read_text(encoding="utf-8-sig").splitlines()
    codes = {unit.code for unit in UNITS} | {"000000000000", "520000000000"}
    kept = [line for line in lines[1:] if line[:12] in codes or f"{line[:9]}000" in {u.code for u in TOWNSHIPS}]
    return "\n".join([lines[0], *kept]).encode()


def _register(unit: Unit, first: int, women: int) -> bytes:
    rows = []
    for nth, name in enumerate(unit.names(first + women)[first:], first):
        rows.append(_person(unit, nth, name, unit.resident_id(nth), "户主" if nth % 2 == 0 else "之女"))
    rows.append(_person(unit, first, f"{unit.sign}建国", unit.resident_id(first + 10, woman=False), "配偶"))
    rows.append(_person(unit, first, f"{unit.sign}误", unit.resident_id(first)[:-3] + "000", "之女"))
    return _sheet(unit, rows)


def _sheet(unit: Unit, rows: Sequence[Mapping[str, Any]]) -> bytes:
    head = [f"{unit.county}建档立卡贫困人口信息表"]
    note = [f"填报单位：{unit.county}扶贫开发办公室    数据截止：2016年12月31日"]
    return _book([head, note, list(rows[0]), *(list(row.values()) for row in rows)])


def _person(unit: Unit, nth: int, name: str, resident_id: str, relation: str) -> dict[str, Any]:
    code = f"{unit.number:05}{nth // 2:05}"
    return {
        "序号": nth + 1, "县(市、区、旗)": unit.county, "乡(镇)": unit.township, "行政村": unit.village,
        "自然村": f"甲{unit.sign}寨", "户编号": code, "人编号": f"{code}{nth % 2 + 1:02}", "姓名": name,
        "证件号码": resident_id, "人数": 3, "与户主关系": relation, "民族": "苗族", "文化程度": "小学",
        "在校生状况": "非在校生", "健康状况": "健康", "劳动技能": "普通劳动力", "务工状况": None,
        "务工时间（月）": None, "参加大病医疗": "是", "脱贫属性": "未脱贫", "贫困户属性": "一般贫困户",
        "主要致贫原因": "缺资金", "危房户": "否", "饮水安全": "是", "饮水困难": "是", "人均纯收入": 2000 + nth,
        "联系电话": f"139{unit.number:04}{nth:04}",
    }  # fmt: skip


def _roster(unit: Unit) -> bytes:
    """Two women who are known without doubt, and one by her name alone, who waits for a person's decision."""
    names = unit.names(3)
    rows: list[list[Any]] = [[f"{unit.slug} 妇女刺绣培训班学员花名册"]]
    rows.append(
        [f"培训机构：{unit.sign}妇联 {unit.slug}   培训地点：甲{unit.sign}寨   培训时间：2017年5月8日—5月17日（10天）"]
    )
    rows.append(list(HEADER))
    for nth, name in enumerate(names):
        written = unit.resident_id(nth) if nth < 2 else None
        number = f"{unit.slug}-{nth}" if nth == 2 else None  # the others are to get theirs
        rows.append([nth + 1, name, "女", written, unit.village, "刺绣", 10, "合格", number])
    return _book(rows)


def _book(rows: Sequence[Sequence[Any]]) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()
