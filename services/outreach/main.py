"""Composition root of outreach's web process: routers, handlers and jobs over an open runtime become one app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.events.runtime import Runtime
from libs.events.types import Clock, Ids
from libs.register.units import Units
from libs.register.women import Women
from libs.service.app import create_app
from libs.service.clock import system_clock, system_ids
from libs.service.jobs import Jobs
from services.outreach.api import activities, imports, lists, reach, record
from services.outreach.api.parts import Parts
from services.outreach.handlers.lists import Lists
from services.outreach.projections.activities import Activities
from services.outreach.projections.reach import Reach
from services.outreach.rosters.columns import PUBLICITY
from services.outreach.rosters.importing import ImportSheet
from services.outreach.settings import OutreachSettings


def build(
    runtime: Runtime,
    *,
    verifier: Verifier,
    settings: OutreachSettings,
    clock: Clock = system_clock,
    ids: Ids = system_ids,
    alone: bool = True,
) -> FastAPI:
    """The app; `runtime` is open, its readers may run here or in another process. `alone`: no other runs its jobs."""
    jobs = Jobs(runtime.pool, clock=clock, ids=ids, vault=runtime.vault, alone=alone, language=settings.language)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await jobs.open()
        yield
        await jobs.stop()

    app = create_app(
        "outreach",
        title="Outreach: activities, who was reached (宣传发动)",
        routers=(activities.router, lists.router, reach.router, record.router, imports.router),
        runtime=runtime,
        verifier=verifier,
        settings=settings,
        jobs=jobs,
        jobs_scope="outreach:read",
        lists=("outreach:mappings", {"publicity": (PUBLICITY,)}),
        clock=clock,
        ids=ids,
        lifespan=lifespan,
        hears=["registry"],
    )
    app.state.outreach = parts_of(runtime, settings, clock)
    return app


def parts_of(runtime: Runtime, settings: OutreachSettings, clock: Clock) -> Parts:
    """Handlers and queries over an open runtime."""
    units, women, rows = Units(runtime.pool), Women(runtime.pool), Activities(runtime.pool)

    async def published(xid: int) -> int | None:
        return await runtime.wait_published(xid, settings.publish_wait)

    return Parts(
        runtime=runtime,
        activities=rows,
        lists=Lists(runtime.commands, women),
        women=women,
        reach=Reach(runtime.pool),
        units=units,
        sheet=ImportSheet(runtime.commands, units, rows, clock, published),
    )
