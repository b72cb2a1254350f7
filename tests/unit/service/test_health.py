"""Live, ready and status."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

Bearer = Callable[..., dict[str, str]]


@dataclass
class Cursor:
    name: str
    lag: int
    error: str | None = None


@dataclass
class Status:
    cursors: list[Cursor]


class FakeRuntime:
    """Only what health asks of a runtime."""

    def __init__(self, found: Status | Exception) -> None:
        self.found = found

    async def status(self) -> Status:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


async def test_a_service_without_a_runtime_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "alive"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}


@pytest.mark.parametrize("found", [Status([Cursor("women", 0, "division by zero")]), ConnectionRefusedError("5432")])
async def test_a_stopped_reader_or_a_lost_database_is_not_ready(
    app: FastAPI, client: httpx.AsyncClient, found: Status | Exception
) -> None:
    app.state.runtime = FakeRuntime(found)
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "division by zero" not in answer.text
    assert "5432" not in answer.text


async def test_the_status_shows_what_lags_to_those_who_may_see_it(
    app: FastAPI, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    app.state.runtime = FakeRuntime(Status([Cursor("women", 3)]))
    answer = await client.get("/v1/status", headers=bearer("admin", "000000000000"))
    assert answer.json() == {"service": "sample", "cursors": [{"name": "women", "lag": 3, "error": None}]}
    assert (await client.get("/v1/status", headers=bearer("cadre"))).status_code == 403
