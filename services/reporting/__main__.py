"""`python -m services.reporting api|worker`: reporting in processes of its own, settings from REPORTING_….

No personal data is here, so no keys are opened.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.events.runtime import Runtime
from libs.service.process import Own, run_service
from services.reporting.main import build
from services.reporting.settings import ReportingSettings
from services.reporting.worker import service


@asynccontextmanager
async def app(runtime: Runtime, verifier: Verifier, settings: ReportingSettings) -> AsyncIterator[FastAPI]:
    """Reads only."""
    yield build(runtime, verifier=verifier, settings=settings)


if __name__ == "__main__":
    run_service("reporting", ReportingSettings, Own(service, app, lambda settings: settings.sources))
