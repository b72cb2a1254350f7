"""The waiting list (候补) of a full course: who is next and why, offers and answers, seats given back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.service.auditing import sensitive
from libs.service.dependencies import Now
from libs.service.problems import language_of
from libs.service.traits import unversioned
from libs.service.writes import IfMatch
from libs.values.priority import explained
from services.training.api.courses import answer_of, visible, written
from services.training.api.parts import TheParts, caller_of
from services.training.api.schemas import AnswerIn, QueueIn, WaitlistOut, WaitlistPage, Written
from services.training.projections.waitlist import WaitlistRow

router = APIRouter(prefix="/v1/courses/{course_id}", tags=["waitlist"])


@router.get("/waitlist", dependencies=[sensitive("waitlist.opened")])
async def list_waitlist(
    request: Request,
    course_id: UUID,
    principal: Annotated[Principal, requires("training:read")],
    parts: TheParts,
) -> WaitlistPage:
    """Women of the caller's units who wait: first those who have to answer or to be told, then in turn."""
    await visible(parts, principal, course_id)
    rows = await parts.waitlists.of_course(principal.division, course_id)
    language = language_of(request)
    return WaitlistPage(items=[_place(row, language) for row in rows])


@router.post(
    "/waitlist",
    status_code=status.HTTP_201_CREATED,
    response_model=Written,
    dependencies=[unversioned("it adds to the list; her turn is decided when it is written")],
)
async def join_waitlist(
    request: Request,
    course_id: UUID,
    body: QueueIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
    now: Now,
) -> Response:
    """Put a woman on the list of a full course; a freed seat is offered to the poorest first, then to who asked first.

    422 `training.seats_free`, `training.course_finished`; 409 `training.already_waiting`, `training.already_enrolled`;
    404 for a course or a woman that is not the caller's.
    """
    caller = await caller_of(request, principal, respond=answer_of(course_id))
    receipt = await parts.waitlist.join(course_id, body.woman_id, now(), caller)
    return await written(request, course_id, receipt, None)


@router.post(
    "/waitlist/answers",
    response_model=Written,
    dependencies=[unversioned("it records what she says; without an offer that still stands it is refused")],
)
async def answer_offer(
    request: Request,
    course_id: UUID,
    body: AnswerIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
) -> Response:
    """Record what she says. Accepted, she is enrolled; a rule of the course that refuses stands on the list.

    422 `training.no_offer` when nothing was offered or its time is over; 404 `training.not_waiting`.
    """
    caller = await caller_of(request, principal, respond=answer_of(course_id))
    receipt = await parts.waitlist.answer(course_id, body.woman_id, body.answer == "accept", caller)
    return await written(request, course_id, receipt, None)


@router.post("/enrolments/{woman_id}/leave", response_model=Written)
async def leave_course(
    request: Request,
    course_id: UUID,
    woman_id: UUID,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
    seen: IfMatch,
) -> Response:
    """She does not come: her seat is free for the next of the waiting list; 404 `training.enrolment_not_found`.

    What attendance was recorded is void, so `If-Match` is the version of her enrolment.
    """
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    receipt = await parts.waitlist.leave(course_id, woman_id, caller)
    return await written(request, course_id, receipt, None)


def _place(row: WaitlistRow, language: str) -> WaitlistOut:
    return WaitlistOut(
        woman_id=row.woman_id,
        division=row.division,
        turn=row.turn,
        status=row.status,
        since=row.since,
        state=row.state,
        until=row.until,
        problem=row.problem,
        rule=row.rule,
        year=row.income_year,
        income_fen=row.income_fen,
        measures_so_far=row.measures,
        explained=explained(row.needs, language),
    )
