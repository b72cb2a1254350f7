"""Every service open over databases of its own with nothing in them, for tests that ask all routes alike."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from joserfc.jwk import OKPKey

import libs.service
from jinguo.services import part
from libs.access.main import build as build_access
from libs.access.main import open_access
from libs.access.policy import ROLES, scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.runtime import Runtime
from libs.events.service import Service
from libs.events.vault import MemoryVault
from libs.service.clock import system_clock, system_ids
from libs.service.settings import ServiceSettings
from libs.values.division import Division
from services import SERVICES
from services.training.adapters.fake_registry import FakeRegistry

SHARED = Path(libs.service.__path__[0]) / "migrations"
COUNTY = "522634000000"
KEY = bytes(32)
QUIET: dict[str, Any] = {"follow_every": 3_600}
"""Settings of those that look for work again and again; the others do not know them."""
MakeDatabase = Callable[..., Awaitable[str]]


@dataclass
class Everything:
    """The apps by name, and who signs for their callers."""

    apps: dict[str, FastAPI]
    issuer: Issuer

    def bearer(self, *scopes: str, sub: str = "caller") -> dict[str, str]:
        """Headers of a caller of the sample county whose role has all these scopes."""
        role = next(role for role in sorted(ROLES) if scopes_of(role).issuperset(scopes))
        principal = Principal(f"{sub}-{role}", "测试", role, Division(COUNTY), scopes_of(role))
        return {"Authorization": f"Bearer {self.issuer.user_token(principal)}"}


@asynccontextmanager
async def every_service(make_database: MakeDatabase, **settings: Any) -> AsyncIterator[Everything]:
    """Open all of them; `settings` are those that every service has. Nothing reads, nothing is published."""
    issuer = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)
    verifier = issuer.verifier()
    async with AsyncExitStack() as stack:
        access, pool = await open_access(await make_database(), issuer, KEY, clock=system_clock, ids=system_ids)
        stack.push_async_callback(pool.close)

        async def opened(service: Service) -> Runtime:
            dsn = await make_database(SHARED)
            runtime = await Runtime.open(service, dsn, vault=MemoryVault(), clock=system_clock, ids=system_ids)
            stack.push_async_callback(runtime.stop)
            return runtime

        everybody = build_access(
            access, verifier=verifier, settings=ServiceSettings(**settings), clock=system_clock, ids=system_ids
        )
        apps = {"access": everybody}
        for each in map(part, SERVICES):
            own = each.settings(**QUIET, **settings)
            apps[each.name] = each.build(await opened(each.service()), verifier, own, {"registry": FakeRegistry([])})
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield Everything(apps, issuer)
