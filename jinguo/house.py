"""Every service in one process: opens their databases, lets them hear each other, puts them behind one port."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

import libs.service
from jinguo.backups import newest
from jinguo.folder import DataFolder
from jinguo.owner import owner
from jinguo.services import part
from libs.access import main as access
from libs.access.accounts import FIRST_USERNAME
from libs.access.api import Access
from libs.access.oidc import externals_of
from libs.access.tokens import COMMAND_LINE_LIFE, Issuer
from libs.events.kafka import Kafka
from libs.events.metrics import Instruments
from libs.events.runtime import Runtime
from libs.events.schema import make_feed_role, migrate
from libs.events.service import Service
from libs.events.vault import Vault
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from libs.service.settings import ServiceSettings
from libs.values.division import NATION
from services import SERVICES
from services.console import main as console
from services.training.adapters.registry import HttpRegistry

JOBS_MIGRATIONS = Path(libs.service.__path__[0]) / "migrations"
S = TypeVar("S", bound=ServiceSettings)
INSIDE = "http://jinguo"  # address of the house for its own services; no packet leaves the process


class Dsn(Protocol):
    """Address of one of the house's databases."""

    def __call__(self, database: str, user: str = ...) -> str:
        """As `user`, by default the owner."""


class House:
    """The open services and the one application in front of them."""

    admin = FIRST_USERNAME

    def __init__(
        self,
        folder: DataFolder,
        dsn: Dsn,
        stack: AsyncExitStack,
        instruments: Instruments | None = None,
        kafka: Kafka | None = None,
    ) -> None:
        """Use `open`."""
        self._instruments = instruments
        self._kafka = kafka
        self._folder = folder
        self._dsn = dsn
        self._stack = stack
        self.app = Starlette()
        self.runtimes: dict[str, Runtime] = {}
        self.first_password: str | None = None
        self._apps: dict[str, FastAPI] = {}
        self._lifespans = AsyncExitStack()
        self._issuer = Issuer.from_file(folder.keys / "signing.key", clock=system_clock, ids=system_ids)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, folder: DataFolder, dsn: Dsn, instruments: Instruments | None = None, kafka: Kafka | None = None
    ) -> "AsyncIterator[House]":
        """Bring every database up to date and start everything but the port; closed in the opposite order.

        Without `instruments` nothing is measured; with `kafka` the services hear each other over it.
        """
        folder.audit.mkdir(mode=0o700, exist_ok=True)
        async with AsyncExitStack() as stack:
            master_key = folder.secret("master.key")
            house = cls(folder, dsn, stack, instruments, kafka)
            vault = await PostgresVault.open(dsn("keys"), master_key)
            stack.push_async_callback(vault.close)
            for name in SERVICES:
                await house._open_runtime(part(name).service(), vault)
            parts = await house._open_access()
            house._build_apps(parts)
            await house._start()
            yield house

    def command_line_token(self) -> str:
        """A token of the owner of the folder, for the command line on this machine."""
        return self._issuer.user_token(owner(), COMMAND_LINE_LIFE)

    @property
    def signing_key_id(self) -> str:
        """The id of the key that signs now."""
        return self._issuer.kid

    async def stop_jobs(self) -> None:
        """End what runs behind the answers: jobs are marked interrupted, and those who wait for them are told."""
        await self._lifespans.aclose()

    async def _open_runtime(self, service: Service, vault: Vault) -> None:
        await migrate(self._dsn(service.name), JOBS_MIGRATIONS, kernel=False)
        runtime = await Runtime.open(
            service,
            self._dsn(service.name),
            vault=vault,
            clock=system_clock,
            ids=system_ids,
            instruments=self._instruments,
            kafka=self._kafka,
        )
        self._stack.push_async_callback(runtime.stop)
        self.runtimes[service.name] = runtime

    async def _open_access(self) -> Access:
        key = self._folder.secret("access.key")
        parts, pool = await access.open_access(
            self._dsn("access"), self._issuer, key, clock=system_clock, ids=system_ids
        )
        self._stack.push_async_callback(pool.close)
        self.first_password = await parts.accounts.ensure_first()
        return parts

    def _build_apps(self, parts: Access) -> None:
        """Each service at its path; the pages, which take every other path, last."""
        verifier = self._issuer.verifier(externals_of(ServiceSettings().issuers, clock=system_clock))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=INSIDE)
        self._stack.push_async_callback(client.aclose)
        find_women = HttpRegistry(client, lambda: self._issuer.service_token("training", NATION))
        self._apps = {
            "access": access.build(
                parts,
                verifier=verifier,
                settings=self._settings(ServiceSettings),
                clock=system_clock,
                ids=system_ids,
            ),
        }
        for each in map(part, SERVICES):
            settings = self._settings(each.settings)
            self._apps[each.name] = each.build(self.runtimes[each.name], verifier, settings, {"registry": find_women})
        pages = console.build(parts, client=client, verifier=verifier, last_backup=self._last_backup)
        self.app.router.routes += [Route("/health/{kind:str}", Health(client, tuple(self._apps)))]
        self.app.router.routes += [_mounted(f"/{name}", app) for name, app in self._apps.items()]
        self.app.router.routes += [_mounted("/", pages)]

    def _settings(self, kind: type[S]) -> S:
        """Of the environment, and where the audit trail is signed with what."""
        key = SecretStr(self._folder.secret("audit.key").hex())
        return kind(audit_key=key, audit_folder=self._folder.audit)

    def _last_backup(self) -> datetime | None:
        file = newest(self._folder)
        return datetime.fromtimestamp(file.stat().st_mtime, UTC) if file else None

    async def _start(self) -> None:
        """Jobs first (they mark what a killed process left), then publishers and readers."""
        for app in self._apps.values():
            await self._lifespans.enter_async_context(app.router.lifespan_context(app))
        self._stack.push_async_callback(self._lifespans.aclose)
        publishers = [name for name, runtime in self.runtimes.items() if runtime.service.codec.names]
        sources = {name: self._dsn(name, await make_feed_role(self._dsn(name), name)) for name in publishers}
        for runtime in self.runtimes.values():
            # Nobody else works in this folder (its lock says so), so a lease left by a killed process is worth nothing.
            await runtime.start(sources, alone=True)


def _mounted(path: str, app: FastAPI | Starlette) -> Mount:
    """Every path below is the app's to answer: Starlette's own pattern leaves out those with a line break in them."""
    mount = Mount(path, app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


class Health:
    """`/health/live`, `/health/ready` and `/health/readers` of the whole: well when every service says so."""

    def __init__(self, client: httpx.AsyncClient, services: Sequence[str]) -> None:
        """`client` reaches the services inside this process."""
        self._client = client
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The first answer that is not well, else the first that is degraded, else the first."""
        kind = scope["path_params"]["kind"]
        answers = []
        for service in self._services:
            answers.append(await self._client.get(f"/{service}/health/{kind}"))
            if not answers[-1].is_success:
                break
        found = min(answers, key=_wellness)
        headers = {name: found.headers[name] for name in ("Content-Type", "Retry-After") if name in found.headers}
        await Response(found.content, found.status_code, headers)(scope, receive, send)


def _wellness(answer: httpx.Response) -> int:
    if not answer.is_success:
        return 0
    return 1 if answer.json()["status"] == "degraded" else 2
