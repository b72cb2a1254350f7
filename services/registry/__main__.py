"""`python -m services.registry api|worker`: the registry in processes of its own, settings from REGISTRY_…."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.events.runtime import Runtime
from libs.service.process import Own, run_service
from services.registry.main import build
from services.registry.settings import RegistrySettings
from services.registry.worker import service


@asynccontextmanager
async def app(runtime: Runtime, verifier: Verifier, settings: RegistrySettings) -> AsyncIterator[FastAPI]:
    """Beside other processes of the registry."""
    yield build(runtime, verifier=verifier, settings=settings, alone=False)


def sources(settings: RegistrySettings) -> Mapping[str, str]:
    """Publisher → DSN."""
    return {"training": settings.training_dsn.get_secret_value()}


if __name__ == "__main__":
    run_service("registry", RegistrySettings, Own(service, app, sources))
