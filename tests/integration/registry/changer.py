"""A process of its own that takes in changes of divisions, to be killed by the test: `changer.py DSN KEYS_DSN FILE`."""

import asyncio
import sys
from pathlib import Path

from tests.integration.registry.filled import new_issuer
from tests.integration.registry.house import House


async def main(dsn: str, keys_dsn: str, file: str) -> None:
    content = await asyncio.to_thread(Path(file).read_bytes)
    async with House.open(dsn, keys_dsn, new_issuer()) as house:
        await house.changes(content)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
