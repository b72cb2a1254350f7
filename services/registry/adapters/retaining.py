"""Destroys the kept files whose time is over, once a day while the process serves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import structlog

from libs.events.ending import end
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.service.logs import where
from libs.values.division import NATION
from services.registry.handlers import retaining

META: Final = Meta(actor="service:registry", role="service", unit=NATION.code, correlation_id=UUID(int=0))
_log = structlog.get_logger("jinguo.retention")


@asynccontextmanager
async def keeping_short(runtime: Runtime, seconds: float) -> AsyncIterator[asyncio.Task[None] | None]:
    """Look every so many seconds; 0: only when somebody asks for it. Gives the task."""
    if seconds == 0:
        yield None
        return
    task = asyncio.create_task(_run(runtime, seconds), name="retention")
    try:
        yield task
    finally:
        await end([task])


async def _run(runtime: Runtime, seconds: float) -> None:
    """What fails is logged by its kind and done again the next day."""
    while True:
        try:
            done = await retaining.destroy(runtime, META)
            if done:
                _log.info("retention.destroyed", files=done)
        except Exception as error:  # noqa: BLE001 - a day that fails must not end all later ones
            _log.error("retention.failed", kind=type(error).__name__, where=where(error))
        await asyncio.sleep(seconds)
