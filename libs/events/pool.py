"""Connections to PostgreSQL: JSON by orjson, time-outs everywhere, and one answer when the server is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import asyncpg
import orjson

from libs.events.types import Connection, Pool
from libs.values.errors import Unavailable

CONNECT_TIMEOUT: Final = 5.0  # seconds
FROZEN: Final = timedelta(seconds=60)
_JSONB_VERSION: Final = b"\x01"

# Faults of the connection or the server, not of what was asked: worth another try.
LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.exceptions.InsufficientResourcesError,  # too many connections, no memory, a full disk
    asyncpg.exceptions.PostgresIOError,
    asyncpg.exceptions.ConnectionFailureError,
    asyncpg.InternalClientError,  # a connection whose server died under it, used before it noticed
)


async def make_pool(dsn: str, *, name: str, max_size: int = 10, frozen: timedelta = FROZEN) -> Pool:
    """A pool whose connections speak JSON; connections are made when first needed.

    A process that stops inside a transaction loses it after `frozen`, so that what it locked is free for others.
    """
    idle = f"{int(frozen.total_seconds() * 1000)}ms"
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=max_size,
        timeout=CONNECT_TIMEOUT,
        init=prepare,
        reset=_keep,
        server_settings={"application_name": name, "idle_in_transaction_session_timeout": idle},
    )


async def connect(dsn: str, *, name: str = "jinguo") -> "asyncpg.Connection[asyncpg.Record]":
    """One connection of the same kind, for tools and tests."""
    connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT, server_settings={"application_name": name})
    await prepare(connection)
    return connection


async def prepare(connection: Connection) -> None:
    """Let json and jsonb go in and out as Python values."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_jsonb_out, decoder=_jsonb_in, format="binary"
    )
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads, format="binary"
    )


async def _keep(_connection: Connection) -> None:
    """Nothing to reset between uses: only SET LOCAL is used. Saves a round trip each time."""


def _jsonb_out(value: Any) -> bytes:
    return _JSONB_VERSION + orjson.dumps(value)


def _jsonb_in(data: bytes) -> Any:
    return orjson.loads(data[1:])


def is_lost(error: BaseException) -> bool:
    """Whether the connection or the server went away."""
    if isinstance(error, OSError) and error.errno is None and not isinstance(error, (TimeoutError, ConnectionError)):
        return False  # no word of the system: a library's own error that happens to be an OSError
    if isinstance(error, asyncpg.InterfaceError):
        return any(word in str(error) for word in ("closed", "closing", "released back"))  # a broken one is given back
    return isinstance(error, LOST)


@contextmanager
def database() -> Iterator[None]:
    """Turns a server that is away into `Unavailable`, so that a route answers 503 and a client asks again."""
    try:
        yield
    except (asyncpg.InterfaceError, *LOST) as error:
        if not is_lost(error):
            raise
        raise Unavailable(
            "database.unavailable",
            "The database does not answer at this moment.",
            right="ask again in a few seconds; with the same Idempotency-Key nothing is done twice",
        ) from error
