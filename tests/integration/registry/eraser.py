"""Erases one woman in a process of its own, so that a test can kill it: eraser.py DSN KEYS_DSN WOMAN."""

import asyncio
import sys
from datetime import date
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from services.registry.adapters import erasing
from services.registry.domain.erasure import Duty
from services.registry.worker import service
from tests.integration.registry.house import COUNTY, MASTER

META = Meta(actor="test", role="federation", unit=COUNTY, correlation_id=UUID(int=9))


def order(woman: UUID) -> erasing.Order:
    """Erase her, whatever her state."""
    return erasing.Order(woman, "unlawful", date(2018, 1, 1), ("0" * 12, "9" * 12), META, Duty())


async def main(dsn: str, keys_dsn: str, woman: str) -> None:
    vault = await PostgresVault.open(keys_dsn, MASTER)
    runtime = await Runtime.open(service(), dsn, vault=vault, clock=system_clock, ids=system_ids)
    await erasing.erase(runtime, order(UUID(woman)))
    await runtime.stop()
    await vault.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
