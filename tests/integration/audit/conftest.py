"""A trail over a real database, its key, and the file of its checkpoints."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.audit import MIGRATIONS, checkpoints
from libs.audit.checkpoints import Signer
from libs.audit.entry import Entry
from libs.audit.sealing import Seal, Sealer
from libs.audit.trail import Trail
from libs.audit.verify import verify
from libs.events.pool import make_pool
from libs.events.types import Pool
from libs.events.verifying.check import snapshot

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
SIGNER = Signer(b"k" * 32)


@dataclass
class Book:
    """A trail with its sealer."""

    dsn: str
    pool: Pool
    trail: Trail
    seal: Seal
    sealer: Sealer

    async def write(self, *actions: str) -> None:
        """Entries of these actions, sealed and signed."""
        for action in actions:
            await self.trail.note(Entry(action, actor="a", unit="522634000000", object_kind="woman", object_id="1"))
        await self.seal_all()

    async def seal_all(self) -> None:
        while await self.sealer.seal():
            pass
        await self.sealer.checkpoint()

    async def faults(self) -> list[str]:
        """What verification finds, with the file beside the database."""
        assert self.seal.file is not None
        signed = list(checkpoints.read(self.seal.file))
        async with snapshot(self.dsn) as connection:
            checks = await verify(connection, "sample", SIGNER.reader, signed)
        return [fault for check in checks for fault in check.faults]

    async def tamper(self, *statements: str) -> None:
        """What a superuser can do: triggers are off in this session."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await connection.execute(statement)


@pytest.fixture
async def book(make_database: Callable[..., Awaitable[str]], tmp_path: Path) -> AsyncIterator[Book]:
    dsn = await make_database(MIGRATIONS)
    pool = await make_pool(dsn, name="test")
    trail, seal = Trail(pool), Seal(SIGNER, tmp_path / "sample.checkpoints")
    yield Book(dsn, pool, trail, seal, Sealer(trail, "sample", seal, lambda: NOW))
    await pool.close()
