"""How far each publisher has been read, from the facts themselves: for a web process in which no consumer runs."""

import asyncio
from datetime import datetime
from typing import Any

from libs.events.types import Pool

READ = """
SELECT number, at FROM facts WHERE source = $1 ORDER BY recorded DESC LIMIT 1
"""

SHORTEST, LONGEST = 0.05, 0.25  # seconds between two looks


async def read(pool: Pool, source: str) -> dict[str, Any]:
    """The last number taken from a publisher and its time; 0 before the first."""
    row = await pool.fetchrow(READ, source)
    number: int = row["number"] if row else 0
    at: datetime | None = row["at"] if row else None
    return {"number": number, "at": at}


async def reached(pool: Pool, source: str, number: int, wait: float) -> bool:
    """Look until the number is there or the time is over. Exact where records come in the order of their numbers."""
    clock, pause = asyncio.get_running_loop().time, SHORTEST
    end = clock() + wait
    while (await read(pool, source))["number"] < number:
        if clock() + pause > end:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST)
    return True
