"""The app factory: a service composes one app and gets every convention with it."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from libs.access.tokens import Verifier
from libs.audit.trail import Trail
from libs.events.runtime import Runtime
from libs.events.types import Clock, Ids, Pool
from libs.service import audit_api, feeds, handlers, header_mappings_api, health, jobs_api, openapi, routes
from libs.service.audit_lifespan import sealing
from libs.service.clock import system_clock, system_ids
from libs.service.conventions import conventions
from libs.service.deadlines import Times
from libs.service.edge import Edge
from libs.service.header_mappings import HeaderMappings, Kinds
from libs.service.jobs import Jobs
from libs.service.middleware import Gate
from libs.service.once import Answers
from libs.service.paging import Cursors
from libs.service.rates import rates_of
from libs.service.settings import ServiceSettings
from libs.service.shaping import Shape
from libs.service.sweeping import sweeping


def create_app(  # noqa: PLR0913 - a composition root names each part once
    name: str,
    *,
    title: str,
    routers: Sequence[APIRouter],
    runtime: Runtime | None,
    verifier: Verifier | None,
    settings: ServiceSettings,
    jobs: Jobs | None = None,
    jobs_scope: str | None = None,
    trail: Trail | None = None,
    clock: Clock = system_clock,
    ids: Ids = system_ids,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[Any]] | None = None,
    pool: Pool | None = None,
    hears: Sequence[str] = (),
    lists: tuple[str, Kinds] | None = None,
    version: str = "1",
) -> FastAPI:
    """An app whose routes begin with `/v1`, mounted at `/<name>` in one process or served alone.

    With `jobs`, `GET` and `DELETE /v1/jobs/{id}` are added under `jobs_scope` (e.g. `registry:read`).
    `lists`, the action of whoever may import and the kinds of list, adds the routes of kept headings.
    `hears` are the publishers that its reads show; `pool` is that of an app without a runtime that writes.
    The audit trail lies in the runtime's database; an app without a runtime may hand in its own `trail`.
    Raises LookupError when a route names no scope.
    """
    trail = trail or (Trail(runtime.pool) if runtime is not None else None)
    app = FastAPI(
        title=title,
        version=version,
        lifespan=sweeping(settings, sealing(name, trail, settings, clock, lifespan)),
        docs_url="/docs" if settings.docs else None,
        redoc_url=None,
        dependencies=[Depends(conventions)],
        generate_unique_id_function=openapi.operation_id,
        redirect_slashes=False,
        # FastAPI's own spans hold whole paths, query strings and messages of exceptions; ours do not.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    _layers(app, name, settings, ids)
    app.state.name = name
    app.state.runtime = runtime
    app.state.verifier = verifier
    app.state.settings = settings
    app.state.clock = clock
    app.state.ids = ids
    app.state.jobs = jobs
    app.state.trail = trail
    _keep(app, settings, runtime.pool if runtime is not None else pool, clock)
    publishes = runtime is not None and bool(runtime.service.codec.names)
    own = [audit_api.router] if trail is not None else []
    if lists is not None:
        own.append(_headings(app, lists, clock))
    for router in (*routers, *own, *_own_routers(jobs, jobs_scope, publishes=publishes)):
        app.include_router(router)
    handlers.install(app)
    openapi.install(app, hears)
    routes.check(app)
    return app


def _layers(app: FastAPI, name: str, settings: ServiceSettings, ids: Ids) -> None:
    """What stands around every route; the last one is the outermost."""
    app.add_middleware(Edge)
    app.add_middleware(Shape)
    times = Times(settings.body_seconds, settings.answer_seconds)
    app.add_middleware(
        Gate, name=name, ids=ids, language=settings.language, body_limit=settings.body_limit, times=times
    )


def _keep(app: FastAPI, settings: ServiceSettings, pool: Pool | None, clock: Clock) -> None:
    """What the app remembers between requests."""
    app.state.answers = Answers(pool, clock) if pool is not None else None
    app.state.rates = rates_of(settings)
    app.state.feed_followers = feeds.Followers()
    app.state.cursors = Cursors(settings.cursor_secret.get_secret_value().encode() or secrets.token_bytes(32))


def _headings(app: FastAPI, lists: tuple[str, Kinds], clock: Clock) -> APIRouter:
    """Headings that offices keep for these kinds of list; of an app with a runtime."""
    action, kinds = lists
    if app.state.runtime is not None:
        app.state.header_mappings = HeaderMappings(app.state.runtime.pool, kinds, app.state.trail, clock)
    return header_mappings_api.router(action, kinds)


def _own_routers(jobs: Jobs | None, jobs_scope: str | None, *, publishes: bool) -> list[APIRouter]:
    own = [health.health, health.status, *([feeds.router] if publishes else [])]
    if jobs is not None:
        if jobs_scope is None:
            raise ValueError("an app with jobs names the scope that may look at them (jobs_scope)")
        own.append(jobs_api.router(jobs_scope))
    return own
