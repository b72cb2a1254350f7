"""One PostgreSQL for all contenders of a run, with the product's settings, and databases on a quick and on a slow disk.

Commits are synced in both. The slow disk is the server's own `commit_delay`: each commit waits 2 ms before it is
synced, and transactions that come meanwhile are synced with it, as on a disk with a slow flush.
"""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg

from jinguo.postgres import EmbeddedPostgres

QUICK: Final = "quick"
SLOW: Final = "slow"
DISKS: Mapping[str, Mapping[str, str]] = {
    QUICK: {"commit_delay": "0"},
    SLOW: {"commit_delay": "2000", "commit_siblings": "0"},
}


@dataclass
class Server:
    """The running server."""

    postgres: EmbeddedPostgres
    made: list[str] = field(default_factory=list)

    @property
    def socket_folder(self) -> str:
        """Where clients that take host and user apart connect to."""
        return str(self.postgres.socket_folder)

    def dsn(self, database: str) -> str:
        """Address of a database."""
        return self.postgres.dsn(database)

    async def database(self, name: str, disk: str = QUICK) -> str:
        """A fresh database whose sessions commit as on this disk; its name."""
        made = f"{name}_{disk}_{uuid4().hex[:8]}"
        connection = await asyncpg.connect(self.postgres.dsn())
        try:
            await connection.execute(f'CREATE DATABASE "{made}"')
            for setting, value in DISKS[disk].items():
                await connection.execute(f'ALTER DATABASE "{made}" SET {setting} = {value}')
        finally:
            await connection.close()
        return made

    async def version(self) -> str:
        """What the server calls itself, and that it syncs."""
        connection = await asyncpg.connect(self.postgres.dsn())
        try:
            assert await connection.fetchval("SHOW fsync") == "on"
            assert await connection.fetchval("SHOW synchronous_commit") == "on"
            version: str = await connection.fetchval("SHOW server_version")
        finally:
            await connection.close()
        return version


@asynccontextmanager
async def server() -> AsyncIterator[Server]:
    """Started on a fresh folder, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-", ignore_cleanup_errors=True) as parent:
        # four contenders with 32 connections each: more than the product itself ever opens
        postgres = EmbeddedPostgres(Path(parent) / "postgres", settings={"max_connections": "200"})
        postgres.start()
        try:
            yield Server(postgres)
        finally:
            postgres.stop()
