"""What the registry's integration tests share: the service opened for real, calls with a role's token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.runtime import Runtime
from libs.events.types import Clock
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from libs.values.division import Division
from services.registry.main import build
from services.registry.settings import RegistrySettings
from services.registry.worker import service
from tests.support.jobs import result_of
from tests.support.keys import KEYED

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "jinguo" / "demo" / "data"
DATA = ROOT / "tests" / "data"
SERVICE_MIGRATIONS = ROOT / "libs" / "service" / "migrations"
MASTER = b"m" * 32
ALONE = replace(service(), consumers=())  # nobody tells it of measures: tests hand those facts in themselves

NATION = "000000000000"
COUNTY = "522634000000"
DANJIANG = "522634100000"
XIJIANG = "522634101000"


@dataclass
class House:
    """The registry's app and runtime."""

    runtime: Runtime
    app: FastAPI
    issuer: Issuer
    vault: PostgresVault
    dsn: str
    keys_dsn: str

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        dsn: str,
        keys_dsn: str,
        issuer: Issuer,
        *,
        clock: Clock = system_clock,
        settings: RegistrySettings | None = None,
    ) -> AsyncIterator["House"]:
        vault = await PostgresVault.open(keys_dsn, MASTER)
        runtime = await Runtime.open(ALONE, dsn, vault=vault, clock=clock, ids=system_ids)
        await runtime.start({})
        chosen = (settings or RegistrySettings()).model_copy(update={"duplicate_seconds": 0, "retention_seconds": 0})
        app = build(runtime, verifier=issuer.verifier(), settings=chosen, clock=clock)
        try:
            async with app.router.lifespan_context(app):
                yield cls(runtime, app, issuer, vault, dsn, keys_dsn)
        finally:
            await runtime.stop()
            await vault.close()

    def client(self, division: str = COUNTY, role: str = "federation") -> httpx.AsyncClient:
        """A client with the token of a role in a unit."""
        kind = "service" if role == "service" else "user"
        principal = Principal(f"{role}-{division}", "测试", role, Division(division), scopes_of(role), kind)
        headers = {"Authorization": f"Bearer {self.issuer.user_token(principal)}"}
        transport = httpx.ASGITransport(app=self.app)
        return httpx.AsyncClient(
            transport=transport, base_url="http://registry", headers=headers, timeout=60, event_hooks=KEYED
        )

    async def job(self, client: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
        """The job when it has ended."""
        assert answer.status_code == 202, answer.text
        address = f"/v1/jobs/{answer.json()['id']}"
        async with asyncio.timeout(120):
            while True:
                job: dict[str, Any] = (await client.get(address, headers={"Prefer": "wait=5"})).json()
                if job["status"] not in ("queued", "running"):
                    return job

    async def result(self, client: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
        """The result of a job that succeeded, with its rows."""
        return await result_of(client, await self.job(client, answer))

    async def divisions(self) -> dict[str, Any]:
        """Take in the sample list of divisions."""
        content = _bytes(DEMO / "divisions-guizhou-qiandongnan-2016.csv")
        async with self.client(NATION) as client:
            params = {"edition": "2016-07"}
            return await self.result(client, await client.post("/v1/divisions/imports", params=params, content=content))

    async def changes(self, content: bytes, division: str = NATION, **query: Any) -> dict[str, Any]:
        """Take in a list of changes of divisions and give the job's result."""
        async with self.client(division) as client:
            answer = await client.post("/v1/divisions/changes/imports", params=query, content=content)
            return await self.result(client, answer)

    async def take_in(
        self, path: Path, division: str, role: str = "federation", content: bytes | None = None, **query: Any
    ) -> dict[str, Any]:
        """Import a register file and give the job's result."""
        async with self.client(division, role) as client:
            params = {"filename": path.name, **query}
            answer = await client.post("/v1/imports", params=params, content=content or _bytes(path))
            return await self.result(client, answer)

    async def seen(self, client: httpx.AsyncClient, woman: Any) -> dict[str, str]:
        """`If-Match` with the present version of a woman's record."""
        xid = await self.runtime.pool.fetchval("SELECT max(xid) FROM events")
        assert await self.runtime.wait_projected(xid, "women", 10)
        return {"If-Match": (await client.get(f"/v1/women/{woman}")).headers["ETag"]}

    async def decide(self, client: httpx.AsyncClient, woman: Any, way: str, body: Any) -> httpx.Response:
        """A decision on a woman's record as it is now: `merge`, `unmerge`."""
        seen = await self.seen(client, woman)
        return await client.post(f"/v1/women/{woman}/{way}", json=body, headers=seen)

    async def erase(self, client: httpx.AsyncClient, woman: Any, reason: str = "unlawful") -> httpx.Response:
        """Erase her record as it is now, and wait for it."""
        done = await self.decide(client, woman, "erase", {"reason": reason})
        assert done.status_code == 200, done.text
        return done

    async def figures(self) -> dict[str, Any]:
        """The register's content in figures that must not change however often and by whatever way it came in."""
        pool = self.runtime.pool
        queries = {
            "events": "SELECT type, count(*) AS n FROM events GROUP BY type ORDER BY type",
            "women": "SELECT division, status, count(*) AS n FROM women GROUP BY 1, 2 ORDER BY 1, 2",
            "households": "SELECT division, status, sum(persons) AS n FROM households GROUP BY 1, 2 ORDER BY 1, 2",
            "persons": "SELECT woman, count(*) AS n, count(DISTINCT id_token) FROM persons GROUP BY 1 ORDER BY 1",
            "codes": "SELECT count(*) AS n FROM household_codes",
        }
        return {name: [tuple(row) for row in await pool.fetch(query)] for name, query in queries.items()}


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def key() -> dict[str, str]:
    """A fresh Idempotency-Key."""
    return {"Idempotency-Key": str(uuid4())}
