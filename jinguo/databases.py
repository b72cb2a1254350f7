"""The databases of one installation, and a server that is there while something is done with them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import asyncpg

from jinguo.folder import DataFolder
from jinguo.postgres import EmbeddedPostgres
from libs.values.errors import Unavailable
from services import SERVICES

KEYS = "keys"
ALL = ("access", *SERVICES, KEYS)
CONNECT_SECONDS = 5.0


async def create_missing(server: EmbeddedPostgres, names: Sequence[str] = ALL) -> list[str]:
    """Make the databases that are not there; gives their names."""
    connection = await asyncpg.connect(server.dsn(), timeout=CONNECT_SECONDS)
    try:
        found = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        missing = [name for name in names if name not in found]
        for name in missing:
            await connection.execute(f'CREATE DATABASE "{name}" STRATEGY FILE_COPY')
    finally:
        await connection.close()
    return missing


@contextmanager
def running_server(folder: DataFolder) -> Iterator[EmbeddedPostgres]:
    """The server of the folder: the one running, else one started for as long as it is needed.

    Raises Invalid where there are no data, Unavailable while the running one is away.
    """
    folder.require_data()
    server = EmbeddedPostgres(folder.postgres)
    if folder.is_owned():
        if not server.ready():
            raise Unavailable("postgres.away", "jinguo runs, but its PostgreSQL does not; see `jinguo doctor`.")
        yield server
        return
    with folder.owned():
        server.start()
        try:
            yield server
        finally:
            server.stop()
