"""The services an installation is made of, and one of them opened without its readers, for the command line."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from jinguo.databases import KEYS
from libs.events.runtime import Runtime
from libs.events.service import Service
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from services.registry.worker import service as registry_service
from services.reporting.worker import service as reporting_service
from services.training.worker import service as training_service


def every_service() -> tuple[Service, ...]:
    """All of them, readers after those they read from."""
    return registry_service(), training_service(), reporting_service()


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
