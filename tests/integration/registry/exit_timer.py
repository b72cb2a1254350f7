"""A process that opens a registry later and ends due notices, to be killed: `exit_timer.py DSN KEYS_DSN NOW`."""

import asyncio
import sys
from datetime import datetime

from joserfc.jwk import OKPKey

from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from tests.integration.registry.exit_walk import SETTINGS, settled
from tests.integration.registry.house import House


async def main(dsn: str, keys_dsn: str, now: str) -> None:
    issuer = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)
    at = datetime.fromisoformat(now)
    async with House.open(dsn, keys_dsn, issuer, clock=lambda: at, settings=SETTINGS) as house:
        while await house.runtime.timers.list():
            await house.runtime._timer_tasks.fire_due()
        await settled(house)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
