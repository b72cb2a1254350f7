"""What a woman is told, agrees to, asks for, and what is decided about it (PIPL art. 14–17, 29–31, 44–50)."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, status
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.events.commands import Receipt
from libs.service.dependencies import NewId, Now
from libs.service.traits import unversioned
from libs.service.writes import IfMatch, idempotency, meta_of, write_headers
from libs.values.division import Division
from libs.values.valid_date import local_date
from services.registry.api import rights_schemas as r
from services.registry.domain.rights import commands as c
from services.registry.handlers.rights import Asked, Caller, Paper, PeoplesRights, answer_of, notice_answer

router = APIRouter(prefix="/v1", tags=["rights"])
Writer = Annotated[Principal, requires("rights:write")]
Decider = Annotated[Principal, requires("rights:decide")]
_SAID: Final = unversioned("who was told, agreed or asks need not know what else stands there")


@router.post("/rights/notices", response_model=r.NoticeReceipt, dependencies=[_SAID])
async def post_notice(request: Request, body: r.VillageNoticeIn, principal: Writer, now: Now) -> Response:
    """A notice hung in a unit on a day: everybody registered there then has been told."""
    unit = Division(body.division)
    covers_or_404(principal, unit, "division")
    caller = await _caller(request, principal, now(), None, str(body.on))
    notice_id, receipt = await _rights(request).post(unit, body.purpose, body.on, caller)
    return await _sent(request, receipt, receipt.replayed or notice_answer(notice_id)(receipt))


@router.post("/women/{woman_id}/rights/notices", response_model=r.RightsReceipt, dependencies=[_SAID])
async def inform_woman(request: Request, woman_id: UUID, body: r.InformIn, principal: Writer, now: Now) -> Response:
    """She was told what is done with her data and why, in person or by phone; told already, nothing changes."""
    caller = await _caller(request, principal, now(), None, str(body.on))
    receipt = await _rights(request).inform(woman_id, body.purposes, body.how, body.on, caller)
    return await _answer(request, woman_id, receipt)


@router.post("/women/{woman_id}/rights/consents", response_model=r.RightsReceipt, dependencies=[_SAID])
async def give_consent(request: Request, woman_id: UUID, body: r.ConsentIn, principal: Writer, now: Now) -> Response:
    """She agrees to a purpose that needs it. 422 `rights.consent_not_needed`, `rights.guardian_needed`."""
    return await _consent(request, woman_id, body, principal, now, given=True)


@router.post("/women/{woman_id}/rights/withdrawals", response_model=r.RightsReceipt, dependencies=[_SAID])
async def withdraw_consent(
    request: Request, woman_id: UUID, body: r.ConsentIn, principal: Writer, now: Now
) -> Response:
    """She takes it back, from that day on. 409 `rights.no_consent`."""
    return await _consent(request, woman_id, body, principal, now, given=False)


@router.post("/women/{woman_id}/rights/requests", response_model=r.RightsReceipt, dependencies=[_SAID])
async def make_request(
    request: Request, woman_id: UUID, body: r.RequestIn, principal: Writer, now: Now, new_id: NewId
) -> Response:
    """She asks for a copy or a correction; it is answered within the working days of the settings.

    422 `working_days.year_not_covered` when `due` must be given, `rights.wanted_wrong` for a value of the wrong form.
    """
    request_id = new_id()
    asked = Asked(woman_id, request_id, body.kind, body.by, body.on, body.due, body.field, body.wanted, body.evidence)
    caller = await _caller(request, principal, now(), None, str(body.on))
    receipt = await _rights(request).request(asked, caller)
    return await _answer(request, woman_id, receipt, request_id)


@router.post("/women/{woman_id}/rights/requests/{request_id}/acceptance", response_model=r.RightsReceipt)
async def accept_correction(
    request: Request, woman_id: UUID, request_id: UUID, body: r.OnIn, principal: Decider, now: Now, seen: IfMatch
) -> Response:
    """Correct her record as she asked. 409 `rights.id_taken` when another record bears the id."""
    caller = await _caller(request, principal, now(), seen, str(body.on))
    receipt = await _rights(request).accept(woman_id, request_id, body.on, caller)
    return await _answer(request, woman_id, receipt, request_id)


@router.post("/women/{woman_id}/rights/requests/{request_id}/refusal", response_model=r.RightsReceipt)
async def refuse_request(
    request: Request, woman_id: UUID, request_id: UUID, body: r.RefusedIn, principal: Decider, now: Now, seen: IfMatch
) -> Response:
    """Refuse it, with the reason that she is told."""
    command = c.RefuseRequest(woman_id, request_id, body.on, local_date(now()), body.reason)
    caller = await _caller(request, principal, now(), seen, str(body.on))
    return await _answer(request, woman_id, await _rights(request).answer(command, caller), request_id)


@router.post("/women/{woman_id}/rights/requests/{request_id}/copy", response_model=r.RightsReceipt)
async def give_copy(
    request: Request, woman_id: UUID, request_id: UUID, body: r.CopyIn, principal: Decider, now: Now, seen: IfMatch
) -> Response:
    """The copy was handed over, to whom."""
    command = c.GiveCopy(woman_id, request_id, body.on, local_date(now()), body.receiver)
    caller = await _caller(request, principal, now(), seen, str(body.on))
    return await _answer(request, woman_id, await _rights(request).answer(command, caller), request_id)


@router.post("/women/{woman_id}/rights/restriction", response_model=r.RightsReceipt)
async def restrict_processing(
    request: Request, woman_id: UUID, body: r.RestrictIn, principal: Decider, now: Now, seen: IfMatch
) -> Response:
    """From now on her data are stored and protected, and shown to nobody but who decides about rights."""
    command = c.Restrict(woman_id, body.ground, body.on, local_date(now()), body.reason)
    caller = await _caller(request, principal, now(), seen, str(body.on))
    return await _answer(request, woman_id, await _rights(request).restrict(command, caller))


@router.post("/women/{woman_id}/rights/lifting", response_model=r.RightsReceipt)
async def lift_restriction(
    request: Request, woman_id: UUID, body: r.RefusedIn, principal: Decider, now: Now, seen: IfMatch
) -> Response:
    """The restriction ends, with its reason."""
    command = c.Lift(woman_id, body.on, local_date(now()), body.reason)
    caller = await _caller(request, principal, now(), seen, str(body.on))
    return await _answer(request, woman_id, await _rights(request).restrict(command, caller))


async def _consent(
    request: Request, woman_id: UUID, body: r.ConsentIn, principal: Principal, now: Any, *, given: bool
) -> Response:
    paper = Paper(woman_id, body.purpose, body.by, body.on, body.evidence, body.guardian, body.kinship)
    caller = await _caller(request, principal, now(), None, str(body.on))
    return await _answer(request, woman_id, await _rights(request).consent(paper, given=given, caller=caller))


async def _caller(request: Request, principal: Principal, now: Any, seen: int | None, valid: str) -> Caller:
    key = await idempotency(request, principal)
    meta = meta_of(request, principal, valid=valid)
    return Caller(principal.division.range(), meta, local_date(now), key, seen)


async def _answer(request: Request, woman_id: UUID, receipt: Receipt, request_id: UUID | None = None) -> Response:
    return await _sent(request, receipt, receipt.replayed or answer_of(woman_id, request_id)(receipt))


async def _sent(request: Request, receipt: Receipt, body: bytes) -> Response:
    response = Response(body, status.HTTP_200_OK, media_type="application/json")
    await write_headers(request, response, receipt)
    return response


def _rights(request: Request) -> PeoplesRights:
    found: Any = request.app.state.rights
    assert isinstance(found, PeoplesRights)
    return found
