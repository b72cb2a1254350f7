"""Commands of one process for one stream go one after another: who would lose the race for it waits for his turn.

Two hundred who apply for one course at once would otherwise decide on the same state, and all but one again and again.
Between processes the expected version decides, as before.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakValueDictionary


class Turns:
    """One queue a stream, for as long as somebody stands in it."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, stream_id: UUID) -> AsyncIterator[None]:
        """From one's turn to its end, in the order of asking. Must not be asked for again inside."""
        lock = self._locks.get(stream_id)
        if lock is None:
            self._locks[stream_id] = lock = asyncio.Lock()
        async with lock:
            yield
