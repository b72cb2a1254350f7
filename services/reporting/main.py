"""Composition root of reporting's web process: it only reads, so the app is routers over an open runtime."""

from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.events.runtime import Runtime
from libs.events.types import Clock, Ids
from libs.service.app import create_app
from libs.service.clock import system_clock, system_ids
from services.reporting.api import ROUTERS
from services.reporting.consumers import CONSUMERS
from services.reporting.settings import ReportingSettings


def build(
    runtime: Runtime,
    *,
    verifier: Verifier,
    settings: ReportingSettings,
    clock: Clock = system_clock,
    ids: Ids = system_ids,
) -> FastAPI:
    """Reporting's app; `runtime` is open, and its consumers may run here or in another process."""
    return create_app(
        "reporting",
        title="Reporting: the match, counted (一个一个对接)",
        routers=ROUTERS,
        runtime=runtime,
        verifier=verifier,
        settings=settings,
        clock=clock,
        ids=ids,
        hears=[each.source for each in CONSUMERS],
    )
