"""Twelve writers, a hot stream they all write, aborted appends, and one transaction that stays open for seconds."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from uuid_utils.compat import uuid7

from libs.events.pool import connect
from libs.events.postgres import PostgresStore
from libs.events.store import NO_STREAM, Append, VersionConflict
from tests.integration.events.counting import META, Noted, note


class Aborted(Exception):
    """Thrown to roll an append back."""


@dataclass
class Workload:
    """What was committed: notes per stream and the newest transaction."""

    store: PostgresStore
    dsn: str
    writers: int = 12
    events: int = 100_000
    open_seconds: float = 3.0
    seed: int = 1
    committed: Counter[UUID] = field(default_factory=Counter)
    aborted: int = 0
    last_xid: int = 0
    _hot: UUID = field(default_factory=uuid7)

    async def run(self) -> None:
        """Write everything; ends when all is committed."""
        share = self.events // self.writers
        async with asyncio.TaskGroup() as group:
            group.create_task(self._slow())
            for writer in range(self.writers):
                group.create_task(self._write(random.Random(self.seed * 1_000 + writer), share))

    async def _write(self, rng: random.Random, share: int) -> None:
        stream, version, written = uuid7(), 0, 0
        while written < share:
            size = min(rng.randint(1, 20), share - written)
            if rng.random() < 0.05:
                await self._abort(stream, version, size)
            elif rng.random() < 0.1:
                await self._write_hot()
                written += 1
            else:
                version = await self._append(stream, version, size)
                written += size
            if version > 400:
                stream, version = uuid7(), 0

    async def _append(self, stream: UUID, version: int, size: int) -> int:
        done = await self.store.append(_notes(stream, version, size))
        self._keep(stream, size, done.xid)
        return done.version

    async def _write_hot(self) -> None:
        while True:
            version = await self.store._pool.fetchval(
                "SELECT coalesce(max(version), 0) FROM events WHERE stream_id = $1", self._hot
            )
            try:
                done = await self.store.append(_notes(self._hot, version, 1))
            except VersionConflict:
                continue
            return self._keep(self._hot, 1, done.xid)

    async def _abort(self, stream: UUID, version: int, size: int) -> None:
        try:
            async with self.store._pool.acquire() as connection, connection.transaction():
                await self.store.append(_notes(stream, version, size), connection)
                raise Aborted
        except Aborted:
            self.aborted += 1

    async def _slow(self) -> None:
        """Draws a position early and commits late, in between at a server-side pause."""
        stream = uuid7()
        connection = await connect(self.dsn)
        try:
            async with connection.transaction():
                done = await self.store.append(note(stream, 1, NO_STREAM), connection)
                await connection.execute("SELECT pg_sleep($1)", self.open_seconds)
        finally:
            await connection.close()
        self._keep(stream, 1, done.xid)

    def _keep(self, stream: UUID, size: int, xid: int) -> None:
        self.committed[stream] += size
        self.last_xid = max(self.last_xid, xid)


def _notes(stream: UUID, version: int, size: int) -> Append:
    numbers = range(version + 1, version + size + 1)
    return Append(stream, version or NO_STREAM, [Noted(stream, n) for n in numbers], META)
