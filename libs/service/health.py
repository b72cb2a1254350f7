"""Whether the process lives, whether it can serve, and what lags: `/health/…`, `/v1/status`.

A reader that lags or has stopped makes figures old; it does not make a command fail. So `/health/ready`, by which a
load balancer chooses, stays 200 then and only says `degraded`; `/health/readers`, which a monitor asks, answers 503.
"""

import asyncio
import dataclasses
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.encoders import jsonable_encoder
from starlette.responses import Response

from libs.access.fastapi import public, requires
from libs.access.principal import Principal
from libs.events.findings import Finding, findings
from libs.events.status import RuntimeStatus
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
    """200 when the database answers, 503 otherwise; says no more than `degraded`, for anybody may ask."""
    try:
        found = await _findings(request)
    except Unavailable as away:
        return _not_now(request, away)
    return {"status": "degraded" if found else "ready"}


@health.get("/readers", dependencies=[public()], response_model=None)
async def readers(request: Request) -> dict[str, str] | Response:
    """200 when every reader is in time and nothing asks for a person, 503 otherwise; names nothing."""
    try:
        found = await _findings(request)
    except Unavailable as away:
        return _not_now(request, away)
    if found:
        message = "有处理环节落后、停下或需要人处理，请运行 jinguo doctor。"
        return _not_now(request, Unavailable("common.readers_not_well", message))
    return {"status": "well"}


@status.get("/status")
async def read_status(request: Request, _principal: Annotated[Principal, requires("system:read")]) -> dict[str, Any]:
    """Cursors and consumers of this service: where they stand, how far behind, what a person should look at."""
    found = await _status(request)
    if found is None:
        return {"service": request.app.state.name}
    body = jsonable_encoder(dataclasses.asdict(found))
    return {
        "service": request.app.state.name,
        **body,
        "findings": [dataclasses.asdict(finding) for finding in _judged(request, found)],
    }


async def _findings(request: Request) -> tuple[Finding, ...]:
    found = await _status(request)
    return _judged(request, found) if found else ()


def _judged(request: Request, found: RuntimeStatus) -> tuple[Finding, ...]:
    return findings(found, request.app.state.settings.lag_limit)


async def _status(request: Request) -> RuntimeStatus | None:
    runtime = request.app.state.runtime
    if runtime is None:
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            status_now: RuntimeStatus = await runtime.status()
            return status_now
    except (OSError, TimeoutError) as error:
        raise Unavailable("common.database_unavailable", "数据库没有回答，请稍后再试。") from error


def _not_now(request: Request, error: Unavailable) -> Response:
    return answer(request, problem_of(error, language_of(request)), {"Retry-After": "5"})
