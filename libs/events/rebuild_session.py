"""The three connections of a rebuild, and the right to rebuild one read model, which ends with the first of them.

The right is a lock of the session that also writes every page: whoever has lost it can write nothing, a killed process
gives it back within a second, and no lease is waited for.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from libs.events import projection_versions as versions
from libs.events.checksums import quoted
from libs.events.pool import CONNECT_TIMEOUT, LOST, connect
from libs.events.projection_versions import Version
from libs.events.types import Connection
from libs.values.errors import Conflict, Refused

LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended('projection ' || $1, 0))"
UNLOCK: Final = "SELECT pg_advisory_unlock_all()"
# A lost tail of pages is read again from the stored position, so they need not wait for the disk; a killed process's
# session ends within half a second, also in the middle of a long statement.
SETTINGS: Final = "SET synchronous_commit = off; SET client_connection_check_interval = '500ms'"
TRIES: Final = 15
PAUSE: Final = 0.1  # seconds between tries: longer in all than the session of a killed process lives


@dataclass
class Session:
    """`worker` has the right and writes pages, `ahead` reads the next one, `holder` holds the serving reader still."""

    worker: Connection
    ahead: Connection
    holder: Connection
    projection: str

    async def both(self) -> tuple[Version | None, Version | None]:
        """The serving version and the one beside it, as far as there are rows."""
        found = await versions.of_one(self.worker, self.projection)
        serving = next((each for each in found if each.state == "serving"), None)
        return serving, next((each for each in found if each.state != "serving"), None)

    async def beside(self, *states: str) -> Version:
        """The version beside; raises Refused when there is none in such a state."""
        _, version = await self.both()
        if version is None:
            raise Refused(
                "projection.no_version",
                f"{self.projection} has no version beside the serving one.",
                right="rebuild makes one, swap keeps the old one to go back to",
            )
        if version.state not in states:
            raise Refused("projection.state", _REASONS[version.state].format(version.projection, version.version))
        return version

    async def use(self, version: Version) -> None:
        """From now on names of tables mean those of this version first."""
        await self.worker.execute(f"SET search_path = {quoted(version.schema)}, public")


@asynccontextmanager
async def open_session(dsn: str, projection: str) -> AsyncIterator[Session]:
    """Raises Conflict while another process works on the same read model."""
    made: list[Connection] = []
    try:
        for _ in range(3):
            made.append(await connect(dsn, name=f"jinguo-rebuild-{projection}"))
        worker = made[0]
        await worker.execute(SETTINGS)
        await _lock(worker, projection)
        try:
            yield Session(made[0], made[1], made[2], projection)
        finally:
            with contextlib.suppress(*LOST, asyncpg.InterfaceError, asyncpg.PostgresError):
                await worker.execute(UNLOCK, timeout=CONNECT_TIMEOUT)
    finally:
        for connection in made:
            connection.terminate()


async def _lock(worker: Connection, projection: str) -> None:
    for _ in range(TRIES):
        if await worker.fetchval(LOCK, projection):
            return
        await asyncio.sleep(PAUSE)
    raise Conflict(
        "projection.busy",
        f"Another process works on {projection} at this moment.",
        rule="one rebuild of a read model at a time",
        right="wait for it, or stop it; what it did stays and is gone on with",
    )


_REASONS: Final = {
    "beside": "Version {1} of {0} is being rebuilt: swap it in, or drop it.",
    "previous": "Version {1} of {0} is kept to go back to: roll back to it, or drop it first.",
    "stale": "Version {1} of {0} was made before the database was restored: drop it and rebuild.",
}
