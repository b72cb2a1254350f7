"""Composition root of reporting's web process."""

from typing import Any

from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.service.app import create_app
from libs.service.settings import ServiceSettings
from services.reporting.api import ROUTERS


def build(runtime: Any, *, verifier: Verifier | None, settings: ServiceSettings, **wiring: Any) -> FastAPI:
    """The app over an open runtime; `wiring` is handed on to `create_app` (clock, ids, lifespan)."""
    return create_app(
        "reporting",
        title="Jinguo reporting",
        routers=ROUTERS,
        runtime=runtime,
        verifier=verifier,
        settings=settings,
        **wiring,
    )
