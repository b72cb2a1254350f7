"""What training's routes are handed: built once by main.py, found on the app."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from libs.access.principal import Principal
from libs.events.runtime import Runtime
from libs.service.writes import idempotency, meta_of
from services.training.handlers.applications import Applications
from services.training.handlers.certificates import Issuing
from services.training.handlers.course_life import CourseLife
from services.training.handlers.decisions import Decide
from services.training.handlers.enrolments import Caller, Enrolments
from services.training.handlers.follow_ups import Answers
from services.training.handlers.ports import RosterImport
from services.training.handlers.transfers import Transfers
from services.training.handlers.waitlist import Waitlist
from services.training.projections.certificates import Certificates
from services.training.projections.courses import Courses
from services.training.projections.enrolments import EnrolmentList
from services.training.projections.follow_ups import FollowUps
from services.training.projections.sessions import SessionList
from services.training.projections.waiting import Waiting
from services.training.projections.waitlist import Waitlists


@dataclass(frozen=True, slots=True)
class Parts:
    """Handlers and queries over one open runtime."""

    runtime: Runtime
    roster: RosterImport
    decide: Decide
    enrolments: Enrolments
    applications: Applications
    courses: Courses
    sessions: SessionList
    life: CourseLife
    transfers: Transfers
    enrolment_list: EnrolmentList
    answers: Answers
    follow_ups: FollowUps
    issuing: Issuing
    certificates: Certificates
    waiting: Waiting
    waitlist: Waitlist
    waitlists: Waitlists
    publish_wait: float

    async def published(self, xid: int) -> int | None:
        """Wait until the transaction's facts are out; the number of the last one, None when that takes too long."""
        return await self.runtime.wait_published(xid, self.publish_wait)


async def _parts(request: Request) -> Parts:
    parts = request.app.state.training
    assert isinstance(parts, Parts)
    return parts


TheParts = Annotated[Parts, Depends(_parts)]


async def caller_of(request: Request, principal: Principal, **more: Any) -> Caller:
    """Who asks, under which Idempotency-Key."""
    return Caller(principal.division, meta_of(request, principal), await idempotency(request, principal), **more)
