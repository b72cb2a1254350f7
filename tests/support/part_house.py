"""One service opened for real as an installation composes it: its database, its app here, tokens of every role."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from joserfc.jwk import OKPKey

import libs.service
from jinguo.services import part
from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.contract import Contract, Fact
from libs.events.contracts import registry as contracts
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.vault import MemoryVault
from libs.service.clock import system_clock, system_ids
from libs.values.division import Division
from tests.support.jobs import result_of
from tests.support.keys import KEYED

SHARED = Path(libs.service.__path__[0]) / "migrations"
COUNTY = "522634000000"
MakeDatabase = Callable[..., Awaitable[str]]


@dataclass
class PartHouse:
    """The app and the runtime of one service; facts of others are told it by `tell`."""

    runtime: Runtime
    app: FastAPI
    issuer: Issuer
    _told: dict[str, int] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def open(cls, name: str, make_database: MakeDatabase, **given: Any) -> "AsyncIterator[PartHouse]":
        """The service of this name over fresh databases; `given` are parts that its app takes besides."""
        made = part(name)
        issuer = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)
        service = made.service()
        dsn = await make_database(SHARED, *service.folders)
        sources = {each.source: await make_database(SHARED) for each in service.consumers}
        runtime = await Runtime.open(service, dsn, vault=MemoryVault(), clock=system_clock, ids=system_ids)
        await runtime.start(sources)
        app = made.build(runtime, issuer.verifier(), made.settings(rate_quota=0, address_quota=0), given)
        try:
            async with app.router.lifespan_context(app):
                yield cls(runtime, app, issuer)
        finally:
            await runtime.stop()

    def client(self, division: str = COUNTY, role: str = "federation", **limits: Any) -> httpx.AsyncClient:
        """With the token of a role in a unit; every write gets a key of its own."""
        principal = Principal(f"{role}-{division}", "测试", role, Division(division), scopes_of(role), **limits)
        headers = {"Authorization": f"Bearer {self.issuer.user_token(principal)}"}
        transport = httpx.ASGITransport(app=self.app)
        return httpx.AsyncClient(
            transport=transport, base_url="http://part", headers=headers, timeout=60, event_hooks=KEYED
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

    async def file(self, path: Path | bytes, division: str = COUNTY, **query: Any) -> dict[str, Any]:
        """Import a file; the job's result with the answers to all rows."""
        content = path if isinstance(path, bytes) else await asyncio.to_thread(path.read_bytes)
        async with self.client(division) as client:
            answer = await client.post("/v1/imports", params=query, content=content)
            result = await result_of(client, await self.job(client, answer))
        await self.projected()
        return result

    async def projected(self) -> None:
        """Wait until every read model shows everything that was appended."""
        xid = await self.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
        for projection in self.runtime.service.projections if xid else ():
            assert await self.runtime.wait_projected(xid, projection.name, 30)

    async def published(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of what was published of one type, in order."""
        xid = await self.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
        if xid:
            await self.runtime.wait_published(xid, 30)
        rows = await self.runtime.pool.fetch("SELECT data FROM published WHERE type = $1 ORDER BY number", kind)
        return [row["data"] for row in rows]

    async def tell(self, *bodies: Contract) -> None:
        """Facts of other services, as their consumers would hand them on, in this order."""
        for body in bodies:
            consumer = next(each for each in self.runtime.service.consumers if each.source == body.topic)
            number = self._told[body.topic] = self._told.get(body.topic, 0) + 1
            async with self.runtime.pool.acquire() as tx, tx.transaction():
                await consumer.apply(tx, [_fact(number, body)])


def registered(woman: UUID, division: str, **changes: Any) -> contracts.WomanRegistered:
    """What the registry tells of a woman it has registered."""
    told: dict[str, Any] = {
        "woman_id": woman, "household_id": woman, "division": division, "birth_year": 1980, "labour": "ordinary",
        "in_school": False, "status": "not_exited", "baseline_exit": False, "head": False, "as_of": date(2016, 12, 31),
    }  # fmt: skip
    return contracts.WomanRegistered(**told | changes)


def _fact(number: int, body: Contract) -> Fact[Any]:
    meta = Meta(actor=body.topic, role="service", unit=COUNTY, correlation_id=UUID(int=1))
    log, at = UUID(int=7), datetime(2017, 1, 1, tzinfo=UTC)
    return Fact(body.topic, log, number, 0, number - 1, UUID(int=number), body.type, log, body, meta, at)


__all__ = ["COUNTY", "PartHouse", "registered"]
