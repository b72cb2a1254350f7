"""`python -m services.training api|worker`: training in processes of its own, settings from TRAINING_…."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.events.runtime import Runtime
from libs.service.process import Own, run_service
from services.training.adapters.registry import HttpRegistry
from services.training.main import build
from services.training.settings import TrainingSettings
from services.training.worker import service

RESOLVE = "/v1/resolve"  # of the registry's own process


@asynccontextmanager
async def app(runtime: Runtime, verifier: Verifier, settings: TrainingSettings) -> AsyncIterator[FastAPI]:
    """With the registry asked over the network."""
    async with httpx.AsyncClient(base_url=settings.registry_url) as client:
        registry = HttpRegistry(client, settings.registry_token.get_secret_value, RESOLVE)
        yield build(runtime, verifier=verifier, settings=settings, registry=registry, alone=False)


def sources(settings: TrainingSettings) -> Mapping[str, str]:
    """Publisher → DSN."""
    return {"registry": settings.registry_dsn.get_secret_value()}


if __name__ == "__main__":
    run_service("training", TrainingSettings, Own(service, app, sources))
