"""The peer message-db 1.3 (SQL functions), called over our own driver: what is compared is the server's work.

It takes an advisory lock for each category and gives one number a message from a sequence. Each message is a call.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from bench import npm
from bench.disks import Server
from bench.rounds import Sample, tasks

# In the order of its own install.sh, but for the extension pgcrypto: the one function it needs of it,
# gen_random_uuid, is in PostgreSQL itself since 13.
FILES = (
    "roles/message-store",
    "schema/message-store",
    "tables/messages",
    "types/message",
    *(f"functions/{name}" for name in (
        "message-store-version", "hash-64", "acquire-lock", "category", "is-category", "id", "cardinal-id",
        "stream-version", "write-message", "get-stream-messages", "get-category-messages", "get-last-stream-message",
    )),
    *(f"indexes/messages-{name}" for name in ("id", "stream", "category")),
)  # fmt: skip
WRITE = "SELECT message_store.write_message($1, $2, 'Noted', $3::jsonb, $4::jsonb, -1)"
META = json.dumps({"actor": "test", "role": "tester", "unit": "000000000000", "correlation_id": str(uuid4())})


@dataclass
class MessageDb:
    """An installed message store."""

    pool: "asyncpg.Pool[Any]"

    async def append(self, clients: int, seconds: float) -> Sample:
        """One message to a new stream of one category."""

        async def once() -> None:
            stream = uuid4()
            data = json.dumps({"stream": str(stream), "n": 1})
            await self.pool.fetchval(WRITE, str(uuid4()), f"notes-{stream}", data, META)

        return await tasks(clients, seconds, once)


@asynccontextmanager
async def message_db(
    server: Server, disk: str, clients: int, left_out: dict[str, str]
) -> AsyncIterator[MessageDb | None]:
    """None, and why in `left_out`, when it can't be installed."""
    why = await npm.installed()
    dsn = server.dsn(await server.database("message_db", disk))
    if why is None:
        why = await _install(dsn, npm.folder() / "node_modules" / "@eventide" / "message-db" / "database")
    if why is not None:
        left_out["message-db"] = why
        yield None
        return
    settings = {"search_path": "message_store, public"}
    async with asyncpg.create_pool(dsn, min_size=clients, max_size=clients, server_settings=settings) as pool:
        yield MessageDb(pool)


async def _install(dsn: str, scripts: Path) -> str | None:
    connection = await asyncpg.connect(dsn)
    try:
        for name in FILES:
            await connection.execute((scripts / f"{name}.sql").read_text())
    except (OSError, asyncpg.PostgresError) as error:
        return f"its scripts do not run here: {str(error).splitlines()[0]}"
    finally:
        await connection.close()
    return None
