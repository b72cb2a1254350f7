"""At an app's start: temporary folders that a killed process left, with what callers had sent, are removed."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI

from libs.scratch import sweep
from libs.service.settings import ServiceSettings

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]
_log = structlog.get_logger("jinguo.scratch")


def sweeping(settings: ServiceSettings, inner: Lifespan | None) -> Lifespan:
    """The app's own lifespan, begun with a sweep of the folder for uploads and the system's temporary folder."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for place in {settings.temp_folder, Path(tempfile.gettempdir())} - {None}:
            await _sweep(app.state.name, place)
        async with inner(app) if inner is not None else nullcontext():
            yield

    return lifespan


async def _sweep(name: str, place: Path | None) -> None:
    """A folder that cannot be removed is told to who runs the service; it is no reason not to serve."""
    try:
        removed = await asyncio.to_thread(sweep, place)
    except OSError as error:
        _log.error("scratch.not_swept", service=name, kind=type(error).__name__)
        return
    if removed:
        _log.info("scratch.swept", service=name, folders=removed)
