"""Whether the process lives, whether it can serve, and what lags: `/health/live`, `/health/ready`, `/v1/status`."""

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.encoders import jsonable_encoder
from starlette.responses import Response

from libs.access.fastapi import public, requires
from libs.access.principal import Principal
from libs.service.problems import answer, language_of, problem_of
from libs.values.errors import Unavailable

_SECONDS: Final = 3.0

health = APIRouter(prefix="/health", tags=["health"], include_in_schema=False)
status = APIRouter(prefix="/v1", tags=["status"])


@health.get("/live", dependencies=[public()])
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@health.get("/ready", dependencies=[public()], response_model=None)
async def ready(request: Request) -> dict[str, str] | Response:
    """The database answers and no reader has stopped; says no more, for anybody may ask."""
    try:
        found = await _status(request)
    except Unavailable as away:
        return answer(request, problem_of(away, language_of(request)), {"Retry-After": "5"})
    if any(_errors(found)):
        stopped = Unavailable("common.not_ready", "服务未就绪：有处理环节已停下，请运行 jinguo doctor。")
        return answer(request, problem_of(stopped, language_of(request)), {"Retry-After": "5"})
    return {"status": "ready"}


@status.get("/status")
async def read_status(request: Request, _principal: Annotated[Principal, requires("system:read")]) -> dict[str, Any]:
    """Cursors and consumers of this service: where they stand, how far behind, what went wrong."""
    found = await _status(request)
    body = jsonable_encoder(dataclasses.asdict(found)) if dataclasses.is_dataclass(found) else {}  # type: ignore[arg-type]
    return {"service": request.app.state.name, **body}


async def _status(request: Request) -> object:
    runtime = request.app.state.runtime
    if runtime is None:
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            status_now: object = await runtime.status()
            return status_now
    except (OSError, TimeoutError) as error:
        raise Unavailable("common.database_unavailable", "数据库没有回答，请稍后再试。") from error


def _errors(found: object) -> Iterator[str]:
    """Every `error` of the status, however it is nested."""
    if dataclasses.is_dataclass(found):
        error = getattr(found, "error", None)
        if error:
            yield str(error)
        for field in dataclasses.fields(found):
            yield from _errors(getattr(found, field.name))
    elif isinstance(found, (list, tuple)):
        for item in found:
            yield from _errors(item)
    elif isinstance(found, dict):
        yield from _errors(list(found.values()))
