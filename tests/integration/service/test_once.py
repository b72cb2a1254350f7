"""Writes that are no single command are done once a key; what was answered lies sealed under the caller's key."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

import httpx
import pytest
import structlog
from fastapi import APIRouter, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.types import Pool
from libs.service.app import create_app
from libs.service.bodies import Body
from libs.service.clock import system_ids
from libs.service.once import ABANDONED, KEEP, once
from libs.service.settings import ServiceSettings
from libs.service.writes import json_answer
from libs.values.errors import Conflict
from tests.integration.service.conftest import NOW, person

Send = Callable[..., "asyncio.Task[httpx.Response]"]
SECRET = "one-time-password"


class Order(Body):
    """What is asked."""

    name: str


@dataclass
class Desk:
    """The work behind a route: how often it was done, and a gate a test may close."""

    now: datetime = NOW
    done: list[str] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, name: str) -> None:
        self.begun.set()
        await self.gate.wait()
        if name == "refused":
            raise Conflict("sample.taken", "taken")
        self.done.append(name)
        if name == "written, then broken":
            raise Conflict("sample.broken", "broken")


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.gate.set()
    return made


@pytest.fixture
async def send(pool: Pool, desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Send]:
    """`send(key, name, sub)` starts a POST and gives its task."""
    router = APIRouter(prefix="/v1", tags=["desk"])

    @router.post("/orders", status_code=201, response_model=Order)
    async def order(
        request: Request, body: Order, principal: Annotated[Principal, requires("registry:write")]
    ) -> Response:
        """An order."""

        async def work() -> Response:
            await desk.work(body.name)
            if body.name == "passing":
                return json_answer(body, 207, passing=True)
            return json_answer(Order(name=f"{SECRET} {len(desk.done)}"), 201, {"Location": "/v1/orders/1"})

        return await once(request, principal, work)

    key_file = tmp_path_factory.mktemp("keys") / "signing.json"
    issuer = Issuer.from_file(key_file, clock=lambda: NOW, ids=system_ids)
    app = create_app(
        "desk", title="Desk", routers=[router], runtime=None, verifier=issuer.verifier(),
        settings=ServiceSettings(), pool=pool, clock=lambda: desk.now,
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as client:

        def start(key: str = "k", name: str = "a", role: str = "federation") -> asyncio.Task[httpx.Response]:
            token = issuer.user_token(person(role=role))
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
            return asyncio.create_task(client.post("/v1/orders", json={"name": name}, headers=headers))

        yield start


async def test_the_same_request_is_done_once_and_answered_twice(send: Send, desk: Desk) -> None:
    first, again = await send(), await send()
    assert (first.status_code, first.content, first.headers["location"]) == (201, again.content, "/v1/orders/1")
    assert (again.status_code, again.headers["location"]) == (201, "/v1/orders/1")
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert desk.done == ["a"]


async def test_another_body_under_the_key_is_refused(send: Send, desk: Desk) -> None:
    await send()
    other = await send(name="b")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    assert desk.done == ["a"]


async def test_a_twin_is_told_to_come_back_and_then_gets_the_answer(send: Send, desk: Desk) -> None:
    desk.gate.clear()
    first = send()
    await desk.begun.wait()
    twin = await send()
    assert (twin.status_code, twin.json()["code"], twin.headers["retry-after"]) == (409, "idempotency.in_progress", "1")
    desk.gate.set()
    assert (await first).status_code == 201
    assert (await send()).content == (await first).content
    assert desk.done == ["a"]


async def test_what_was_refused_is_not_kept(send: Send, desk: Desk) -> None:
    assert (await send(name="refused")).status_code == 409
    assert (await send(name="a")).status_code == 201
    assert desk.done == ["a"]


async def test_an_answer_with_what_may_pass_is_not_kept(send: Send, desk: Desk) -> None:
    assert (await send(name="passing")).status_code == 207
    assert "idempotency-replayed" not in (await send(name="passing")).headers
    assert desk.done == ["passing", "passing"]


async def test_the_answer_does_not_lie_there_in_clear(send: Send, pool: Pool) -> None:
    await send()
    rows = await pool.fetch("SELECT answers::text AS row, sealed FROM answers")
    assert len(rows) == 1
    assert SECRET not in rows[0]["row"]
    assert SECRET.encode() not in rows[0]["sealed"]


async def test_work_that_fails_after_it_wrote_is_done_again_at_once(send: Send, desk: Desk) -> None:
    assert (await send(name="written, then broken")).status_code == 409
    assert (await send(name="written, then broken")).status_code == 409
    assert desk.done == ["written, then broken"] * 2


async def test_an_answer_that_cannot_be_kept_is_given_and_the_work_done_again_later(
    send: Send, pool: Pool, desk: Desk
) -> None:
    await pool.execute("ALTER TABLE answers ADD CONSTRAINT full_disk CHECK (sealed IS NULL) NOT VALID")
    with structlog.testing.capture_logs() as logs:
        first = await send()
    assert (first.status_code, SECRET in first.text) == (201, True)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["once.answer_not_kept"]
    await pool.execute("ALTER TABLE answers DROP CONSTRAINT full_disk")
    assert (await send()).json()["code"] == "idempotency.in_progress"
    desk.now = NOW + ABANDONED + timedelta(seconds=1)
    assert (await send()).status_code == 201
    assert desk.done == ["a", "a"]


async def test_a_claim_of_a_dead_process_is_taken_over_and_old_answers_go(send: Send, pool: Pool, desk: Desk) -> None:
    await send()
    await pool.execute("UPDATE answers SET sealed = NULL")  # it died before it could write what it answered
    assert (await send()).status_code == 409
    desk.now = NOW + ABANDONED + timedelta(seconds=1)
    assert (await send()).status_code == 201
    assert desk.done == ["a", "a"]
    desk.now += KEEP + timedelta(seconds=1)
    await send(key="another")
    assert await pool.fetchval("SELECT count(*) FROM answers") == 1
