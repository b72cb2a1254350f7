"""Applying for a course (报名): a seat, or a place on the waiting list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.events.commands import Receipt, Respond
from libs.service.dependencies import Now
from libs.service.traits import unversioned
from libs.service.writes import write_headers
from services.training.api.parts import TheParts, caller_of
from services.training.api.schemas import Applied, ApplyIn
from services.training.handlers.applications import Outcome

router = APIRouter(prefix="/v1/courses/{course_id}", tags=["courses"])


@router.post(
    "/applications",
    status_code=status.HTTP_201_CREATED,
    response_model=Applied,
    dependencies=[unversioned("it adds to the course; seat or place is decided when it is written")],
)
async def apply_for_course(
    request: Request,
    course_id: UUID,
    body: ApplyIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
    now: Now,
) -> Response:
    """A woman of the caller's units wants to come: she has a seat, or waits in turn, however many ask at once.

    422 `training.course_finished`; 409 `training.already_waiting`, `training.already_enrolled`; 404 for a course or a
    woman that is not the caller's.
    """

    def answer(outcome: Outcome) -> Respond:
        def respond(receipt: Receipt) -> bytes:
            return Applied(id=course_id, version=receipt.version, outcome=outcome).model_dump_json().encode()

        told.append(respond)
        return respond

    told: list[Respond] = []
    caller = await caller_of(request, principal)
    receipt = await parts.applications.apply(course_id, body.woman_id, now(), caller, answer)
    content = receipt.replayed or told[-1](receipt)
    response = Response(content, status.HTTP_201_CREATED, media_type="application/json")
    await write_headers(request, response, receipt)
    return response
