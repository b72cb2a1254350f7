"""Both classes and all decisions in a process of their own, to be killed: DSN, keys DSN, registry DSN."""

import asyncio
import sys

from joserfc.jwk import OKPKey

from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from tests.integration.training.house import House
from tests.integration.training.test_rosters import decide, waiting
from tests.unit.training.leishan import REGISTER, SIGN_IN, registry, women


async def run(dsn: str, keys_dsn: str, registry_dsn: str) -> None:
    """What an office does in a morning; done again it finishes what was begun."""
    issuer = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)
    async with House.open(dsn, keys_dsn, issuer, registry(), {"registry": registry_dsn}) as house:
        sys.stdout.write("open\n")
        sys.stdout.flush()
        await house.registered(women())
        await house.roster(REGISTER)
        await house.roster(SIGN_IN)
        if items := await waiting(house):
            await decide(house, items, "confirm")
        await house.projected()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
