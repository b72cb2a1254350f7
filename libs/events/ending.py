"""Ends tasks for certain: a driver may turn a cancellation into its own error, which a task that retries outlives."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN = 0.5  # seconds after which a task that still runs is cancelled again


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended; what they raised is theirs."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN)


def told_to_end() -> bool:
    """Whether somebody has cancelled the present task; a library may let its own cancellations out into it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
