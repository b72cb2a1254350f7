"""Single resources have an ETag and answer 304; items of lists have the fields that were asked for."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel

from libs.access.fastapi import public
from libs.access.principal import Principal
from libs.service.app import create_app
from libs.service.paging import Count, Page, PageOf
from libs.service.settings import ServiceSettings
from libs.values.division import NATION


class Row(BaseModel):
    id: str
    name: str
    days: int


def rows_app() -> FastAPI:
    router = APIRouter(prefix="/v1", tags=["rows"])
    caller = Principal("somebody", "", "reader", NATION, frozenset())

    @router.get("/rows", dependencies=[public()])
    async def rows(request: Request, response: Response, page: Page) -> PageOf[Row]:
        """Seven rows."""
        after = page.after(request, caller, {})
        found = [Row(id=str(number), name=f"row {number}", days=number) for number in range(7)]
        rest = [row for row in found if after is None or row.id > after[0]]
        return page.answer(request, response, caller, {}, rest[: page.limit + 1], key=lambda row: [row.id],
                           count=Count())  # fmt: skip

    settings = ServiceSettings(cursor_secret="secret of the tests")
    return create_app("rows", title="Rows", routers=[router], runtime=None, verifier=None, settings=settings)


@pytest.fixture
async def lists() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(rows_app()), base_url="http://rows") as made:
        yield made


async def test_items_have_the_fields_that_were_asked_for_on_every_page(lists: httpx.AsyncClient) -> None:
    first = await lists.get("/v1/rows", params={"fields": "id,days", "limit": 4})
    assert first.json()["items"] == [{"id": str(number), "days": number} for number in range(4)]
    assert int(first.headers["content-length"]) == len(first.content)
    second = await lists.get(first.json()["next"])
    assert second.json()["items"] == [{"id": str(number), "days": number} for number in range(4, 7)]


@pytest.mark.parametrize("fields", ["", "id,", "nonsense", "id,items", "id;name"])
async def test_a_field_that_no_item_has_is_refused_with_those_there_are(lists: httpx.AsyncClient, fields: str) -> None:
    answer = await lists.get("/v1/rows", params={"fields": fields})
    assert (answer.status_code, answer.json()["code"]) == (400, "paging.unknown_field")
    assert answer.json()["errors"][0]["right"] == "days,id,name"


@pytest.mark.parametrize("known", ["{tag}", "{weak}", '"other", {tag}'])
async def test_what_the_caller_has_already_is_not_told_again(client: httpx.AsyncClient, known: str) -> None:
    for path in ("/v1/places/a", "/v1/items/1"):
        tag = (await client.get(path)).headers["etag"]
        asked = known.format(tag=tag, weak="W/" + tag.removeprefix("W/"))
        same = await client.get(path, headers={"If-None-Match": asked})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert "content-type" not in same.headers
        assert (await client.get(path, headers={"If-None-Match": '"another"'})).status_code == 200


async def test_the_tag_of_a_version_is_the_routes_own_and_another_content_has_another(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/v1/items/1")).headers["etag"] == '"3"'
    tags = [(await client.get(f"/v1/places/{place}")).headers["etag"] for place in ("a", "b", "a")]
    assert tags[0].startswith('W/"')
    assert (tags[0] == tags[2], tags[0] == tags[1]) == (True, False)


async def test_a_read_that_is_noted_is_answered_in_full(client: httpx.AsyncClient) -> None:
    assert "etag" not in (await client.get("/v1/noted/a")).headers
