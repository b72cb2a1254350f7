"""What a check looked at and what it found; and the snapshot in which all checks of a database look."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from libs.events.pool import connect
from libs.events.types import Connection

SHOWN = 10  # faults of one check that are kept with their places
PAGE = 1_000


@dataclass
class Check:
    """`what` is a sentence that holds when there is no fault; `counted` of `unit` were looked at."""

    name: str
    what: str
    unit: str
    counted: int = 0
    faulty: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Nothing wrong was found."""
        return self.faulty == 0

    def fault(self, text: str) -> None:
        """One more fault; only the first ones are kept in words, which hold no personal data."""
        self.faulty += 1
        if len(self.faults) < SHOWN:
            self.faults.append(text)

    def expect(self, holds: bool, text: str) -> None:
        """Look at one thing."""
        self.counted += 1
        if not holds:
            self.fault(text)


@asynccontextmanager
async def snapshot(dsn: str) -> AsyncIterator[Connection]:
    """A connection whose every query sees the database as it is now; writes are refused."""
    connection = await connect(dsn, name="jinguo-verify")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.fetchval("SELECT pg_current_snapshot()")  # the first query takes the snapshot
            yield connection
    finally:
        await connection.close()


async def pages(connection: Connection, query: str, *arguments: Any) -> AsyncIterator[list[Any]]:
    """The rows of a query, a page at a time, over a cursor on the server."""
    cursor = await connection.cursor(query, *arguments)
    while rows := await cursor.fetch(PAGE):
        yield rows


def differing(one: dict[str, Any], other: dict[str, Any], but: Iterable[str] = ()) -> list[str]:
    """Names of the fields that differ; a field that only `other` has, with a later version, is no difference."""
    return sorted(name for name in one if name not in but and (name not in other or one[name] != other[name]))
