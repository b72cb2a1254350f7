"""An app's life with its audit trail: sealed while it serves, old months dropped once a day."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Final

import asyncpg
import structlog
from fastapi import FastAPI

from libs.audit.checkpoints import SUFFIX, Signer
from libs.audit.retention import drop_old
from libs.audit.sealing import Seal, Sealer
from libs.audit.trail import NotAudited, Trail
from libs.events.ending import end
from libs.events.pool import LOST
from libs.events.types import Clock
from libs.service.settings import ServiceSettings

DAY: Final = 86_400.0
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]
_log = structlog.get_logger("jinguo.audit")


def seal_of(name: str, settings: ServiceSettings) -> Seal:
    """Key and file of the settings."""
    seed = bytes.fromhex(settings.audit_key.get_secret_value())
    file = settings.audit_folder / f"{name}{SUFFIX}" if settings.audit_folder else None
    return Seal(Signer(seed) if seed else None, file)


def sealing(
    name: str, trail: Trail | None, settings: ServiceSettings, clock: Clock, inner: Lifespan | None
) -> Lifespan | None:
    """The app's own lifespan inside that of its trail; `inner` alone where there is no trail."""
    if trail is None:
        return inner
    seal = seal_of(name, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(Sealer(trail, name, seal, clock).running())
            if seal.signer is not None:
                task = asyncio.create_task(_drop(trail, name, seal, settings.audit_days, clock), name="audit retention")
                stack.push_async_callback(end, [task])
            if inner is not None:
                await stack.enter_async_context(inner(app))
            yield

    return lifespan


async def _drop(trail: Trail, name: str, seal: Seal, days: int, clock: Clock) -> None:
    while True:
        try:
            dropped = await drop_old(trail, name, seal, clock(), days)
            if dropped.entries:
                _log.info("audit.dropped", service=name, entries=dropped.entries)
        except (NotAudited, asyncpg.PostgresError, asyncpg.InterfaceError, *LOST) as error:
            _log.error("audit.not_dropped", service=name, kind=type(error).__name__)
        await asyncio.sleep(DAY)
