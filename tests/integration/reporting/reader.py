"""Reads all facts of the registry and of training into reporting, in a process that may be killed: three DSNs."""

import asyncio
import sys

from libs.events.consumer import FactReader
from libs.events.pool import make_pool
from libs.events.table_transport import TableTransport
from services.reporting.consumers import CONSUMERS


async def read_all(reporting: str, sources: dict[str, str], batch: int = 10) -> None:
    """Until nothing is left, all sources in turn."""
    pool = await make_pool(reporting, name="reporting")
    transports = {source: await TableTransport.open(dsn) for source, dsn in sources.items()}
    readers = [FactReader(pool, each, transports[each.source], batch) for each in CONSUMERS if each.source in sources]
    for reader in readers:
        await reader.resume()
    while any([await reader.step() for reader in readers]):
        pass
    for transport in transports.values():
        await transport.close()
    await pool.close()


if __name__ == "__main__":
    asyncio.run(read_all(sys.argv[1], {"registry": sys.argv[2], "training": sys.argv[3]}))
