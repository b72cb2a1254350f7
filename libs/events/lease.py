"""Who may move a service's cursors. Taken when there is work, extended by each page, never renewed when idle.

All cursors of a process role are taken together. A new owner raises the epoch; a page of the old one then finds no
row under its epoch and writes nothing. Times are the database's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from libs.events.types import Connection, Pool, Record, Snapshot
from libs.events.windows import NOTHING

KNOWN = "SELECT count(*) FROM cursors WHERE name = ANY($1)"
DECLARE = "INSERT INTO cursors (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
TAKE = """
UPDATE cursors SET owner = $2, epoch = epoch + 1, lease_until = clock_timestamp() + $3
WHERE name = ANY (ARRAY(
    SELECT name FROM cursors WHERE name = ANY($1) AND (owner = $2 OR lease_until < clock_timestamp())
    ORDER BY name FOR UPDATE SKIP LOCKED))
RETURNING name, prev, cur, page_position, last_number, epoch
"""
PEEK = "SELECT name, prev, cur, page_position, last_number, epoch, owner FROM cursors WHERE name = ANY($1)"
FREE = "SELECT count(*) FROM cursors WHERE name = ANY($1) AND (owner = $2 OR lease_until < clock_timestamp())"
LOCK = "SELECT name, prev, cur, page_position, last_number, epoch FROM cursor_lock($1, $2, $3)"
STORE = """
UPDATE cursors SET prev = $2, cur = $3, page_position = $4, last_number = $5,
       lease_until = greatest(lease_until, clock_timestamp() + $6)
WHERE name = $1
"""
EXPIRE = "UPDATE cursors SET owner = NULL, lease_until = '-infinity' WHERE name = ANY($1) AND owner IS NOT NULL"
RELEASE = "UPDATE cursors SET owner = NULL, lease_until = '-infinity' WHERE name = ANY($1) AND owner = $2"


class LeaseLost(Exception):
    """The cursor is not ours, or not where we believed it to be; nothing of this page was written."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader stands; `cur` is set while a window of several pages is open."""

    name: str
    prev: Snapshot
    cur: Snapshot | None
    page_position: int
    last_number: int
    epoch: int


@dataclass(frozen=True)
class Lease:
    """One process role's right to a set of cursors."""

    names: Sequence[str]
    owner: UUID
    length: timedelta = timedelta(seconds=30)

    @property
    def page_timeout(self) -> str:
        """Longest time of a page, well below the lease."""
        return f"{int(self.length.total_seconds() * 1000 * 2 / 3)}ms"

    async def declare(self, pool: Pool) -> None:
        """Make the rows of new cursors; writes nothing when they are there."""
        known = await pool.fetchval(KNOWN, list(self.names))
        if known < len(self.names):
            await pool.execute(DECLARE, list(self.names))

    async def is_free(self, pool: Pool) -> bool:
        """Whether all cursors are ours or nobody's; writes nothing."""
        free: int = await pool.fetchval(FREE, list(self.names), self.owner)
        return free == len(self.names)

    async def take(self, pool: Pool, *, force: bool = False) -> Mapping[str, Cursor] | None:
        """All cursors, or None while another process holds one; asks first, so waiting writes nothing.

        `force` takes them from whoever has them, for a restored database whose owners live elsewhere.
        """
        if force:
            await self.expire(pool)
        if not await self.is_free(pool):
            return None
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(TAKE, list(self.names), self.owner, self.length)
            if len(rows) < len(self.names):
                raise LeaseLost("another process was first")
        return {row["name"]: _cursor(row) for row in rows}

    async def expire(self, pool: Pool) -> None:
        """End whoever's lease it is; only where nobody else can be alive. Writes nothing when nobody has it."""
        await pool.execute(EXPIRE, list(self.names))

    async def peek(self, pool: Pool) -> Mapping[str, Cursor]:
        """Where the cursors stand, whoever owns them; writes nothing."""
        return {row["name"]: _cursor(row) for row in await pool.fetch(PEEK, list(self.names))}

    async def release(self, pool: Pool) -> None:
        """Give the cursors back at a clean stop, so that the next owner need not wait."""
        await pool.execute(RELEASE, list(self.names), self.owner)

    async def lock(self, tx: Connection, cursor: Cursor) -> None:
        """First statement of a page: the row under our epoch, held to commit; raises LeaseLost."""
        row = await tx.fetchrow(LOCK, cursor.name, cursor.epoch, self.page_timeout)
        if row is None or _cursor(row) != cursor:
            raise LeaseLost(cursor.name)

    async def store(self, tx: Connection, cursor: Cursor) -> None:
        """Move the cursor and extend the lease, in the page's transaction."""
        await tx.execute(
            STORE, cursor.name, cursor.prev, cursor.cur, cursor.page_position, cursor.last_number, self.length
        )


def _cursor(row: Record) -> Cursor:
    prev = row["prev"] or NOTHING
    return Cursor(row["name"], prev, row["cur"], row["page_position"], row["last_number"], row["epoch"])
