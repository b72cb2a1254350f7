"""A body has to keep coming and an answer has to begin; what takes longer is stopped and said so."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import StreamingResponse

from libs.access.fastapi import public
from libs.access.tokens import Issuer
from libs.service.app import create_app
from libs.service.settings import ServiceSettings

Bearer = Callable[..., dict[str, str]]


class Slow:
    """A service with routes that take their time, and what became of them."""

    def __init__(self, settings: ServiceSettings, issuer: Issuer) -> None:
        self.cancelled = asyncio.Event()
        router = APIRouter(prefix="/v1", tags=["slow"])

        @router.get("/never", dependencies=[public()])
        async def never() -> None:
            """Would wait for ever."""
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise

        @router.get("/own", dependencies=[public()])
        async def own() -> None:
            """A time limit of the route's own."""
            raise TimeoutError

        @router.get("/long", dependencies=[public()])
        async def long() -> StreamingResponse:
            """Begins at once and goes on for longer than an answer may take to begin."""

            async def lines() -> AsyncIterator[bytes]:
                for _ in range(4):
                    await asyncio.sleep(0.1)
                    yield b"line\n"

            return StreamingResponse(lines())

        @router.post("/files", dependencies=[public()])
        async def files(request: Request) -> int:
            """Reads a body as it comes."""
            return len(await request.body())

        self.app = create_app(
            "slow", title="Slow", routers=[router], runtime=None, verifier=issuer.verifier(), settings=settings
        )


@pytest.fixture
def slow(settings: ServiceSettings, issuer: Issuer) -> Slow:
    quick = settings.model_copy(update={"answer_seconds": 0.2, "body_seconds": 0.3})
    return Slow(quick, issuer)


@pytest.fixture
async def caller(slow: Slow) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(slow.app), base_url="http://slow") as made:
        yield made


async def test_an_answer_that_does_not_begin_is_503_and_its_work_is_cancelled(
    slow: Slow, caller: httpx.AsyncClient
) -> None:
    answer = await caller.get("/v1/never")
    assert (answer.status_code, answer.json()["code"]) == (503, "common.too_slow")
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["x-request-id"]
    assert slow.cancelled.is_set()


async def test_an_answer_that_has_begun_may_go_on(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/v1/long")
    assert (answer.status_code, answer.text) == (200, "line\n" * 4)


async def test_a_time_limit_inside_a_route_is_not_taken_for_ours(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/v1/own")
    assert (answer.status_code, answer.json()["code"]) == (503, "database.unavailable")


async def test_a_body_that_stops_coming_is_408(slow: Slow) -> None:
    answer = await _post(slow.app, [b"some"], ends=False)
    assert answer.status_code == 408
    assert answer.json()["code"] == "common.body_too_slow"
    assert answer.headers["connection"] == "close"


async def test_a_body_may_take_longer_than_an_answer_while_it_keeps_coming(slow: Slow) -> None:
    answer = await _post(slow.app, [b"x" * 16_000] * 5, ends=True, pause=0.1)
    assert (answer.status_code, answer.json()) == (413, {**answer.json(), "code": "common.too_large"})
    small = await _post(slow.app, [b"x" * 400] * 5, ends=True, pause=0.05)
    assert (small.status_code, small.json()) == (200, 2000)


async def _post(app: FastAPI, chunks: list[bytes], *, ends: bool, pause: float = 0.0) -> httpx.Response:
    """POST /v1/files whose body comes in these pieces; without an end it then says nothing more."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            await asyncio.sleep(pause)
            yield chunk
        if not ends:
            await asyncio.Event().wait()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://slow") as client:
        return await client.post("/v1/files", content=body())
