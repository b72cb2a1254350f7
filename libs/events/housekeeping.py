"""Once an hour forgets answers to commands that nobody can repeat any more, a batch at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from libs.events.status import describe

EVERY = 3600.0  # seconds
BATCH = 1_000

_log = logging.getLogger("jinguo.events")


async def prune_for_ever(prune: Callable[[int], Awaitable[int]], every: float = EVERY, batch: int = BATCH) -> None:
    """Calls `prune` until less than a batch is left, then rests; a failure waits for the next hour."""
    while True:
        try:
            while await prune(batch) == batch:
                pass
        except Exception as error:  # noqa: BLE001 - the database is away: next hour is early enough
            _log.warning("answered commands were not pruned: %s", describe(error))
        await asyncio.sleep(every)
