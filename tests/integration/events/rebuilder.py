"""A process that rebuilds, swaps, rolls back, swaps back and drops until it is killed: `python -m … DSN`.

Started again it goes on with what the last one left.
"""

import asyncio
import sys

from libs.events import projection_versions
from libs.events.pool import connect
from libs.events.rebuild import Rebuild, source_of
from tests.integration.events import counting


async def main(dsn: str) -> None:
    """Each step is a command that a person would give, seeing how things stand."""
    rebuild = Rebuild(dsn, source_of(counting.notes(), "tally"), page=200)
    versions = {each.state: each.version for each in await listed(dsn)}
    if "previous" not in versions:
        assert (await rebuild.build()).equal
        await rebuild.swap()
    await rebuild.rollback()
    assert (await rebuild.compare()).equal
    await rebuild.drop()


async def listed(dsn: str) -> list[projection_versions.Version]:
    connection = await connect(dsn)
    try:
        return await projection_versions.of_all(connection)
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
