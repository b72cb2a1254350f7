"""What must hold after any disturbance: each read model equals the log, and the published chain is whole."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from libs.events.types import Pool

CHAIN = """
SELECT count(*) FILTER (WHERE previous <> coalesce(before, 0)) AS broken, count(*) AS rows,
       coalesce(max(number), 0) AS head, count(DISTINCT event_id) AS ids
FROM (SELECT *, lag(number) OVER (PARTITION BY partition ORDER BY number) AS before FROM published) p
"""
LOG = "SELECT stream_id, count(*) AS count, sum((data->>'n')::int) AS total FROM events GROUP BY stream_id"
TALLY = "SELECT stream, count, total, broken FROM tally WHERE place = $1"


async def log(pool: Pool) -> dict[UUID, tuple[int, int]]:
    """Count and sum per stream, from the log itself."""
    return {row["stream_id"]: (row["count"], row["total"]) for row in await pool.fetch(LOG)}


async def tally(pool: Pool, place: str, besides: Collection[UUID] = ()) -> dict[UUID, tuple[int, int]]:
    """The same from a read model, whose order was whole; `besides`: streams that are left out."""
    rows = [row for row in await pool.fetch(TALLY, place) if row["stream"] not in besides]
    assert not [row for row in rows if row["broken"]], f"{place} saw a stream out of order"
    return {row["stream"]: (row["count"], row["total"]) for row in rows}


async def chain_is_whole(pool: Pool, numbers: int) -> None:
    """Numbers 1 … n, each partition's chain unbroken, no id twice."""
    row: Any = await pool.fetchrow(CHAIN)
    assert tuple(row) == (0, numbers, numbers, numbers)
