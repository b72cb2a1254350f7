"""The whole house on test databases, with the sample county in it, and browsers that sign in."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyotp
import pytest
import pytest_asyncio

from jinguo.house import House
from tests.support.houses import Opened, copied
from tests.support.keys import KEYED
from tests.support.postgres import Databases

DEMO = Path(__file__).resolve().parents[3] / "jinguo" / "demo" / "data"
COUNTY, XIJIANG, YONGLE = "522634000000", "522634101000", "522634102000"
KEY = re.compile(r'<p class="id">([A-Z2-7 ]+)</p>')
PASSWORD = "Long-enough-2016"
FILES = (
    ("registry/v1/divisions/imports", "divisions-guizhou-qiandongnan-2016.csv", "registry"),
    ("registry/v1/imports", "register-2016-leishan.xlsx", "registry"),
    ("training/v1/imports", "roster-training.xlsx", "training"),
)
SignIn = Callable[[str, str], Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A copy, for each file of tests, of the house that took in the county once in a run."""

    async def fill(opened: Opened) -> None:
        async with _client(opened.house) as client:
            client.headers["Authorization"] = f"Bearer {opened.house.command_line_token()}"
            for path, name, source in FILES:
                await _import(client, path, name, source)

    async with copied(databases, "console", tmp_path_factory.getbasetemp(), fill) as opened:
        yield opened.house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sign_in(house: House) -> AsyncIterator[SignIn]:
    """`await sign_in(role, division)` is a browser of a fresh account, signed in through the pages."""
    browsers: list[httpx.AsyncClient] = []

    async def enter(role: str, division: str) -> httpx.AsyncClient:
        username = f"{role}{division}{len(browsers)}"
        async with _client(house) as client:
            client.headers["Authorization"] = f"Bearer {house.command_line_token()}"
            body = {"username": username, "name": "测试", "role": role, "division": division}
            made = (await client.post("/access/v1/accounts", json=body)).raise_for_status().json()
        browser = _client(house)
        browsers.append(browser)
        first = {"username": username, "password": made["one_time_password"], "next": "/"}
        page = await browser.post("/sign-in", data=first | {"csrf_token": token_of(await browser.get("/sign-in"))})
        chosen = first | {"new_password": PASSWORD, "again": PASSWORD, "csrf_token": token_of(page)}
        answer = await browser.post("/new-password", data=chosen)
        assert answer.status_code == 303, answer.text
        if (await browser.get("/account")).headers.get("location") == "/second-factor":
            page = await browser.get("/second-factor")
            form = {"code": digits_of(page), "csrf_token": token_of(page)}
            (await browser.post("/second-factor", data=form)).raise_for_status()
        return browser

    yield enter
    await asyncio.gather(*(browser.aclose() for browser in browsers))


def digits_of(page: httpx.Response, later: int = 0) -> str:
    """What a telephone that read this page shows now, or some seconds later."""
    found = KEY.search(page.text)
    assert found, page.text
    return pyotp.TOTP(found[1].replace(" ", "")).at(datetime.now(UTC) + timedelta(seconds=later))


def token_of(page: httpx.Response) -> str:
    """The token a form must carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def _client(house: House) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(house.app)
    return httpx.AsyncClient(
        transport=transport,
        base_url="http://jinguo",
        timeout=60,
        headers={"Accept-Language": "zh"},
        event_hooks=KEYED,
    )


async def _import(client: httpx.AsyncClient, path: str, name: str, source: str) -> None:
    await import_content(client, path, (DEMO / name).read_bytes(), source, name)


async def import_content(
    client: httpx.AsyncClient, path: str, content: bytes, source: str, name: str = "changes.csv"
) -> None:
    """Bring a file and wait until the reports have it."""
    dated = {"edition": "2016-07"} if path.endswith("divisions/imports") else {}
    answer = await client.post(f"/{path}", params={"filename": name, **dated}, content=content)
    answer.raise_for_status()
    job = answer.json()
    while job["status"] in {"queued", "running"}:
        job = (await client.get(answer.headers["location"], headers={"Prefer": "wait=10"})).json()
    assert job["status"] == "succeeded", job
    query = {"source": source, "number": job["result"]["published"]["number"], "wait": 30}
    (await client.get("/reporting/v1/freshness", params=query)).raise_for_status()
