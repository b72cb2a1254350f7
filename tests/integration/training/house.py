"""Training opened for real: its databases, its app called in process, tokens of every role."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.contract import Contract, Fact
from libs.events.contracts import registry as contracts
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.types import Clock
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from libs.values.division import Division
from services.training.consumers import registry as consumer
from services.training.handlers.ports import RegistryResolver
from services.training.main import build
from services.training.settings import TrainingSettings
from services.training.worker import MIGRATIONS, service
from tests.support.jobs import result_of
from tests.support.keys import KEYED

ROOT = Path(__file__).resolve().parents[3]
SERVICE_MIGRATIONS = ROOT / "libs" / "service" / "migrations"
MASTER = b"m" * 32
COUNTY = "522634000000"
AGREED = {
    "kind": "client",
    "agreement": "bank@1",
    "fields": frozenset({"reference", "place", "poverty", "measure", "figures"}),
}
LOG = UUID(int=7)  # of the registry


@dataclass
class House:
    """Training's app and runtime."""

    runtime: Runtime
    app: FastAPI
    issuer: Issuer

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        dsn: str,
        keys_dsn: str,
        issuer: Issuer,
        registry: RegistryResolver,
        sources: dict[str, str],
        clock: Clock = system_clock,
        follow_every: float = 5.0,
    ) -> AsyncIterator["House"]:
        vault = await PostgresVault.open(keys_dsn, MASTER)
        runtime = await Runtime.open(service(), dsn, vault=vault, clock=clock, ids=system_ids)
        await runtime.start(sources)
        settings = TrainingSettings(follow_every=follow_every)
        app = build(runtime, verifier=issuer.verifier(), settings=settings, registry=registry, clock=clock)
        try:
            async with app.router.lifespan_context(app):
                yield cls(runtime, app, issuer)
        finally:
            await runtime.stop()
            await vault.close()

    def client(self, division: str = COUNTY, role: str = "cadre", **limits: Any) -> httpx.AsyncClient:
        """A client with the token of a role in a unit; a partner's is what a program under an agreement has."""
        if role == "partner":
            limits = AGREED | limits
        principal = Principal(f"{role}-{division}", "测试", role, Division(division), scopes_of(role), **limits)
        headers = {"Authorization": f"Bearer {self.issuer.user_token(principal)}"}
        transport = httpx.ASGITransport(app=self.app)
        return httpx.AsyncClient(
            transport=transport, base_url="http://training", headers=headers, timeout=60, event_hooks=KEYED
        )

    async def job(self, client: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
        """The job when it has ended."""
        assert answer.status_code == 202, answer.text
        async with asyncio.timeout(120):
            while True:
                address = f"/v1/jobs/{answer.json()['id']}"
                job: dict[str, Any] = (await client.get(address, headers={"Prefer": "wait=5"})).json()
                if job["status"] not in ("queued", "running"):
                    return job

    async def roster(self, path: Path, division: str = COUNTY, **query: Any) -> dict[str, Any]:
        """Import a roster and give the job's result."""
        content = await asyncio.to_thread(path.read_bytes)
        async with self.client(division) as client:
            answer = await client.post("/v1/imports", params={"filename": path.name, **query}, content=content)
            result = await result_of(client, await self.job(client, answer))
        await self.projected()
        return result

    async def projected(self) -> None:
        """Wait until every read model shows everything that was appended."""
        xid = await self.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
        if xid is None:
            return
        for projection in self.runtime.service.projections:
            assert await self.runtime.wait_projected(xid, projection.name, 30)

    async def registered(self, women: Iterable[tuple[UUID, str]]) -> None:
        """The registry's facts about these women arrive."""
        await self.told(_registered(woman, division) for woman, division in women)

    async def told(self, facts: Iterable[Contract], first: int = 1) -> None:
        """These facts of the registry arrive, numbered from `first`."""
        async with self.runtime.pool.acquire() as tx, tx.transaction():
            await consumer.apply(tx, [_fact(number, body) for number, body in enumerate(facts, first)])

    async def course_seen(self, client: httpx.AsyncClient, course: Any) -> dict[str, str]:
        """`If-Match` with the present version of a course."""
        await self.projected()
        return {"If-Match": (await client.get(f"/v1/courses/{course}")).headers["ETag"]}

    async def enrolment_seen(self, client: httpx.AsyncClient, course: Any, woman: Any) -> dict[str, str]:
        """`If-Match` with the present version of a woman's enrolment."""
        await self.projected()
        items = (await client.get(f"/v1/courses/{course}/enrolments", params={"limit": 500})).json()["items"]
        return {"If-Match": next(f'"{item["version"]}"' for item in items if item["woman_id"] == str(woman))}

    async def figures(self) -> dict[str, Any]:
        """What must be equal however often, in whatever pieces and by whomever the rosters came in."""
        queries = {
            "courses": "SELECT course_id, unit, title, first_day, days FROM courses ORDER BY 1",
            "seats": "SELECT course_id, seat_id, woman FROM seats ORDER BY 1, 2",
            "enrolments": "SELECT enrolment_id, woman_id, unit, days, completed, withdrawn FROM enrolments ORDER BY 1",
            "lines": "SELECT line_id, state, kind, match, candidate, days FROM roster_lines ORDER BY 1",
            "events": "SELECT type, count(*) FROM events WHERE type <> 'heads-counted' GROUP BY 1 ORDER BY 1",
        }
        return {name: [tuple(row) for row in await self.runtime.pool.fetch(sql)] for name, sql in queries.items()}

    async def published(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of what was published of one type, in order."""
        rows = await self.runtime.pool.fetch("SELECT data FROM published WHERE type = $1 ORDER BY number", kind)
        return [row["data"] for row in rows]


def _registered(woman: UUID, division: str) -> contracts.WomanRegistered:
    return contracts.WomanRegistered(
        woman_id=woman,
        household_id=woman,
        division=division,
        birth_year=1980,
        labour="ordinary",
        in_school=False,
        status="not_exited",
        baseline_exit=False,
        head=False,
        as_of=date(2016, 12, 31),
    )


def _fact(number: int, body: Contract) -> Fact[Any]:
    meta = Meta(actor="registry", role="service", unit=COUNTY, correlation_id=UUID(int=1))
    at = datetime(2017, 1, 1, tzinfo=UTC)
    return Fact("registry", LOG, number, 0, number - 1, UUID(int=number), body.type, LOG, body, meta, at)


__all__ = ["COUNTY", "MIGRATIONS", "SERVICE_MIGRATIONS", "House"]
