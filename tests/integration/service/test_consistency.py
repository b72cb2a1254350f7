"""What was written in one service is read in another as soon as it is there, and a read says how fresh it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.runtime import Runtime
from libs.events.vault import MemoryVault
from libs.service.clock import system_clock, system_ids
from libs.values.division import Division
from services.registry.worker import MIGRATIONS as REGISTRY_MIGRATIONS
from services.reporting import main
from services.reporting.settings import ReportingSettings
from services.reporting.worker import MIGRATIONS as REPORTING_MIGRATIONS
from services.reporting.worker import service
from tests.conftest import MakeDatabase
from tests.integration.training.house import COUNTY, MIGRATIONS, SERVICE_MIGRATIONS, House
from tests.integration.training.test_courses import COURSE
from tests.unit.training.leishan import registry, women

PARK = """
INSERT INTO parked (consumer, log_id, partition, number, key, event, error, attempts)
SELECT consumer, log_id, 0, $1, $2, '{}', 'boom', 1 FROM offsets WHERE consumer = 'reporting.training' LIMIT 1
"""


@dataclass
class World:
    """Training, and reporting whose readers a test starts."""

    training: House
    reporting: Runtime
    client: httpx.AsyncClient
    sources: dict[str, str]

    async def read(self, event: str, prefer: str) -> httpx.Response:
        return await self.client.get("/v1/freshness", headers={"After-Event": event, "Prefer": prefer})

    async def open_course(self, **changes: Any) -> httpx.Response:
        async with self.training.client() as client:
            return (await client.post("/v1/courses", json=COURSE | changes)).raise_for_status()


@asynccontextmanager
async def reporting(dsn: str, issuer: Issuer) -> AsyncIterator[tuple[Runtime, httpx.AsyncClient]]:
    runtime = await Runtime.open(service(), dsn, vault=MemoryVault(), clock=system_clock, ids=system_ids)
    app = main.build(runtime, verifier=issuer.verifier(), settings=ReportingSettings())
    reader = Principal("reader", "", "reader", Division(COUNTY), scopes_of("reader"))
    headers = {"Authorization": f"Bearer {issuer.user_token(reader)}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://reporting", headers=headers, timeout=60
    ) as client:
        yield runtime, client
    await runtime.stop()


@pytest.fixture
async def world(make_database: MakeDatabase, keys_dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    issuer = Issuer.from_file(tmp_path / "signing.json", clock=system_clock, ids=system_ids)
    dsn = await make_database(SERVICE_MIGRATIONS, MIGRATIONS)
    register = await make_database(SERVICE_MIGRATIONS, REGISTRY_MIGRATIONS)
    activities = await make_database(SERVICE_MIGRATIONS)
    sources = {"registry": register, "training": dsn, "outreach": activities}
    async with (
        House.open(dsn, keys_dsn, issuer, registry(), {"registry": register}) as house,
        reporting(await make_database(SERVICE_MIGRATIONS, REPORTING_MIGRATIONS), issuer) as (runtime, client),
    ):
        await house.registered(women())
        runtime.hearing.dsns = sources  # as an api process, which moves no readers, is told
        yield World(house, runtime, client, sources)


async def test_a_write_of_one_service_is_awaited_in_another(world: World) -> None:
    written = await world.open_course()
    event = written.headers["event-id"]
    assert event.startswith("training:")
    late = await world.read(event, "wait=0, handling=strict")
    assert (late.status_code, late.json()["code"], late.headers["retry-after"]) == (503, "consistency.not_reached", "1")
    lenient = await world.read(event, "wait=0")
    assert (lenient.status_code, lenient.headers["freshness"]) == (200, "outreach=0, registry=0, training=0")
    assert "age" not in lenient.headers
    await world.reporting.start(world.sources)
    there = await world.read(event, "wait=30, handling=strict")
    assert there.status_code == 200
    assert there.headers["preference-applied"] == "wait=30, handling=strict"
    assert there.headers["freshness"].startswith("outreach=0, registry=0, training=1;at=@")
    assert 0 <= int(there.headers["age"]) < 600


async def test_the_id_is_that_of_the_published_record(world: World) -> None:
    event = (await world.open_course()).headers["event-id"]
    await world.training.projected()
    xid = await world.training.runtime.pool.fetchval("SELECT max(xid::text::bigint) FROM events")
    assert await world.training.runtime.wait_published(xid, 30) is not None
    rows = await world.training.runtime.pool.fetch("SELECT event_id FROM published ORDER BY number")
    assert event == f"training:{rows[-1]['event_id']}"


async def test_a_replayed_write_names_the_same_event_and_one_that_says_nothing_names_none(world: World) -> None:
    async with world.training.client() as client:
        key = {"Idempotency-Key": "again"}
        first = await client.post("/v1/courses", json=COURSE, headers=key)
        again = await client.post("/v1/courses", json=COURSE, headers=key)
        assert first.headers["event-id"] == again.headers["event-id"]
        course = first.json()["id"]
        await world.training.projected()
        seen = await world.training.course_seen(client, course)
        silent = await client.post(f"/v1/courses/{course}/finish", headers=seen)
    assert silent.status_code == 200
    assert silent.headers["read-token"]
    assert "event-id" not in silent.headers  # that no more enrol is training's own affair


async def test_a_parked_event_is_said_at_once(world: World) -> None:
    await world.reporting.start(world.sources)
    event = (await world.open_course()).headers["event-id"]
    assert (await world.read(event, "wait=30, handling=strict")).status_code == 200
    await world.reporting.pool.execute(PARK, 1, uuid4())
    parked = await world.read(event, "wait=30")
    assert (parked.status_code, parked.json()["code"]) == (409, "event.parked")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("console:" + str(UUID(int=1)), "consistency.unknown_source"),
        ("training:1", "consistency.after_event"),
        ("", "consistency.after_event"),
    ],
)
async def test_a_header_that_is_none_of_ours_is_refused(world: World, event: str, code: str) -> None:
    answer = await world.read(event, "wait=0")
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_an_event_nobody_has_published_is_not_reached(world: World) -> None:
    assert (await world.read(f"training:{uuid4()}", "wait=0, handling=strict")).status_code == 503
