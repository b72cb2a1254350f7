"""Seals entries into the chain about once a second, and signs where it stands about once a minute.

Writers never wait for it: an entry lies unsealed in its act's transaction, and one sealer at a time, under a lock of
the database, gives the committed ones the next numbers. Why so, with what it costs: docs/decisions/0020.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from libs.audit import checkpoints
from libs.audit.checkpoints import Checkpoint, Signer
from libs.audit.entry import COLUMNS, genesis, link
from libs.audit.trail import Trail
from libs.events.ending import end
from libs.events.pool import LOST
from libs.events.types import Clock, Connection, Pool

BATCH: Final = 2_000
EVERY: Final = 0.5  # seconds between two looks
CHECKPOINT_EVERY: Final = 60.0
_LOCK: Final = 0x4A474155

TAKE: Final = f"""
WITH taken AS (DELETE FROM audit_unsealed WHERE id IN (SELECT id FROM audit_unsealed ORDER BY id LIMIT $1) RETURNING id)
SELECT {COLUMNS} FROM audit_trail JOIN taken USING (id) ORDER BY id
"""  # noqa: S608 - a constant list of columns
ANY: Final = "SELECT EXISTS (SELECT FROM audit_unsealed)"
HEAD: Final = """
SELECT number, hash FROM audit_chain
UNION ALL SELECT number, hash FROM audit_checkpoints WHERE kind = 'anchor'
ORDER BY number DESC LIMIT 1
"""
ADD: Final = (
    "INSERT INTO audit_chain (number, entry, hash) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])"
)
CHAIN_ID: Final = "SELECT chain_id FROM audit_identity"

_log = structlog.get_logger("jinguo.audit")


@dataclass(frozen=True, slots=True)
class Seal:
    """Who signs, and where the signed words lie besides the database; without a signer the chain is only hashed."""

    signer: Signer | None = None
    file: Path | None = None


class Sealer:
    """Seals the trail of one service."""

    def __init__(self, trail: Trail, service: str, seal: Seal, clock: Clock) -> None:
        """Nothing runs before `running`."""
        self._trail = trail
        self._service = service
        self._seal = seal
        self._clock = clock
        self._signed = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Seal until the end, and what is left then."""
        task = asyncio.create_task(self._run(), name=f"audit {self._service}")
        try:
            yield
        finally:
            await end([task])
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, *LOST):
                while await self.seal():
                    pass
                await self.checkpoint()

    async def seal(self) -> int:
        """Give the next numbers to committed entries, up to BATCH; how many. 0 too while another process seals."""
        if not await self._trail.pool.fetchval(ANY):
            return 0  # without a transaction: this is asked twice a second
        async with self._trail.pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
                return 0
            rows = await connection.fetch(TAKE, BATCH)
            if rows:
                number, last = await head(connection)
                await connection.execute(ADD, *_links(number, last, rows))
        return len(rows)

    async def checkpoint(self) -> Checkpoint | None:
        """Sign where the chain stands, if it moved: into the database, then into the file. None when it did not."""
        if self._seal.signer is None:
            return None
        async with self._trail.pool.acquire() as connection:
            number, last = await head(connection)
            if number in {0, self._signed}:
                return None
            chain_id = await chain_of(connection)
            plain = Checkpoint("checkpoint", number, last, self._clock())
            signed = self._seal.signer.sign(plain, self._service, chain_id)
            if self._seal.file is not None:
                await asyncio.to_thread(checkpoints.append, self._seal.file, signed)
            await checkpoints.keep(connection, signed)
        self._signed = number
        return signed

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + CHECKPOINT_EVERY
        while True:
            try:
                full = await self.seal() == BATCH
                if loop.time() >= due:
                    await self.checkpoint()
                    due = loop.time() + CHECKPOINT_EVERY
            except (asyncpg.PostgresError, asyncpg.InterfaceError, *LOST) as error:
                _log.error("audit.not_sealed", service=self._service, kind=type(error).__name__)
                full = False
            if not full:
                await asyncio.sleep(EVERY)


async def head(connection: Connection) -> tuple[int, bytes]:
    """The last number and its hash: of the chain, of the anchor where all is dropped, else 0 and the genesis."""
    row = await connection.fetchrow(HEAD)
    return (row["number"], row["hash"]) if row else (0, genesis(await chain_of(connection)))


async def chain_of(connection: Connection | Pool) -> UUID:
    """The identity of this database's chain."""
    found: UUID = await connection.fetchval(CHAIN_ID)
    return found


def _links(number: int, last: bytes, rows: list[Any]) -> tuple[list[int], list[int], list[bytes]]:
    hashes = []
    for nth, row in enumerate(rows, start=number + 1):
        last = link(last, nth, row)
        hashes.append(last)
    return list(range(number + 1, number + 1 + len(rows))), [row["id"] for row in rows], hashes
