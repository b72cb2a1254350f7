"""Composition root of training's web process: handlers, queries, routers and jobs become one app."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.access.tokens import Verifier
from libs.events.ending import end
from libs.events.runtime import Runtime
from libs.events.types import Clock, Ids
from libs.service.app import create_app
from libs.service.clock import system_clock, system_ids
from libs.service.job_store import JobStore
from libs.service.jobs import Jobs
from services.training.api import (
    applications,
    certificates,
    course_life,
    courses,
    follow_ups,
    imports,
    record,
    shares,
    transfers,
    waiting,
    waitlist,
)
from services.training.api.parts import Parts
from services.training.consumers.registry import CONSUMER
from services.training.handlers.applications import Applications
from services.training.handlers.certificates import Issuing
from services.training.handlers.course_life import CourseLife
from services.training.handlers.decisions import Decide
from services.training.handlers.enrolments import Enrolments
from services.training.handlers.erasures import Erasures, look_for_ever
from services.training.handlers.follow_ups import Answers
from services.training.handlers.following import Following
from services.training.handlers.keep_roster import KeepRoster
from services.training.handlers.ports import RegistryResolver
from services.training.handlers.transfers import Transfers
from services.training.handlers.waitlist import Waitlist
from services.training.projections.certificates import Certificates
from services.training.projections.courses import Courses
from services.training.projections.enrolments import EnrolmentList
from services.training.projections.follow_ups import FollowUps
from services.training.projections.sessions import SessionList
from services.training.projections.waiting import Waiting
from services.training.projections.waitlist import Waitlists
from services.training.projections.women import Women
from services.training.rosters.columns import ROSTER
from services.training.rosters.importing import ImportRoster
from services.training.settings import TrainingSettings


def build(
    runtime: Runtime,
    *,
    verifier: Verifier,
    settings: TrainingSettings,
    registry: RegistryResolver,
    clock: Clock = system_clock,
    ids: Ids = system_ids,
    alone: bool = True,
) -> FastAPI:
    """Training's app; `runtime` is open, `registry` answers resolve. `alone`: no other process runs its jobs."""
    jobs = Jobs(runtime.pool, clock=clock, ids=ids, vault=runtime.vault, alone=alone, language=settings.language)
    results = JobStore(runtime.pool, runtime.vault)
    erasures = Erasures(runtime.store, runtime.vault, Waiting(runtime.pool), results, clock)
    following = Following(runtime.commands, runtime.pool, Waitlists(runtime.pool))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await jobs.open()
        looks = {"erasing roster lines": erasures.run, "following the register": following.run}
        every = settings.follow_every
        tasks = {asyncio.create_task(look_for_ever(look, what, every), name=what) for what, look in looks.items()}
        yield
        await end(tasks)
        await jobs.stop()

    app = create_app(
        "training",
        title="Training: courses and who attended them (技能培训)",
        routers=(
            courses.router,
            applications.router,
            course_life.router,
            shares.router,
            transfers.router,
            imports.router,
            waiting.router,
            waitlist.router,
            record.router,
            follow_ups.router,
            certificates.router,
        ),
        runtime=runtime,
        verifier=verifier,
        settings=settings,
        jobs=jobs,
        jobs_scope="training:read",
        lists=("training:mappings", {"roster": (ROSTER,)}),
        clock=clock,
        ids=ids,
        lifespan=lifespan,
        hears=[CONSUMER.source],
    )
    app.state.training = parts_of(runtime, settings, registry, clock)
    return app


def parts_of(runtime: Runtime, settings: TrainingSettings, registry: RegistryResolver, clock: Clock) -> Parts:
    """Handlers and queries over an open runtime."""
    women, lines = Women(runtime.pool), Waiting(runtime.pool)

    async def published(xid: int) -> int | None:
        return await runtime.wait_published(xid, settings.publish_wait)

    keep = KeepRoster(runtime.store, women, lines)
    enrolments = Enrolments(runtime.commands, runtime.vault, women, women)
    places = Waitlist(runtime.commands, women, women)
    return Parts(
        runtime=runtime,
        roster=ImportRoster(registry, keep, runtime.vault, clock, published),
        decide=Decide(runtime.store, runtime.vault, women, women),
        enrolments=enrolments,
        applications=Applications(runtime.commands, women, women, enrolments, places),
        courses=Courses(runtime.pool),
        sessions=SessionList(runtime.pool),
        life=CourseLife(runtime.commands),
        transfers=Transfers(runtime.commands, women, women),
        enrolment_list=EnrolmentList(runtime.pool),
        answers=Answers(runtime),
        follow_ups=FollowUps(runtime.pool),
        issuing=Issuing(runtime),
        certificates=Certificates(runtime.pool),
        waiting=lines,
        waitlist=places,
        waitlists=Waitlists(runtime.pool),
        publish_wait=settings.publish_wait,
    )
