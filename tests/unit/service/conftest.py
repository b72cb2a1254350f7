"""A small service with one route of each kind, called in process."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query, Request, Response
from pydantic import Field

from libs.access.fastapi import public, requires
from libs.access.policy import scopes_of
from libs.access.principal import Principal, covers_or_404
from libs.access.tokens import Issuer
from libs.service.app import create_app
from libs.service.auditing import sensitive
from libs.service.bodies import Body
from libs.service.clock import system_ids
from libs.service.paging import Count, Page, PageOf
from libs.service.settings import ServiceSettings
from libs.service.uploads import receive_file
from libs.service.writes import etag, idempotency, if_match, meta_of
from libs.values.division import Division
from libs.values.errors import Refused

NOW = datetime(2016, 7, 1, 8, tzinfo=UTC)
ROWS = [f"row-{number:03}" for number in range(7)]


class Item(Body):
    name: Annotated[str, Field(min_length=1, max_length=20)]
    days: int = 1


class Filter(Body):
    kind: str = ""
    tags: list[str] = Field(default_factory=list)


def sample_router() -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["sample"])

    @router.get("/open", dependencies=[public()])
    async def open_to_all(tag: Annotated[list[str] | None, Query()] = None) -> dict[str, object]:
        """Anybody."""
        return {"tags": tag or []}

    @router.get("/women/{division}")
    async def women(division: str, principal: Annotated[Principal, requires("registry:read")]) -> dict[str, str]:
        """Inside the caller's units."""
        covers_or_404(principal, Division(division), "division")
        return {"division": division}

    @router.post("/items", status_code=201)
    async def create(
        request: Request, body: Item, principal: Annotated[Principal, requires("registry:write")]
    ) -> dict[str, object]:
        """A write."""
        key = await idempotency(request, principal)
        meta = meta_of(request, principal, valid="2016-05-03")
        return {"name": body.name, "key": str(key.command_id), "fingerprint": key.fingerprint, "unit": meta.unit,
                "correlation": str(meta.correlation_id), "trace": meta.traceparent}  # fmt: skip

    @router.get("/refused", dependencies=[public()])
    async def refused() -> None:
        """A rule says no."""
        raise Refused("sample.rule", "课程已经结束", field="days", value="3", rule="≤ 2", right="2")

    @router.get("/broken", dependencies=[public()])
    async def broken() -> None:
        """An error nobody foresaw, quoting a person."""
        raise RuntimeError("杨秀英 522634199003070026")

    @router.get("/model", dependencies=[public()])
    async def model(query: Annotated[Filter, Query()]) -> Filter:
        """Parameters as one model."""
        return query

    @router.post("/files", dependencies=[public()])
    async def files(request: Request, filename: str = "file") -> dict[str, object]:
        """A file."""
        file = await receive_file(request, 64 * 1024, filename=filename)
        try:
            return {"name": file.filename, "size": file.size, "sha256": file.sha256}
        finally:
            file.remove()

    return router


def items_router() -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["items"])

    @router.get("/items", dependencies=[public()])
    async def items(request: Request, response: Response, page: Page, kind: str | None = None) -> PageOf[str]:
        """A list."""
        caller = Principal("somebody", "", "reader", Division("000000000000"), frozenset())
        after = page.after(request, caller, {"kind": kind})
        rest = [row for row in ROWS if after is None or row > after[0]]
        return page.answer(request, response, caller, {"kind": kind}, rest[: page.limit + 1], key=lambda row: [row],
                           count=Count())  # fmt: skip

    @router.put("/items/{item_id}", dependencies=[public()])
    async def change(request: Request, item_id: int) -> dict[str, int]:
        """A change of a version."""
        return {"item": item_id, "version": if_match(request)}

    @router.get("/items/{item_id}", dependencies=[public()])
    async def read(response: Response, item_id: int) -> dict[str, int]:
        """A version."""
        response.headers["ETag"] = etag(3)
        return {"item": item_id}

    @router.get("/places/{place}", dependencies=[public()])
    async def place(place: str) -> dict[str, str]:
        """What has no version."""
        return {"place": place}

    @router.get("/noted/{place}", dependencies=[public(), sensitive("place.opened")])
    async def noted(place: str) -> dict[str, str]:
        """What is noted."""
        return {"place": place}

    return router


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    return ServiceSettings(body_limit=2048, temp_folder=tmp_path, cursor_secret="secret of the tests")


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer.from_file(tmp_path / "signing.json", clock=lambda: NOW, ids=system_ids)


@pytest.fixture
def app(settings: ServiceSettings, issuer: Issuer) -> FastAPI:
    return create_app(
        "sample",
        title="Sample",
        routers=[sample_router(), items_router()],
        runtime=None,
        verifier=issuer.verifier(),
        settings=settings,
        clock=lambda: NOW,
    )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sample") as made:
        yield made


@pytest.fixture
def bearer(issuer: Issuer) -> Callable[..., dict[str, str]]:
    """Headers of a caller with this role and division."""

    def headers(role: str = "federation", division: str = "522634000000", sub: str | None = None) -> dict[str, str]:
        account = sub or str(UUID(int=7))
        principal = Principal(account, "somebody", role, Division(division), scopes_of(role))
        return {"Authorization": f"Bearer {issuer.user_token(principal)}"}

    return headers
