"""A list in pages by key, and how many rows it has: both by the one statement, so a count filters as the rows are.

The parameters of the statement stand in this order: those of its filter, the key after which a page begins, the limit.

    LIST = "SELECT … WHERE division BETWEEN $1 AND $2 AND (division, id) > ($3, $4) ORDER BY division, id LIMIT $5"
    scope = division.range()
    listing = Listing(pool, LIST, scope, start=(before(scope), UUID(int=0)))
    rows, all_of_them = await listing.page(key, 50), await listing.count(within=timedelta(seconds=2))
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import asyncpg

from libs.events.types import Connection, Pool, Record

_LIMIT: Final = "SELECT set_config('statement_timeout', $1, true)"


@dataclass(frozen=True, slots=True)
class Listing:
    """One list as its caller may see it; `start` is the key before the first row."""

    source: Pool | Connection
    sql: str
    filters: Sequence[Any]
    start: Sequence[Any]

    async def page(self, after: Sequence[Any] | None = None, limit: int = 50) -> list[Record]:
        """Up to `limit` rows behind the key `after`; None: from the first."""
        key = self.start if after is None else after
        return list(await self.source.fetch(self.sql, *self.filters, *key, limit))

    async def count(self, within: timedelta) -> int | None:
        """How many rows all pages have together; None when the server could not count them in that time."""
        async with _leaving_nothing(self.source) as connection:
            await connection.fetchval(_LIMIT, f"{max(1, within // timedelta(milliseconds=1))}ms")
            try:
                rows: int = await connection.fetchval(counting(self.sql), *self.filters, *self.start, None)
            except asyncpg.QueryCanceledError:
                return None
        return rows


def before(scope: tuple[str, str]) -> str:
    """What sorts right before the first code of a range, the first part of the key at which a list of it starts.

    The server walks an index from the key, whatever range stands beside it: from "" it would reach the women of a
    county by passing everybody of the counties before it.
    """
    return scope[0][:-1]


def counting(sql: str) -> str:
    """The statement that counts what another lists: from its start and, with NULL as its limit, to its end."""
    return f"SELECT count(*) FROM ({sql}) AS listed"  # noqa: S608 - a constant statement


@asynccontextmanager
async def _leaving_nothing(source: Pool | Connection) -> AsyncIterator[Connection]:
    """A transaction, or a savepoint inside one, that is rolled back: its time limit goes, and a stop harms nothing."""
    if isinstance(source, asyncpg.Pool):
        async with source.acquire() as connection, _leaving_nothing(connection) as inner:
            yield inner
        return
    transaction = source.transaction()
    await transaction.start()
    try:
        yield source
    finally:
        await transaction.rollback()
