"""The steps of an exit by household: the village proposes, the township checks, the county confirms.

A step that is not open now is 409 `exits.not_now`, which names the step the process is at and what may be done at it.
"""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, status
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.events.commands import Receipt
from libs.service.dependencies import NewId, Now
from libs.service.traits import unversioned
from libs.service.writes import IfMatch, idempotency, meta_of, path_in, write_headers
from libs.values.errors import Invalid
from libs.values.valid_date import ValidDate, local_date
from services.registry.api import exit_schemas as s
from services.registry.domain.exits import commands as c
from services.registry.handlers.exits import Caller, Exits, Form, answer_of

router = APIRouter(prefix="/v1/exits", tags=["exits"])
Proposer = Annotated[Principal, requires("exits:propose")]
Checker = Annotated[Principal, requires("exits:check")]
Confirmer = Annotated[Principal, requires("exits:confirm")]
_LODGED: Final = unversioned("whoever objects need not know how far the process is")


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=s.ExitReceipt,
    dependencies=[unversioned("it begins a process; a household has one at a time")],
)
async def propose_exit(request: Request, body: s.ProposeIn, principal: Proposer, now: Now) -> Response:
    """Propose a household's exit after 民主评议, with the sign-off form.

    422 `exits.not_kept` where no unit keeps the process itself, `exits.line_not_met`, `exits.income_below_line`,
    `exits.income_missing`, `exits.income_differs` from the assessed one without a reason; 409
    `exits.proposed_already`, `exits.already_out`.
    """
    lines = {line.criterion: None if line.met else line.reason for line in body.lines}
    if len(lines) < len(body.lines):
        raise Invalid("exits.line_twice", "同一项写了两次", field="lines", rule="九项每项写一次", right="每项一次")
    form = Form(body.household_id, body.on, body.year, body.income_fen, body.line_fen, lines, body.income_reason)
    caller = await _caller(request, principal, None, str(body.on))
    process_id, receipt = await _exits(request).propose(form, local_date(now()), caller)
    answer = await _answer(request, process_id, receipt, status.HTTP_201_CREATED)
    answer.headers["Location"] = path_in(request, f"/v1/exits/{process_id}")
    return answer


@router.post("/{process_id}/check", response_model=s.ExitReceipt)
async def check_exit(
    request: Request, process_id: UUID, body: s.OnIn, principal: Proposer, now: Now, seen: IfMatch
) -> Response:
    """Committee and 驻村工作队 have checked the proposal."""
    command = c.CheckExit(process_id, body.on, local_date(now()))
    return await _do(request, principal, command, seen, str(body.on))


@router.post("/{process_id}/answer", response_model=s.ExitReceipt)
async def answer_exit(
    request: Request, process_id: UUID, body: s.AnswerIn, principal: Proposer, now: Now, seen: IfMatch
) -> Response:
    """What the household says: it signs, or it declines with a reason, which ends the process."""
    command = c.RecordAnswer(process_id, body.agreed, body.on, local_date(now()), body.reason)
    return await _do(request, principal, command, seen, str(body.on))


@router.post("/{process_id}/notice", response_model=s.ExitReceipt)
async def start_notice(
    request: Request, process_id: UUID, body: s.NoticeIn, principal: Proposer, now: Now, seen: IfMatch
) -> Response:
    """Hang the notice out in the village; its last day follows from the rule of the unit.

    422 `working_days.year_not_covered` when `until` must be given; 409 `exits.notice_short`.
    """
    caller = await _caller(request, principal, seen, str(body.first))
    today = local_date(now())
    receipt = await _exits(request).notice(process_id, body.first, body.until, today, caller)
    return await _answer(request, process_id, receipt)


@router.post("/{process_id}/interruption", response_model=s.ExitReceipt)
async def interrupt_notice(
    request: Request, process_id: UUID, body: s.ReasonIn, principal: Proposer, now: Now, seen: IfMatch
) -> Response:
    """The notice did not hang as it must (torn down, wrong): it has to start anew."""
    command = c.InterruptNotice(process_id, body.on, local_date(now()), body.reason)
    return await _do(request, principal, command, seen, str(body.on))


@router.post("/{process_id}/objections", response_model=s.ExitReceipt, dependencies=[_LODGED])
async def lodge_objection(
    request: Request, process_id: UUID, body: s.ObjectionIn, principal: Proposer, now: Now, new_id: NewId
) -> Response:
    """Somebody objects while the notice hangs; 422 `exits.objection_late` for a day outside it."""
    command = c.LodgeObjection(process_id, new_id(), body.on, local_date(now()), body.by, body.text)
    return await _do(request, principal, command, None, str(body.on))


@router.post("/{process_id}/objections/{objection_id}/decision", response_model=s.ExitReceipt)
async def decide_objection(
    request: Request,
    process_id: UUID,
    objection_id: UUID,
    body: s.DecisionIn,
    principal: Checker,
    now: Now,
    seen: IfMatch,
) -> Response:
    """Upheld ends the process, rejected lets it go on."""
    command = c.DecideObjection(process_id, objection_id, body.upheld, body.on, local_date(now()), body.reason)
    return await _do(request, principal, command, seen, str(body.on))


@router.post("/{process_id}/township-check", response_model=s.ExitReceipt)
async def check_at_township(
    request: Request, process_id: UUID, body: s.CheckIn, principal: Checker, now: Now, seen: IfMatch
) -> Response:
    """The township has checked it after the notice; 409 `exits.objection_pending` while one is not decided."""
    command = c.CheckAtTownship(process_id, body.visited, body.on, local_date(now()))
    return await _do(request, principal, command, seen, str(body.on))


@router.post("/{process_id}/confirmation", response_model=s.ExitReceipt)
async def confirm_exit(
    request: Request, process_id: UUID, body: s.CheckIn, principal: Confirmer, now: Now, seen: IfMatch
) -> Response:
    """Announce it: every registered woman of the household is out from that day, and after-care begins."""
    caller = await _caller(request, principal, seen, str(body.on))
    receipt = await _exits(request).confirm(process_id, body.on, body.visited, local_date(now()), caller)
    return await _answer(request, process_id, receipt)


@router.post("/{process_id}/refusal", response_model=s.ExitReceipt)
async def refuse_exit(
    request: Request, process_id: UUID, body: s.RefusalIn, principal: Proposer, now: Now, seen: IfMatch
) -> Response:
    """Refuse it at any step before the announcement, with a kind and a reason."""
    command = c.RefuseExit(process_id, body.kind, body.on, local_date(now()), body.reason)
    return await _do(request, principal, command, seen, str(body.on))


@router.post("/{process_id}/withdrawal", response_model=s.ExitReceipt)
async def withdraw_exit(
    request: Request, process_id: UUID, body: s.ReasonIn, principal: Proposer, now: Now, seen: IfMatch
) -> Response:
    """Take the proposal back at any step before the announcement."""
    command = c.WithdrawExit(process_id, body.on, local_date(now()), body.reason)
    return await _do(request, principal, command, seen, str(body.on))


@router.post("/{process_id}/return", response_model=s.ExitReceipt)
async def return_household(
    request: Request, process_id: UUID, body: s.ReturnIn, principal: Confirmer, now: Now, seen: IfMatch
) -> Response:
    """The household fell back after its exit; each of its women returns, naming this process as the exit."""
    valid = ValidDate.parse(body.valid)
    caller = await _caller(request, principal, seen, str(valid))
    receipt = await _exits(request).fell_back(process_id, valid, body.reason, local_date(now()), caller)
    return await _answer(request, process_id, receipt)


@router.post("/{process_id}/difference", response_model=s.ExitReceipt)
async def settle_difference(
    request: Request, process_id: UUID, body: s.ReasonIn, principal: Checker, now: Now, seen: IfMatch
) -> Response:
    """A person has looked into why office and process differ; 409 `exits.no_difference`."""
    command = c.SettleDifference(process_id, body.on, local_date(now()), body.reason)
    return await _do(request, principal, command, seen, str(body.on))


async def _do(request: Request, principal: Principal, command: c.Command, seen: int | None, valid: str) -> Response:
    caller = await _caller(request, principal, seen, valid)
    return await _answer(request, command.process_id, await _exits(request).do(command, caller))


async def _caller(request: Request, principal: Principal, seen: int | None, valid: str) -> Caller:
    key = await idempotency(request, principal)
    return Caller(principal.division.range(), meta_of(request, principal, valid=valid), key, seen)


async def _answer(request: Request, process_id: UUID, receipt: Receipt, code: int = status.HTTP_200_OK) -> Response:
    body = receipt.replayed or answer_of(process_id)(receipt)
    response = Response(body, code, media_type="application/json")
    await write_headers(request, response, receipt)
    return response


def _exits(request: Request) -> Exits:
    exits: Any = request.app.state.exits
    assert isinstance(exits, Exits)
    return exits
