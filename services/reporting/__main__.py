"""`python -m services.reporting api|worker`: reporting in processes of its own, settings from REPORTING_…."""

import asyncio
import os
import signal
import sys

import uvicorn

from libs.access.tokens import Verifier
from libs.events.kafka import Kafka
from libs.events.metrics import Instruments
from libs.events.runtime import Runtime
from libs.events.vault import MemoryVault
from libs.service.clock import system_clock, system_ids
from libs.service.exporting import telemetry
from libs.service.transport import kafka_from
from libs.values.errors import Invalid
from services.reporting.main import build
from services.reporting.settings import ReportingSettings
from services.reporting.worker import service


async def run(
    role: str, settings: ReportingSettings, instruments: Instruments | None = None, kafka: Kafka | None = None
) -> None:
    """Serve the API, or move the consumers, until told to stop. No personal data is here, so no vault is needed."""
    runtime = await Runtime.open(
        service(),
        settings.dsn.get_secret_value(),
        vault=MemoryVault(),
        clock=system_clock,
        ids=system_ids,
        instruments=instruments,
        kafka=kafka,
    )
    try:
        await (_serve(runtime, settings) if role == "api" else _work(runtime, settings))
    finally:
        await runtime.stop()


async def _serve(runtime: Runtime, settings: ReportingSettings) -> None:
    if settings.public_keys is None:
        raise SystemExit("REPORTING_PUBLIC_KEYS names the file with the issuer's public keys")
    jwks = await asyncio.to_thread(settings.public_keys.read_text)
    verifier = Verifier.from_jwks(jwks, clock=system_clock, issuer=settings.issuer)
    app = build(runtime, verifier=verifier, settings=settings)
    config = uvicorn.Config(app, host=settings.host, port=settings.port, access_log=False, log_config=None)
    await uvicorn.Server(config).serve()


async def _work(runtime: Runtime, settings: ReportingSettings) -> None:
    await runtime.start(settings.sources)
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()


def main() -> None:
    """Choose the role by the first argument."""
    role = sys.argv[1] if len(sys.argv) == 2 else ""
    if role not in ("api", "worker"):
        raise SystemExit("usage: python -m services.reporting api|worker")
    settings = ReportingSettings()
    try:
        kafka = kafka_from(os.environ)
    except Invalid as error:
        raise SystemExit(error.message) from error
    with telemetry("reporting", os.environ, system_clock, settings.otlp_endpoint) as told:
        asyncio.run(run(role, settings, told.instruments, kafka))


if __name__ == "__main__":
    main()
