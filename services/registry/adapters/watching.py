"""Scans whoever is new or changed for likely duplicates soon after, whichever way the change came in."""

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
from services.registry.handlers import scanning

META: Final = Meta(actor="service:registry", role="service", unit=NATION.code, correlation_id=UUID(int=0))
_log = structlog.get_logger("jinguo.duplicates")


@asynccontextmanager
async def watching(runtime: Runtime, seconds: float) -> AsyncIterator[asyncio.Task[None] | None]:
    """Scan every so many seconds while the process serves; 0: only when somebody asks for it. Gives the task."""
    if seconds == 0:
        yield None
        return
    task = asyncio.create_task(_watch(runtime, seconds), name="likely duplicates")
    try:
        yield task
    finally:
        await end([task])


async def _watch(runtime: Runtime, seconds: float) -> None:
    """What fails is logged by its kind and done again: the lines stay until they are worked off."""
    while True:
        try:
            totals = await scanning.scan(runtime, META)
            if totals["women"]:
                _log.info("duplicates.scanned", **totals)
        except Exception as error:  # noqa: BLE001 - a scan that fails must not end all later ones
            _log.error("duplicates.not_scanned", kind=type(error).__name__, where=where(error))
        await asyncio.sleep(seconds)
