"""A service in processes of its own: `api` answers, `worker` moves its readers; shared by services/*/__main__.py.

`run_service("training", TrainingSettings, OWN)` reads the role from the command line and the settings from the
environment; a wrong value ends the process with a sentence that names it.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, TypeAlias, TypeVar, cast, get_args

import uvicorn
from fastapi import FastAPI

from libs.access.keys import FollowedKeys, keys_of_file, keys_of_url, public_keys
from libs.access.oidc import externals_of
from libs.access.tokens import Verifier
from libs.events.kafka import Kafka
from libs.events.metrics import Instruments
from libs.events.runtime import Runtime
from libs.events.schema import migrate
from libs.events.service import Service
from libs.events.vault import MemoryVault, Vault
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from libs.service.exporting import telemetry
from libs.service.logs import configure_logs
from libs.service.settings import SealingSettings, ServiceSettings
from libs.service.transport import kafka_from
from libs.values.errors import Invalid

SHARED = Path(__file__).parent / "migrations"
Role: TypeAlias = Literal["api", "worker"]
S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True)
class Own(Generic[S]):
    """What is a service's own: what it is as data, its app, and where it reads others (publisher → DSN)."""

    service: Callable[[], Service]
    app: Callable[[Runtime, Verifier, S], AbstractAsyncContextManager[FastAPI]]
    sources: Callable[[S], Mapping[str, str]] = field(default=lambda _settings: {})


def run_service(name: str, settings_of: Callable[[], S], own: Own[S]) -> None:
    """Run the role that the command line names until told to stop; ends the process with what is wrong."""
    role = sys.argv[1] if len(sys.argv) == 2 else ""
    if role not in get_args(Role):
        raise SystemExit(f"usage: python -m services.{name} {'|'.join(get_args(Role))}")
    settings = settings_of()
    configure_logs(settings.log_level)
    try:
        kafka = kafka_from(os.environ)
    except Invalid as error:
        raise SystemExit(error.message) from error
    with telemetry(name, os.environ, system_clock, settings.otlp_endpoint) as told:
        asyncio.run(_run(cast("Role", role), settings, own, told.instruments, kafka))


async def _run(role: Role, settings: S, own: Own[S], instruments: Instruments | None, kafka: Kafka | None) -> None:
    dsn = settings.dsn.get_secret_value()
    async with AsyncExitStack() as stack:
        vault = await _vault(settings, stack)
        runtime = await Runtime.open(
            own.service(),
            dsn,
            vault=vault,
            clock=system_clock,
            ids=system_ids,
            instruments=instruments,
            kafka=kafka,
        )
        stack.push_async_callback(runtime.stop)
        runtime.hearing.dsns = own.sources(settings)
        await (_answer(runtime, settings, own) if role == "api" else _work(runtime, own.sources(settings)))


async def _vault(settings: ServiceSettings, stack: AsyncExitStack) -> Vault:
    """Where personal values are sealed the keys' database is opened, and the tables of jobs, which seal, are made."""
    if not isinstance(settings, SealingSettings):
        return MemoryVault()
    master = bytes.fromhex(settings.master_key.get_secret_value())
    vault = await PostgresVault.open(settings.keys_dsn.get_secret_value(), master)
    stack.push_async_callback(vault.close)
    await migrate(settings.dsn.get_secret_value(), SHARED)
    return vault


async def _answer(runtime: Runtime, settings: S, own: Own[S]) -> None:
    verifier = _verifier(settings)
    async with own.app(runtime, verifier, settings) as app:
        config = uvicorn.Config(app, host=settings.host, port=settings.port, access_log=False, log_config=None)
        await uvicorn.Server(config).serve()


def _verifier(settings: ServiceSettings) -> Verifier:
    """Follows the issuer's public keys while they rotate, and trusts the other issuers of the settings."""
    prefix = settings.model_config.get("env_prefix", "")
    try:
        if settings.public_keys_url:
            load = keys_of_url(settings.public_keys_url)
        elif settings.public_keys is not None:
            public_keys(json.loads(settings.public_keys.read_text(encoding="utf-8")))
            load = keys_of_file(settings.public_keys)
        else:
            raise SystemExit(f"{prefix}PUBLIC_KEYS names the file with the issuer's public keys")
        others = externals_of(settings.issuers, clock=system_clock)
    except (OSError, ValueError, Invalid) as error:
        raise SystemExit(f"{prefix}PUBLIC_KEYS, {prefix}ISSUERS: {error}") from error
    keys = FollowedKeys.own(load, clock=system_clock, name=settings.issuer)
    return Verifier(keys, clock=system_clock, issuer=settings.issuer, others=others)


async def _work(runtime: Runtime, sources: Mapping[str, str]) -> None:
    await runtime.start(sources)
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
