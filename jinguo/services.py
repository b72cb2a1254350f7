"""The services an installation is made of, and one of them opened without its readers, for the command line.

Each is found by the vocabulary of file names that all services share: `worker.py` says what it is as data, `main.py`
builds its app, and the `settings` that this asks for are its own.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from fastapi import FastAPI

from jinguo.databases import KEYS
from libs.access.tokens import Verifier
from libs.events.runtime import Runtime
from libs.events.service import Service
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from libs.service.settings import ServiceSettings
from services import SERVICES


@dataclass(frozen=True, slots=True)
class Part:
    """One service as an installation composes it; `takes` names what its app is handed besides."""

    name: str
    service: Callable[[], Service]
    settings: type[ServiceSettings]
    takes: frozenset[str]
    _build: Callable[..., FastAPI]

    def build(
        self, runtime: Runtime, verifier: Verifier, settings: ServiceSettings, given: Mapping[str, Any]
    ) -> FastAPI:
        """Its app over an open runtime, with those of the `given` parts that it takes."""
        taken = {name: each for name, each in given.items() if name in self.takes}
        return self._build(runtime, verifier=verifier, settings=settings, **taken)


def part(name: str) -> Part:
    """The service of this name; raises ModuleNotFoundError where there is none."""
    worker, main = import_module(f"services.{name}.worker"), import_module(f"services.{name}.main")
    parameters = inspect.signature(main.build).parameters
    settings: type[ServiceSettings] = parameters["settings"].annotation
    return Part(name, worker.service, settings, frozenset(parameters), main.build)


def every_service() -> tuple[Service, ...]:
    """All of them, readers after those they read from."""
    return tuple(part(name).service() for name in SERVICES)


@asynccontextmanager
async def opened(service: Service, dsn: Callable[[str], str], master_key: bytes) -> AsyncIterator[Runtime]:
    """The service on its database, which is brought up to date; it may run in another process meanwhile."""
    vault = await PostgresVault.open(dsn(KEYS), master_key)
    try:
        runtime = await Runtime.open(service, dsn(service.name), vault=vault, clock=system_clock, ids=system_ids)
        try:
            yield runtime
        finally:
            await runtime.stop()
    finally:
        await vault.close()
