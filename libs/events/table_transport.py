"""The transport of one machine: the publisher's table itself, all partitions in one query."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from libs.events.pool import make_pool
from libs.events.transport import Head, Published
from libs.events.types import Pool

HEAD = """
SELECT feed_log_id() AS log_id, coalesce(last.number, 0) AS number, last.at
FROM (SELECT 1) AS one LEFT JOIN LATERAL (SELECT number, at FROM published ORDER BY number DESC LIMIT 1) last ON true
"""
READ = """
SELECT p.number, p.partition, p.previous, p.event_id, p.type, p.key, p.data, p.meta, p.at
FROM (
    SELECT ahead.number FROM unnest($1::smallint[], $2::bigint[]) AS o(partition, number)
    CROSS JOIN LATERAL (
        SELECT number FROM published WHERE published.partition = o.partition AND published.number > o.number
        ORDER BY number LIMIT $3) ahead
    ORDER BY ahead.number LIMIT $3) next
JOIN published p ON p.number = next.number
ORDER BY p.number
"""
NUMBER_OF = "SELECT number FROM published WHERE event_id = $1"
AT = "SELECT event_id FROM published WHERE number = $1"


class TableTransport:
    """Reads `published` over a small pool of its own, by the feed's role where the DSN names it."""

    system = "postgresql"  # as messaging metrics and spans name it

    def __init__(self, pool: Pool) -> None:
        """See `open`."""
        self._pool = pool

    @classmethod
    async def open(cls, dsn: str) -> "TableTransport":
        """Connections are made when first needed."""
        return cls(await make_pool(dsn, name="jinguo-feed", max_size=2))

    async def head(self) -> Head:
        """See `Transport.head`."""
        row = await self._pool.fetchrow(HEAD)
        assert row is not None
        return Head(row["log_id"], row["number"], row["at"])

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        """See `Transport.read`."""
        rows = await self._pool.fetch(READ, list(positions), list(positions.values()), limit)
        return [Published(**dict(row)) for row in rows]

    async def at(self, number: int) -> UUID | None:
        """See `Numbered.at`."""
        found: UUID | None = await self._pool.fetchval(AT, number)
        return found

    async def number_of(self, event_id: UUID) -> int | None:
        """See `Numbered.number_of`."""
        found: int | None = await self._pool.fetchval(NUMBER_OF, event_id)
        return found

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._pool.close()
