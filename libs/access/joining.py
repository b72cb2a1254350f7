"""What changes have in common: one transaction for what belongs together, and a word for what is left as it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from libs.events.types import Connection, Pool


class Unchanged:
    """Says of a field that may be nothing: leave it as it is."""


UNCHANGED: Final = Unchanged()


@asynccontextmanager
async def joined(pool: Pool, tx: Connection | None) -> AsyncIterator[Connection]:
    """A connection in a transaction; inside the caller's a savepoint, so that a refusal leaves that one usable."""
    if tx is not None:
        async with tx.transaction():
            yield tx
        return
    async with pool.acquire() as connection, connection.transaction():
        yield connection
