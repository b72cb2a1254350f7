"""Whether a woman is here: those whom a full register left out, and what a person decides about them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import PageOf
from libs.service.writes import IfMatch
from libs.values.valid_date import ValidDate, local_date
from services.registry.api.listing import Asked
from services.registry.api.receipts import report
from services.registry.api.schemas import KeepIn, LeaveIn, ReceiptOut, RejoinIn, WomanOut
from services.registry.domain.presence import KeepWoman, ReportLeft, ReportRejoined
from services.registry.projections import women

router = APIRouter(prefix="/v1", tags=["presence"])
Writer = Annotated[Principal, requires("registry:write")]


@router.get("/missing")
async def list_missing(principal: Annotated[Principal, requires("registry:read")], asked: Asked) -> PageOf[WomanOut]:
    """Women whom the last full register of their unit did not name; a person decides what that means."""
    return await asked.answer(principal, women.missing)


@router.post("/women/{woman_id}/keep", response_model=ReceiptOut)
async def keep_woman(
    woman_id: UUID, body: KeepIn, request: Request, principal: Writer, runtime: TheRuntime, now: Now, seen: IfMatch
) -> Response:
    """She is still here. 409 when no full register has left her out."""
    today = local_date(now())
    command = KeepWoman(woman_id, body.reason, today)
    return await report(request, principal, runtime, command, seen, valid=str(today))


@router.post("/women/{woman_id}/leave", response_model=ReceiptOut)
async def report_left(
    woman_id: UUID, body: LeaveIn, request: Request, principal: Writer, runtime: TheRuntime, now: Now, seen: IfMatch
) -> Response:
    """She died, married out, moved out or was deregistered: no exit from poverty. 409 when she has left already."""
    valid = ValidDate.parse(body.valid)
    command = ReportLeft(woman_id, body.why, valid, body.source, body.reason, local_date(now()))
    return await report(request, principal, runtime, command, seen, valid=str(valid))


@router.post("/women/{woman_id}/rejoin", response_model=ReceiptOut)
async def report_rejoined(
    woman_id: UUID, body: RejoinIn, request: Request, principal: Writer, runtime: TheRuntime, now: Now, seen: IfMatch
) -> Response:
    """She is here again, or never left (correction). 409 when she has not left."""
    valid = ValidDate.parse(body.valid)
    command = ReportRejoined(woman_id, body.how, valid, body.source, body.reason, local_date(now()))
    return await report(request, principal, runtime, command, seen, valid=str(valid))
