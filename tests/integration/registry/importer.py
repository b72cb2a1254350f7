"""A process of its own that takes in a register file, to be killed by the test: `importer.py DSN KEYS_DSN FILE`."""

import asyncio
import sys
from pathlib import Path

from joserfc.jwk import OKPKey

from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from tests.integration.registry.house import COUNTY, House


async def main(dsn: str, keys_dsn: str, file: str) -> None:
    issuer = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)
    async with House.open(dsn, keys_dsn, issuer) as house:
        await house.take_in(Path(file), COUNTY)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
