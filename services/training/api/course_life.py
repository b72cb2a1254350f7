"""Changing a course: its days and place, its seats, its sessions (场次), and that it is not held."""

from datetime import date, time
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response, status
from pydantic import BaseModel, Field

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.service.bodies import Body
from libs.service.dependencies import Now
from libs.service.writes import IfMatch
from libs.values.valid_date import local_date
from services.training.api.courses import answer_of, visible, written
from services.training.api.parts import TheParts, caller_of
from services.training.api.schemas import Written
from services.training.domain.course_changes import (
    CancelCourse,
    CancelSession,
    MoveCourse,
    MoveSession,
    PlanSessions,
)
from services.training.domain.heads import TypeHeads
from services.training.domain.session import MOST, Reason, Session
from services.training.projections.sessions import SessionRow

router = APIRouter(prefix="/v1/courses/{course_id}", tags=["courses"])

Writes = Annotated[Principal, requires("training:write")]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
PLACE: Final = Field(None, min_length=1, max_length=200)


class MoveIn(Body):
    """Where and when it is held instead; what is left out stays. The last day and all sessions go with the first."""

    first_day: date | None = None
    last_day: date | None = None
    place: str | None = PLACE
    reason: Reason


class CapacityIn(Body):
    """How many the course takes, never fewer than sit in it or were offered a seat."""

    capacity: int = Field(ge=1, le=10_000)


class HeadsIn(Body):
    """Who took part by count: not fewer than are known by name, and men who are known are not women."""

    participants: int = Field(ge=0, le=10_000)
    women: int = Field(ge=0, le=10_000)


class BecauseIn(Body):
    """Why it is not held."""

    reason: Reason


class SessionIn(Body):
    """A session: `start` (09:00) tells two of one day apart, `hours` are 学时; without a place it is the course's."""

    day: date
    start: time | None = None
    hours: int | None = Field(None, ge=1, le=24)
    half_day: bool = False
    place: str | None = PLACE

    def session(self, number: int = 0) -> Session:
        """As the rules know it."""
        return Session(number, self.day, self.start, self.hours, self.half_day, self.place)


class MoveSessionIn(SessionIn):
    """How the session shall be, all of it."""

    reason: Reason


class SessionsIn(Body):
    """Sessions to be added."""

    sessions: list[SessionIn] = Field(min_length=1, max_length=MOST)


class SessionOut(BaseModel):
    """A session; `held` once its day is over, unless it was cancelled. `reason`: why it was cancelled or moved."""

    number: int
    day: date
    start: time | None
    hours: int | None
    half_day: bool
    place: str | None
    state: Literal["planned", "held", "cancelled"]
    reason: Reason | None
    was_day: date | None


class SessionsOut(BaseModel):
    """All sessions of a course, in the order of their days."""

    items: list[SessionOut]


@router.get("/sessions")
async def list_sessions(
    course_id: UUID,
    principal: Annotated[Principal, requires("training:courses.read")],
    parts: TheParts,
    now: Now,
) -> SessionsOut:
    """The sessions of a course; empty where only its days were said."""
    await visible(parts, principal, course_id)
    rows, today = await parts.sessions.of_course(course_id), local_date(now())
    return SessionsOut(items=[_session(row, today) for row in rows])


@router.post("/sessions", status_code=status.HTTP_201_CREATED, response_model=Written)
async def plan_sessions(
    request: Request, course_id: UUID, body: SessionsIn, principal: Writes, parts: TheParts, seen: IfMatch
) -> Response:
    """Add sessions. From the first one on the course's days are those of its sessions, and it lasts until the last.

    422 `training.session_before_course`, `training.too_many_sessions`, `training.days_attended`; 409
    `training.session_exists` for two at one time and place.
    """
    command = PlanSessions(course_id, tuple(each.session() for each in body.sessions))
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    return await written(request, course_id, await parts.life.plan(command, caller), None)


@router.post("/sessions/{number}/change", response_model=Written)
async def change_session(
    request: Request,
    course_id: UUID,
    number: Number,
    body: MoveSessionIn,
    principal: Writes,
    parts: TheParts,
    now: Now,
    seen: IfMatch,
) -> Response:
    """Hold a session at another day, time or place, until the day it was to be held.

    404 `training.session_not_found`; 422 `training.session_held`, `training.session_cancelled`.
    """
    command = MoveSession(course_id, body.session(number), body.reason, local_date(now()))
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    return await written(request, course_id, await parts.life.plan(command, caller), None)


@router.post("/sessions/{number}/cancel", response_model=Written)
async def cancel_session(
    request: Request,
    course_id: UUID,
    number: Number,
    body: BecauseIn,
    principal: Writes,
    parts: TheParts,
    seen: IfMatch,
) -> Response:
    """A session is not held: the planned days fall by it, and completion is judged by those that are.

    422 `training.last_session`, and `training.days_attended` where somebody was there on more days than are left.
    """
    command = CancelSession(course_id, number, body.reason)
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    return await written(request, course_id, await parts.life.plan(command, caller), None)


@router.post("/move", response_model=Written)
async def move_course(
    request: Request, course_id: UUID, body: MoveIn, principal: Writes, parts: TheParts, now: Now, seen: IfMatch
) -> Response:
    """Hold a course on other days or at another place, until the day it was to begin.

    Rosters with its old and with its new first day and place mean this course. 409 `training.course_exists` where
    another course is known by these; 422 `training.course_begun`, `training.session_after_course`.
    """
    on = local_date(now())
    command = MoveCourse(course_id, body.reason, on, body.first_day, body.last_day, body.place)
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    return await written(request, course_id, await parts.life.move(command, caller), None)


@router.post("/capacity", response_model=Written)
async def change_capacity(
    request: Request, course_id: UUID, body: CapacityIn, principal: Writes, parts: TheParts, seen: IfMatch
) -> Response:
    """Take more or fewer; further seats are offered to the waiting list. 422 `training.capacity_below_seats`."""
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    return await written(request, course_id, await parts.life.resize(course_id, body.capacity, caller), None)


@router.post("/headcount", response_model=Written)
async def type_headcount(
    request: Request, course_id: UUID, body: HeadsIn, principal: Writes, parts: TheParts, seen: IfMatch
) -> Response:
    """How many took part and how many of them are women, where no roster names all; 422 `training.bad_headcount`.

    Registered women are those known by name. Where a roster names more, its count goes.
    """
    command = TypeHeads(course_id, body.participants, body.women)
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    return await written(request, course_id, await parts.life.count(command, caller), None)


@router.post("/cancel", response_model=Written)
async def cancel_course(
    request: Request, course_id: UUID, body: BecauseIn, principal: Writes, parts: TheParts, now: Now, seen: IfMatch
) -> Response:
    """A course is not held: its seats are released, who waits leaves the list, attendance in it is void.

    Opened again with the same institution, trade, first day and place it is held after all, and empty.
    """
    command = CancelCourse(course_id, body.reason, local_date(now()))
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    return await written(request, course_id, await parts.life.cancel(command, caller), None)


def _session(row: SessionRow, today: date) -> SessionOut:
    return SessionOut.model_validate(
        {
            "number": row.number,
            "day": row.day,
            "start": row.start,
            "hours": row.hours,
            "half_day": row.half_day,
            "place": row.place,
            "state": row.state(today),
            "reason": row.cancelled_reason or row.moved_reason,
            "was_day": row.was_day,
        }
    )
