"""A process of its own that scans for likely duplicates in small batches, to be killed: `scanner.py DSN KEYS_DSN`."""

import asyncio
import sys

from joserfc.jwk import OKPKey

from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from services.registry.adapters.watching import META
from services.registry.handlers import scanning
from tests.integration.registry.house import House


async def main(dsn: str, keys_dsn: str) -> None:
    issuer = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)
    async with House.open(dsn, keys_dsn, issuer) as house:
        await scanning.scan(house.runtime, META, batch=10)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
