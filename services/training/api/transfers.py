"""A woman goes to another course before the one she sits in begins."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.service.bodies import Body
from libs.service.dependencies import Now
from libs.service.writes import IfMatch
from services.training.api.courses import answer_of, written
from services.training.api.parts import TheParts, caller_of
from services.training.api.schemas import Written

router = APIRouter(prefix="/v1/courses/{course_id}/enrolments/{woman_id}", tags=["courses"])


class TransferIn(Body):
    """The course she goes to."""

    course_id: UUID


@router.post("/transfer", response_model=Written)
async def transfer_woman(
    request: Request,
    course_id: UUID,
    woman_id: UUID,
    body: TransferIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
    now: Now,
    seen: IfMatch,
) -> Response:
    """Her seat here is freed for the next, and there she has one, or her place on the list, in the same moment.

    `If-Match` is the version of her enrolment here. 422 `training.course_begun`, `training.attended_already`,
    `training.course_finished`; 409 `training.already_enrolled`, `training.already_waiting` there; 404 for a course or
    a woman that is not the caller's, and for who has no seat here.
    """
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    receipt = await parts.transfers.transfer(course_id, woman_id, body.course_id, now(), caller)
    return await written(request, course_id, receipt, None)
