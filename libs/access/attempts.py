"""Counts wrong secrets and passwords by whom they were for and the network they came from, and locks that pair only.

Who knows a user name or a client's id must not be able to lock its owner out. An attempt is counted before the secret
is looked at, so that guesses made at once cannot pass a count that they all read. What nobody tried for a while is
forgotten, so the table stays small.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from libs.events.types import Connection, Pool
from libs.values.network import network_of

MOST_FAILURES: Final = 5
LOCK: Final = timedelta(minutes=15)
FORGET: Final = timedelta(days=1)
NOBODY: Final = UUID(int=0)
"""Whom a try for an unknown name is counted for, so that it costs the same statements."""

_COUNT: Final = """
INSERT INTO attempts AS a (subject, network, failed, at) VALUES ($1, $2, 1, $3)
ON CONFLICT (subject, network) DO UPDATE SET
    at = $3,
    failed = CASE WHEN a.locked_until <= $3 THEN 1 ELSE a.failed + 1 END,
    locked_until = CASE WHEN a.locked_until IS NULL AND a.failed + 1 >= $5 THEN $4::timestamptz END
WHERE a.locked_until IS NULL OR a.locked_until <= $3
RETURNING failed
"""
_CLEAR: Final = "DELETE FROM attempts WHERE subject = $1 AND network = $2"
_CLEAR_ALL: Final = "DELETE FROM attempts WHERE subject = $1"
_PRUNE: Final = """
DELETE FROM attempts WHERE (subject, network) IN (
    SELECT subject, network FROM attempts WHERE at < $1 ORDER BY at LIMIT 10 FOR UPDATE SKIP LOCKED
)
"""


async def count(pool: Pool, subject: UUID | None, address: str, now: datetime) -> bool:
    """Count one try; False while the pair is locked. The fifth locks, so a sixth is not looked at."""
    await pool.execute(_PRUNE, now - FORGET)
    row = await pool.fetchval(_COUNT, subject or NOBODY, _network(address), now, now + LOCK, MOST_FAILURES)
    return row is not None


async def clear(connection: Connection | Pool, subject: UUID, address: str) -> None:
    """It was right: tries from there count from one again."""
    await connection.execute(_CLEAR, subject, _network(address))


async def clear_all(connection: Connection | Pool, subject: UUID) -> None:
    """An administrator's help: every lock of this subject ends."""
    await connection.execute(_CLEAR_ALL, subject)


def _network(address: str) -> str:
    return network_of(address)[:64]
