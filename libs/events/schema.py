"""Brings a service's database up to date: the kernel's tables first, then its own. Safe to run twice at once."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
from pogo_core.util import migrate as pogo
from pogo_core.util import sql

from libs.events.pool import connect

KERNEL = Path(__file__).parent / "migrations"
KEYS = Path(__file__).parent / "migrations_keys"
_LOCK = 0x4A474D49  # one migrator at a time in a database
_MINIMUM = 170_000


class _Calm(logging.LoggerAdapter[logging.Logger]):
    """The library warns of every file it applies, which is what a first start is for."""

    def warning(self, msg: object, *args: object, **named: Any) -> None:
        """Told as information."""
        self.log(logging.INFO, msg, *args, **named)


_log = _Calm(logging.getLogger("jinguo.migrations"))


class SchemaError(Exception):
    """The database or its migrations are not what this version needs."""


async def migrate(dsn: str, *directories: Path, kernel: bool = True) -> None:
    """Apply what is missing, in this order; each file in its own transaction. `kernel=False` for the keys database."""
    folders = tuple(dict.fromkeys((KERNEL, *directories))) if kernel else directories
    check_names(folders)
    connection = await connect(dsn, name="jinguo-migrate")
    try:
        version = connection.get_server_version()
        if version.major * 10_000 < _MINIMUM:
            raise SchemaError(f"PostgreSQL {version.major} is too old: 17 or later is needed (transaction_timeout)")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await sql.ensure_pogo_sync(connection)
        for folder in folders:
            if await _lacks(connection, folder):
                await pogo.apply(connection, folder, schema_name="public", logger=_log)
    finally:
        await connection.close()


async def _lacks(connection: "asyncpg.Connection[asyncpg.Record]", folder: Path) -> bool:
    """Whether a file is not applied yet; the library would read all of them first, which takes longer than a start."""
    files = await sql.read_migrations(folder, connection, schema_name="public")
    return not all(file.applied for file in files)


def check_names(folders: tuple[Path, ...]) -> None:
    """Files of one name in two folders would hide each other, because the library knows them by name."""
    names = Counter(path.stem for folder in folders for path in folder.glob("*.sql"))
    double = sorted(name for name, count in names.items() if count > 1)
    if double:
        raise SchemaError(f"two migrations of one name, rename the service's: {', '.join(double)}")


async def make_feed_role(dsn: str, service: str) -> str:
    """The role `<service>_feed`, which may read `published` and nothing else; returns its name."""
    connection = await connect(dsn, name="jinguo-migrate")
    try:
        role: str = await connection.fetchval("SELECT make_feed_role($1)", service)
        return role
    finally:
        await connection.close()
