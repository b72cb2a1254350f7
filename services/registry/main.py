"""Composition root of the registry's web process: routers, jobs and settings become one app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.events.runtime import Runtime
from libs.events.types import Clock, Ids
from libs.service.app import create_app
from libs.service.clock import system_clock, system_ids
from libs.service.jobs import Jobs
from services.registry.adapters.list_forms import KINDS
from services.registry.adapters.retaining import keeping_short
from services.registry.adapters.watching import watching
from services.registry.api import (
    assessment_imports,
    codes,
    decisions,
    division_changes,
    divisions,
    duplicates,
    exit_imports,
    exit_steps,
    exits,
    imports,
    incomes,
    needs,
    presence,
    quality,
    resolve,
    rights,
    rights_record,
    rights_steps,
    women,
)
from services.registry.handlers.exits import Exits
from services.registry.handlers.keeping import keepers_of
from services.registry.handlers.rights import PeoplesRights
from services.registry.settings import RegistrySettings


def build(
    runtime: Runtime,
    *,
    verifier: Verifier,
    settings: RegistrySettings,
    clock: Clock = system_clock,
    ids: Ids = system_ids,
    alone: bool = True,
) -> FastAPI:
    """The registry's app; `runtime` is open. `alone`: no other process runs its jobs."""
    jobs = Jobs(runtime.pool, clock=clock, ids=ids, vault=runtime.vault, alone=alone, language=settings.language)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await jobs.open()
        async with watching(runtime, settings.duplicate_seconds), keeping_short(runtime, settings.retention_seconds):
            yield
        await jobs.stop()

    app = create_app(
        "registry",
        title="Registry: who the women are (建档立卡)",
        routers=(
            division_changes.router,  # before the others of divisions: its words are no codes
            divisions.router,
            imports.router,
            rights.router,
            rights_record.router,
            rights_steps.router,
            women.router,
            decisions.router,
            presence.router,
            quality.router,
            duplicates.router,
            codes.router,
            resolve.router,
            exits.router,
            exit_imports.router,
            exit_steps.router,
            incomes.router,
            assessment_imports.router,
            needs.router,
        ),
        runtime=runtime,
        verifier=verifier,
        settings=settings,
        jobs=jobs,
        jobs_scope="registry:read",
        lists=("registry:mappings", KINDS),
        clock=clock,
        ids=ids,
        lifespan=lifespan,
    )
    app.state.keep_until = settings.keep_until
    app.state.exits = Exits(runtime, keepers_of(settings.exits))
    app.state.rights = PeoplesRights(runtime, settings.rights_days)
    return app
