"""`python -m services.registry api|worker`: the registry in processes of its own, settings from REGISTRY_…."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import uvicorn

import libs.service
from libs.access.tokens import Verifier
from libs.events.kafka import Kafka
from libs.events.metrics import Instruments
from libs.events.runtime import Runtime
from libs.events.schema import migrate
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from libs.service.exporting import telemetry
from libs.service.transport import kafka_from
from libs.values.errors import Invalid
from services.registry.main import build
from services.registry.settings import RegistrySettings
from services.registry.worker import service

SHARED = Path(libs.service.__file__).parent / "migrations"


async def run(
    role: str, settings: RegistrySettings, instruments: Instruments | None = None, kafka: Kafka | None = None
) -> None:
    """Serve the API, or move the publisher and the projections, until told to stop."""
    dsn = settings.dsn.get_secret_value()
    master = bytes.fromhex(settings.master_key.get_secret_value())
    vault = await PostgresVault.open(settings.keys_dsn.get_secret_value(), master)
    await migrate(dsn, SHARED)
    runtime = await Runtime.open(
        service(),
        dsn,
        vault=vault,
        clock=system_clock,
        ids=system_ids,
        instruments=instruments,
        kafka=kafka,
    )
    try:
        await (_serve(runtime, settings) if role == "api" else _work(runtime))
    finally:
        await runtime.stop()
        await vault.close()


async def _serve(runtime: Runtime, settings: RegistrySettings) -> None:
    if settings.public_keys is None:
        raise SystemExit("REGISTRY_PUBLIC_KEYS names the file with the issuer's public keys")
    jwks = await asyncio.to_thread(settings.public_keys.read_text)
    verifier = Verifier.from_jwks(jwks, clock=system_clock, issuer=settings.issuer)
    app = build(runtime, verifier=verifier, settings=settings, alone=False)
    config = uvicorn.Config(app, host=settings.host, port=settings.port, access_log=False, log_config=None)
    await uvicorn.Server(config).serve()


async def _work(runtime: Runtime) -> None:
    await runtime.start()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()


def main() -> None:
    """Choose the role by the first argument."""
    role = sys.argv[1] if len(sys.argv) == 2 else ""
    if role not in ("api", "worker"):
        raise SystemExit("usage: python -m services.registry api|worker")
    settings = RegistrySettings()
    try:
        kafka = kafka_from(os.environ)
    except Invalid as error:
        raise SystemExit(error.message) from error
    with telemetry("registry", os.environ, system_clock, settings.otlp_endpoint) as told:
        asyncio.run(run(role, settings, told.instruments, kafka))


if __name__ == "__main__":
    main()
