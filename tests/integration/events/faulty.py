"""Readers and a writer as others have built them, each with its known fault, for tests that must catch them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from libs.events.types import Pool, Snapshot
from libs.events.windows import NOTHING, open_window, read_page

AFTER = """
SELECT position, event_id, recorded_at < clock_timestamp() - $2::interval AS old FROM events WHERE position > $1
"""
MISSING = "SELECT position, event_id FROM events WHERE position = ANY($1::bigint[])"
BELOW_OLDEST = """
SELECT position, event_id FROM events
WHERE position > $1 AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY position
"""
HEAD = "SELECT coalesce(max(position), 0) FROM events"
SILENT = """
INSERT INTO events (stream_id, version, event_id, type, schema_version, data, meta)
SELECT $1, 1 + $2, $3, 'noted', 1, '{}', '{}' ON CONFLICT (stream_id, version) DO NOTHING
"""


class Reader(Protocol):
    """Looks at the log again and again; each look gives the ids of the events it takes for new."""

    async def look(self) -> list[UUID]:
        """What is new since the last look."""


@dataclass
class ByWindows:
    """Ours."""

    pool: Pool
    prev: Snapshot = NOTHING

    async def look(self) -> list[UUID]:
        window = await open_window(self.pool, self.prev)
        if window is None:
            return []
        self.prev = window.cur
        async with self.pool.acquire() as tx:
            return [row["event_id"] for row in (await read_page(tx, window, 1_000)).rows]


@dataclass
class WithGaps:
    """Remembers holes below what it has seen, but not below an event that looks old (Axon Framework, issue 4829)."""

    pool: Pool
    timeout: timedelta = timedelta(0)
    last: int = 0
    holes: set[int] = field(default_factory=set)

    async def look(self) -> list[UUID]:
        filled = await self.pool.fetch(MISSING, sorted(self.holes))
        self.holes -= {row["position"] for row in filled}
        fresh = await self.pool.fetch(f"{AFTER} ORDER BY position", self.last, self.timeout)
        for row in fresh:
            if not row["old"]:
                self.holes |= set(range(self.last + 1, row["position"]))
            self.last = row["position"]
        return [row["event_id"] for row in [*filled, *fresh]]


@dataclass
class ToHighWater:
    """Waits at a hole, but crosses it when it lasts longer than so many looks (Marten, issue 4953)."""

    pool: Pool
    patience: int = 2
    last: int = 0
    waited: int = 0

    async def look(self) -> list[UUID]:
        rows = await self.pool.fetch(f"{AFTER} ORDER BY position", self.last, timedelta(0))
        if rows and rows[0]["position"] > self.last + 1 and self.waited < self.patience:
            self.waited += 1
            return []
        self.waited = 0
        taken = []
        for row in rows:
            if taken and row["position"] > self.last + 1:
                break
            self.last = row["position"]
            taken.append(row["event_id"])
        return taken


@dataclass
class WithSkew:
    """Reads its page and its new place in two statements, each with a snapshot of its own (Marten, issue 4952)."""

    pool: Pool
    between: Callable[[], Awaitable[Any]]
    last: int = 0

    async def look(self) -> list[UUID]:
        rows = await self.pool.fetch(f"{AFTER} ORDER BY position", self.last, timedelta(0))
        await self.between()
        self.last = await self.pool.fetchval(HEAD)
        return [row["event_id"] for row in rows]


@dataclass
class BelowOldest:
    """Reads what no open transaction can precede, yet keeps its place by position (emmett, pull request 336)."""

    pool: Pool
    last: int = 0

    async def look(self) -> list[UUID]:
        rows = await self.pool.fetch(BELOW_OLDEST, self.last)
        self.last = max([self.last, *(row["position"] for row in rows)])
        return [row["event_id"] for row in rows]


async def append_silently(pool: Pool, stream: UUID, version: int, event_id: UUID) -> int:
    """Drops an event whose place is taken, and reports the version as if it were written (Eventuous, issue 553)."""
    await pool.execute(SILENT, stream, version, event_id)
    return version + 1
