"""A few works side by side: while one waits for the database another computes. The first failure ends them all."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self


class AtOnce:
    """At most so many works run; leaving the block waits for all of them, or ends them when something failed."""

    def __init__(self, limit: int) -> None:
        """Nothing runs yet."""
        self._limit = limit
        self._running: deque[asyncio.Task[None]] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while error is None and self._running:
                await self._running.popleft()
        finally:
            for each in self._running:
                each.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin a work, after the oldest one when as many run as may; raises what that one raised."""
        try:
            if len(self._running) >= self._limit:
                await self._running.popleft()
        except BaseException:
            work.close()
            raise
        self._running.append(asyncio.create_task(work))
