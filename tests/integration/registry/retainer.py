"""Destroys what is due in a process of its own, so that a test can kill it: retainer.py DSN KEYS_DSN NOW."""

import asyncio
import sys
from datetime import datetime

from libs.events.runtime import Runtime
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_ids
from services.registry.adapters.retaining import META
from services.registry.handlers import retaining
from services.registry.worker import service
from tests.integration.registry.house import MASTER


async def main(dsn: str, keys_dsn: str, now: str) -> None:
    vault = await PostgresVault.open(keys_dsn, MASTER)
    runtime = await Runtime.open(service(), dsn, vault=vault, clock=lambda: datetime.fromisoformat(now), ids=system_ids)
    await retaining.destroy(runtime, META)
    await runtime.stop()
    await vault.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
