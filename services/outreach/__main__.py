"""`python -m services.outreach api|worker`: outreach in processes of its own, settings from OUTREACH_…."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.events.runtime import Runtime
from libs.service.process import Own, run_service
from services.outreach.main import build
from services.outreach.settings import OutreachSettings
from services.outreach.worker import service


@asynccontextmanager
async def app(runtime: Runtime, verifier: Verifier, settings: OutreachSettings) -> AsyncIterator[FastAPI]:
    """It asks nobody; other processes of it may run jobs, too."""
    yield build(runtime, verifier=verifier, settings=settings, alone=False)


def sources(settings: OutreachSettings) -> Mapping[str, str]:
    """Publisher → DSN."""
    return {"registry": settings.registry_dsn.get_secret_value()}


if __name__ == "__main__":
    run_service("outreach", OutreachSettings, Own(service, app, sources))
