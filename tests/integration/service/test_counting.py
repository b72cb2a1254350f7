"""`count=exact`: how many rows a list has, by the statement that lists them, and for no longer than is allowed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query, Request, Response

from libs.access.fastapi import public
from libs.access.principal import Principal
from libs.events.keyset import Listing
from libs.events.types import Pool
from libs.service.app import create_app
from libs.service.paging import Page, PageOf
from libs.service.settings import ServiceSettings
from tests.integration.service.conftest import NOW, person

# Rows are made one by one, so a page of the first ones is there at once however many there are.
NUMBERS = "SELECT n FROM (SELECT generate_series(1, $1::bigint) AS n) s WHERE n > $2 ORDER BY n LIMIT $3"
UNSORTED = NUMBERS.replace("ORDER BY n ", "")
ENDLESS = 10**12
LONG = timedelta(seconds=30)


def numbers(pool: Pool, most: int) -> Listing:
    return Listing(pool, UNSORTED if most == ENDLESS else NUMBERS, (most,), (0,))


@pytest.fixture
def app(pool: Pool) -> FastAPI:
    router = APIRouter(prefix="/v1", tags=["numbers"])

    @router.get("/numbers", dependencies=[public()])
    async def listed(
        request: Request, response: Response, page: Page, most: Annotated[int, Query(ge=0, le=ENDLESS)]
    ) -> PageOf[int]:
        """Numbers."""
        caller: Principal = person()
        after, listing = page.after(request, caller, {"most": most}), numbers(pool, most)
        rows = [row["n"] for row in await listing.page(after, page.limit + 1)]
        return page.answer(
            request, response, caller, {"most": most}, rows, key=lambda n: [n], count=await page.count(listing)
        )

    settings = ServiceSettings(cursor_secret="secret of the tests", count_seconds=0.2)
    return create_app(
        "numbers", title="Numbers", routers=[router], runtime=None, verifier=None, settings=settings, clock=lambda: NOW
    )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://numbers") as made:
        yield made


async def test_a_count_is_of_all_pages_and_told_once(client: httpx.AsyncClient) -> None:
    first = (await client.get("/v1/numbers?most=7&limit=3&count=exact")).json()
    assert (first["items"], first["count"], "count_missing" in first) == ([1, 2, 3], 7, False)
    assert "count" not in first["next"]
    second = (await client.get(first["next"])).json()
    assert (second["items"], "count" in second) == ([4, 5, 6], False)
    again = (await client.get(second["next"] + "&count=exact")).json()
    assert (again["items"], again["count"], again["next"]) == ([7], 7, None)


async def test_nothing_is_counted_unasked_and_an_empty_list_has_none(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/numbers?most=7")).json() == {"items": [1, 2, 3, 4, 5, 6, 7], "next": None}
    assert (await client.get("/v1/numbers?most=0&count=exact")).json() == {"items": [], "next": None, "count": 0}


@pytest.mark.parametrize("count", ["yes", "Exact", "", "1"])
async def test_another_word_is_422_and_names_the_right_one(client: httpx.AsyncClient, count: str) -> None:
    answer = await client.get("/v1/numbers", params={"most": 7, "count": count})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/count")
    assert "exact" in answer.text


async def test_a_count_that_takes_too_long_is_missing_and_the_page_is_there(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/v1/numbers", params={"most": ENDLESS, "limit": 2, "count": "exact"})).json()
    assert (answer["items"], answer["count_missing"], "count" in answer) == ([1, 2], "too_slow", False)
    assert (await client.get(answer["next"])).json()["items"] == [3, 4]


async def test_a_time_limit_stays_behind_on_no_connection(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        for most, expected in ((ENDLESS, None), (7, 7)):
            listing = Listing(connection, UNSORTED, (most,), (0,))
            assert await listing.count(timedelta(milliseconds=50) if expected is None else LONG) == expected
            assert await connection.fetchval("SHOW statement_timeout") == "0"
    assert await numbers(pool, 7).count(LONG) == 7
    assert await pool.fetchval("SHOW statement_timeout") == "0"
