"""Composition of the console: pages over the services, no data of its own."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
from fastapi import Depends, FastAPI, Request
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response
from starlette_compress import CompressMiddleware

from libs.access.api import Access
from libs.access.browser import Cookies
from libs.access.fastapi import public
from libs.access.tokens import Verifier
from libs.events.types import Clock, Ids
from libs.service import health, routes
from libs.service.clock import system_clock, system_ids
from libs.service.middleware import Gate
from libs.service.rates import rates_of
from services.console.adapters.drafts import Drafts
from services.console.assets import Assets
from services.console.pages import (
    account,
    agreements,
    audit,
    balance,
    certificates,
    clients,
    course_life,
    divisions,
    duplicates,
    errors,
    events,
    exits,
    follow_ups,
    headings,
    imports,
    incomes,
    ledger,
    lists,
    match,
    needs,
    outreach,
    presence,
    priority,
    quality,
    rights,
    second_factor,
    sign_in,
    system,
    training,
    waiting,
    women,
)
from services.console.places import Places
from services.console.settings import ConsoleSettings
from services.console.shell import Shell, templates_in

PAGES = (
    sign_in,
    account,
    second_factor,
    match,
    lists,
    ledger,
    events,
    women,
    incomes,
    needs,
    headings,
    imports,
    divisions,
    balance,
    priority,
    quality,
    training,
    certificates,
    follow_ups,
    course_life,
    waiting,
    outreach,
    exits,
    duplicates,
    agreements,
    clients,
    audit,
    presence,
    rights,
    system,
)
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


def build(
    parts: Access,
    *,
    client: httpx.AsyncClient,
    verifier: Verifier,
    settings: ConsoleSettings | None = None,
    ids: Ids = system_ids,
    clock: Clock = system_clock,
    last_backup: Callable[[], datetime | None] | None = None,
) -> FastAPI:
    """The app of `/`; `client` reaches every service at `/<service>/v1/…`, `last_backup` is for the system's page."""
    chosen = settings or ConsoleSettings()
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(errors.no_nul)],
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.middleware("http")(_protected)
    app.add_middleware(errors.LastWall)
    app.add_middleware(Gate, name="console", ids=ids, language=chosen.language, body_limit=chosen.body_limit)
    app.add_middleware(CompressMiddleware)  # forms carry masked tokens, see form_tokens.py
    assets = Assets()
    app.state.name = "console"
    app.state.runtime = None
    app.state.clock = clock
    app.state.verifier = verifier
    app.state.rates = rates_of(chosen)
    templates = templates_in(Path(__file__).parent / "templates")
    app.state.shell = Shell(
        parts, client, Cookies(https=chosen.https), assets, templates, Places(clock), Drafts(clock), last_backup
    )

    @app.get("/static/{digest}/{name:path}", dependencies=[public()])
    async def static_file(digest: str, name: str) -> Response:
        """A style sheet or script under the hash of its content."""
        return assets.answer(digest, name)

    for module in PAGES:
        app.include_router(module.router)
    app.include_router(health.health)
    errors.install(app)
    routes.check(app)
    return app


async def _protected(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Headers of every page: scripts and styles of ours only, in no frame, not kept by anybody."""
    response = await call_next(request)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
