"""Who is not signed in: how often a form may be sent from one address, and what a form may not hold."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from libs.access.api import Access
from libs.access.main import build as build_access
from libs.access.main import open_access
from libs.events.types import Pool
from libs.service.clock import system_clock, system_ids
from libs.service.settings import ServiceSettings
from services.console.__main__ import together
from services.console.main import build
from services.console.settings import ConsoleSettings
from tests.conftest import MakeDatabase
from tests.integration.console.conftest import token_of
from tests.integration.registry.filled import new_issuer

WRONG = {"username": "nobody", "password": "wrong", "next": "/"}


@pytest.fixture
async def parts(make_database: MakeDatabase) -> AsyncIterator[tuple[Access, Pool]]:
    issuer = new_issuer()
    access, pool = await open_access(await make_database(), issuer, bytes(32), clock=system_clock, ids=system_ids)
    yield access, pool
    await pool.close()


@pytest.fixture
async def pages(parts: tuple[Access, Pool]) -> AsyncIterator[FastAPI]:
    access, _ = parts
    async with httpx.AsyncClient(base_url="http://services") as services:
        yield build(
            access, client=services, verifier=access.issuer.verifier(), settings=ConsoleSettings(address_quota=3)
        )


def browser(pages: FastAPI, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(pages, client=(address, 1)), base_url="http://jinguo")


@pytest.mark.parametrize(
    ("path", "more"),
    [("/sign-in", {}), ("/new-password", {"new_password": "a" * 20, "again": "a" * 20}), ("/women/1", {"reason": "x"})],
)
async def test_forms_of_guests_are_counted_by_network(pages: FastAPI, path: str, more: dict[str, str]) -> None:
    async with browser(pages, "2001:db8::1") as one, browser(pages, "2001:db8::2") as other:
        token = {"csrf_token": token_of(await one.get("/sign-in"))}
        answers = [await one.post(path, data=WRONG | more | token) for _ in range(3)]
        assert 429 not in {answer.status_code for answer in answers}
        other.cookies = one.cookies
        refused = await other.post(path, data=WRONG | more | token)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 20  # a minute for three
        assert "请求太频繁" in refused.text
        assert (await other.get("/sign-in")).status_code == 200
    async with browser(pages, "2001:db8:0:1::1") as elsewhere:
        assert (await elsewhere.get("/sign-in")).status_code == 200
        assert (await elsewhere.post("/sign-in", data=WRONG)).status_code == 403


async def test_a_nul_in_a_form_is_refused(pages: FastAPI) -> None:
    async with browser(pages, "192.0.2.1") as guest:
        token = token_of(await guest.get("/sign-in"))
        answer = await guest.post("/sign-in", data=WRONG | {"username": "a\x00", "csrf_token": token})
        assert (answer.status_code, "NUL" in answer.text) == (422, True)
        assert (await guest.get("/sign-in?next=%00")).status_code == 422


async def test_a_console_alone_seals_the_trail_of_access(parts: tuple[Access, Pool], pages: FastAPI) -> None:
    access, pool = parts
    verifier, settings = access.issuer.verifier(), ServiceSettings(audit_key="ab" * 32)
    rest = build_access(access, verifier=verifier, settings=settings, clock=system_clock, ids=system_ids)
    app = together(rest, pages)
    async with app.router.lifespan_context(app), browser(pages, "192.0.2.1") as guest:
        token = token_of(await guest.get("/sign-in"))
        assert (await guest.post("/sign-in", data=WRONG | {"csrf_token": token})).status_code == 401
        assert await pool.fetchval("SELECT count(*) FROM audit_trail") == 1
    assert await pool.fetchval("SELECT count(*) FROM audit_unsealed") == 0
    assert await pool.fetchval("SELECT count(*) FROM audit_chain") == 1
    assert await pool.fetchval("SELECT count(*) FROM audit_checkpoints") == 1
