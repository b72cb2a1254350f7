"""Recorded numbers: gapless, in commit order, because the counter's row is locked to commit."""

from libs.events.types import Connection

NEXT = """
INSERT INTO counters (name, last) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET last = counters.last + excluded.last
RETURNING last
"""
LAST = "SELECT last FROM counters WHERE name = $1"


async def next_numbers(tx: Connection, counter: str, count: int) -> range:
    """Draw `count` numbers; as the first write of a transaction this makes number order commit order."""
    if count <= 0:
        return range(0)
    last: int = await tx.fetchval(NEXT, counter, count)
    return range(last - count + 1, last + 1)


async def last_number(tx: Connection, counter: str) -> int:
    """The greatest number drawn and visible here; 0 before the first."""
    return await tx.fetchval(LAST, counter) or 0
