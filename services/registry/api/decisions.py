"""What people report or decide about one woman: exit, return, merge, un-merge, erasure."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.events.commands import Receipt
from libs.service.dependencies import Now, TheJobs, TheRuntime
from libs.service.jobs import MAX_WAIT, Run
from libs.service.jobs_api import JobOut, accepted
from libs.service.once import once
from libs.service.traits import unversioned
from libs.service.writes import IfMatch, IfMatchIfAny, etag, prefers, transaction_headers
from libs.values.valid_date import ValidDate, local_date
from services.registry.adapters import erasing
from services.registry.api.receipts import answer, body_of, caller_of, report
from services.registry.api.schemas import EraseIn, MergeIn, ReceiptOut, ReportIn
from services.registry.domain import merge as m
from services.registry.domain import woman as w
from services.registry.domain.erasure import Duty
from services.registry.handlers import people
from services.registry.settings import RegistrySettings

router = APIRouter(prefix="/v1/women/{woman_id}", tags=["decisions"])
Writer = Annotated[Principal, requires("registry:write")]
SCOPE: Final = "registry:write"  # whoever may erase has it
LATER: Final = "Not done within half a minute, or asked for later: the job, to be followed at Location"
_REPORTED: Final = unversioned("the poverty office reports what happened, whatever its list knew of her record")


@router.post("/exit", response_model=ReceiptOut, dependencies=[_REPORTED])
async def report_exit(
    woman_id: UUID,
    body: ReportIn,
    request: Request,
    principal: Writer,
    runtime: TheRuntime,
    now: Now,
    seen: IfMatchIfAny,
) -> Response:
    """She left poverty, as the poverty office reports. 409 when she is out already, 422 for a day before her state."""
    valid = ValidDate.parse(body.valid)
    command = w.ReportExit(woman_id, valid, body.source, body.reason, local_date(now()))
    return await report(request, principal, runtime, command, seen, valid=str(valid))


@router.post("/return", response_model=ReceiptOut, dependencies=[_REPORTED])
async def report_return(
    woman_id: UUID,
    body: ReportIn,
    request: Request,
    principal: Writer,
    runtime: TheRuntime,
    now: Now,
    seen: IfMatchIfAny,
) -> Response:
    """She fell back into poverty (返贫). 409 when she has not left it."""
    valid = ValidDate.parse(body.valid)
    command = w.ReportReturn(woman_id, valid, body.source, body.reason, local_date(now()))
    return await report(request, principal, runtime, command, seen, valid=str(valid))


@router.post("/merge", response_model=ReceiptOut)
async def merge_woman(
    woman_id: UUID,
    body: MergeIn,
    request: Request,
    principal: Writer,
    runtime: TheRuntime,
    now: Now,
    seen: IfMatch,
) -> Response:
    """This record and `into` are one woman: everything recorded under both is hers."""
    command = m.MergeWomen(woman_id, body.into, body.on or local_date(now()))
    return await _merge(request, principal, runtime, command, seen)


@router.post("/unmerge", response_model=ReceiptOut)
async def unmerge_woman(
    woman_id: UUID,
    body: MergeIn,
    request: Request,
    principal: Writer,
    runtime: TheRuntime,
    now: Now,
    seen: IfMatch,
) -> Response:
    """They are two women after all; `into` names the record this one was merged into."""
    command = m.UnmergeWomen(woman_id, body.into, body.on or local_date(now()))
    return await _merge(request, principal, runtime, command, seen)


@router.post("/erase", response_model=ReceiptOut, responses={202: {"model": JobOut, "description": LATER}})
async def erase_woman(
    woman_id: UUID,
    body: EraseIn,
    request: Request,
    principal: Annotated[Principal, requires("registry:erase")],
    runtime: TheRuntime,
    jobs: TheJobs,
    now: Now,
    seen: IfMatch,
) -> Response:
    """Destroy her personal data for ever, in every record that is hers; her ids, states and counts stay.

    Every kept file is read to take her rows out of it. Done within half a minute it is answered as any decision; else,
    or at once with `Prefer: respond-async`, 202 with the job that goes on: its result has her `version`, in how many
    `files` she stood, and the number under which it was `published`. Cut off anywhere, again finishes it.
    409 while a duty to keep them lasts (she is registered as poor, or a period of keeping is not over), unless they
    were held against the law. Again changes nothing.
    """
    caller = caller_of(request, principal)
    duty = Duty(request.app.state.keep_until)
    settings: RegistrySettings = request.app.state.settings
    place = settings.temp_folder
    order = erasing.Order(woman_id, body.reason, local_date(now()), caller.scope, caller.meta, duty, seen, place)
    receipts: list[Receipt] = []

    async def work(run: Run) -> dict[str, Any]:
        done = await erasing.erase(runtime, order, run.progress, run.id)
        receipts.append(done.receipt)
        number = await runtime.wait_published(done.receipt.xid, settings.publish_wait)
        said = {"woman_id": str(woman_id), "version": done.receipt.version, "files": done.files}
        return said | {"published": {"number": number} if number is not None else None}

    async def start() -> Response:
        await erasing.check(runtime, order)
        told = {"woman_id": str(woman_id), "reason": body.reason}
        job = await jobs.start("erase", work, principal=principal, scope=SCOPE, params=told)
        if prefers(request, "respond-async") is None:
            job = await jobs.get(job.id, principal, MAX_WAIT)
        if job.status != "succeeded":
            return await accepted(request, principal, jobs, job)
        return await answer(request, ReceiptOut(woman_id=woman_id, version=receipts[0].version), receipts[0])

    return await once(request, principal, start)


async def _merge(
    request: Request, principal: Principal, runtime: TheRuntime, command: m.Command, seen: int
) -> Response:
    caller = caller_of(request, principal, str(command.on))

    async def work() -> Response:
        version, xid = await people.merge(runtime, caller, command, expected=seen)
        headers = {"ETag": etag(version), **(await transaction_headers(request, xid) if xid else {})}
        body = body_of(ReceiptOut(woman_id=command.merged_id, version=version))
        return Response(body, media_type="application/json", headers=headers)

    return await once(request, principal, work)
