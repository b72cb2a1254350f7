"""Behind one port, under a path: addresses in answers are those the caller used."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from libs.service.writes import path_in


@pytest.fixture
async def house(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    outer = Starlette(routes=[Mount("/sample", app)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url="http://house") as made:
        yield made


async def test_the_next_page_is_under_the_services_path(house: httpx.AsyncClient) -> None:
    answer = await house.get("/sample/v1/items?limit=3")
    assert answer.json()["next"].startswith("/sample/v1/items?")
    assert (await house.get(answer.json()["next"])).json()["items"][0] == "row-003"


@pytest.mark.parametrize(
    ("mounted", "told"), [("/sample", "/sample/v1/items/1"), ("", "/v1/items/1"), ("/", "/v1/items/1")]
)
def test_what_was_made_is_read_under_the_services_path(mounted: str, told: str) -> None:
    assert path_in(Request({"type": "http", "root_path": mounted}), "/v1/items/1") == told


async def test_a_problem_names_the_callers_address(house: httpx.AsyncClient) -> None:
    assert (await house.get("/sample/v1/refused")).json()["instance"] == "/sample/v1/refused"
    assert (await house.get("/sample/nowhere")).json()["instance"] == "/sample/nowhere"


async def test_conventions_hold_there_too(house: httpx.AsyncClient) -> None:
    assert (await house.get("/sample/v1/open?x=1")).status_code == 400
    assert (await house.post("/sample/v1/files", content=b"x" * 70_000)).status_code == 413
    assert (await house.get("/sample/openapi.json")).json()["servers"] == [{"url": "/sample"}]
