"""Activities: planned, held, reported or cancelled; listed and looked at."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.events.types import Record
from libs.service.dependencies import NewId, Now
from libs.service.paging import Page, PageOf
from libs.service.writes import IfMatch, etag, idempotency, meta_of
from libs.service.written import Written, answer_of, written
from libs.values.division import Division
from libs.values.valid_date import ValidDate, local_date
from services.outreach.api.parts import Parts, TheParts, not_found
from services.outreach.api.schemas import (
    ActivityOut,
    AwarenessIn,
    CancelIn,
    HeldIn,
    Phase,
    PlanIn,
    ReportIn,
    Topic,
    WhereQuery,
)
from services.outreach.domain.activity import (
    AskAwareness,
    CancelActivity,
    Command,
    HoldActivity,
    PlanActivity,
    ReportActivity,
    activity,
)
from services.outreach.domain.figures import Awareness, Counts, Facts

router = APIRouter(prefix="/v1/activities", tags=["activities"])
Reader = Annotated[Principal, requires("outreach:read")]
Writer = Annotated[Principal, requires("outreach:write")]


@router.get("")
async def list_activities(
    request: Request,
    response: Response,
    principal: Reader,
    parts: TheParts,
    page: Page,
    topic: Topic | None = None,
    phase: Phase | None = None,
) -> PageOf[ActivityOut]:
    """Activities of the caller's units and of the units above, the newest first."""
    filters = {"topic": topic, "phase": phase}
    key = page.after(request, principal, filters)
    listing = parts.activities.listed(principal.division, topic, phase)
    found = await listing.page((date.fromisoformat(key[0]), UUID(key[1])) if key else None, page.limit + 1)
    rows = [_out(row) for row in found]
    return page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [row.first_day.isoformat(), str(row.activity_id)], count=await page.count(listing),
    )  # fmt: skip


@router.get("/{activity_id}")
async def read_activity(response: Response, activity_id: UUID, principal: Reader, parts: TheParts) -> ActivityOut:
    """One activity with its counts; 404 `outreach.activity_not_found`."""
    row = await parts.activities.read(principal.division, activity_id)
    if row is None:
        raise not_found()
    response.headers["ETag"] = etag(row["version"])
    return _out(row)


@router.post("", status_code=status.HTTP_201_CREATED, response_model=Written)
async def plan_activity(
    request: Request,
    body: PlanIn,
    principal: Writer,
    parts: TheParts,
    new_id: NewId,
    asked: Annotated[WhereQuery, Query()],
) -> Response:
    """Plan one; 422 `outreach.bad_period`, 404 for a `unit` outside the caller's or a `division` outside the unit."""
    unit = Division(asked.unit) if asked.unit else principal.division
    covers_or_404(principal, unit, "unit")
    held_in = Division(asked.division) if asked.division else unit
    covers_or_404(principal, held_in, "unit")
    if not unit.covers(held_in):
        unit = held_in
    facts = Facts(
        unit=unit.code,
        division=held_in.code,
        topic=body.topic,
        title=body.title,
        form=body.form,
        first_day=body.first_day,
        last_day=body.last_day,
        place=body.place,
        organiser=body.organiser,
    )
    activity_id = new_id()
    valid = str(ValidDate.interval(body.first_day, max(body.first_day, body.last_day)))
    receipt = await parts.runtime.commands.handle(
        activity,
        activity_id,
        PlanActivity(activity_id, facts),
        meta_of(request, principal, valid=valid),
        idempotency=await idempotency(request, principal),
        respond=answer_of(activity_id),
    )
    return await written(request, activity_id, receipt, created=True)


@router.post("/{activity_id}/holding", response_model=Written)
async def hold_activity(
    request: Request, activity_id: UUID, body: HeldIn, principal: Writer, parts: TheParts, now: Now, seen: IfMatch
) -> Response:
    """It took place on these days; 422 `outreach.in_the_future`, 409 once it is reported."""
    command = HoldActivity(activity_id, body.first_day, body.last_day, local_date(now()))
    return await _changed(request, principal, parts, activity_id, command, seen)


@router.post("/{activity_id}/report", response_model=Written)
async def report_activity(
    request: Request, activity_id: UUID, body: ReportIn, principal: Writer, parts: TheParts, now: Now, seen: IfMatch
) -> Response:
    """What came of it; again with other figures corrects them.

    422 `outreach.bad_count` when a part is more than its whole, `outreach.not_held` before it was held.
    """
    counts = Counts(
        body.sessions, body.attendances, body.women_attendances, body.registered_attendances, body.materials
    )
    command = ReportActivity(activity_id, counts, local_date(now()))
    return await _changed(request, principal, parts, activity_id, command, seen)


@router.post("/{activity_id}/cancellation", response_model=Written)
async def cancel_activity(
    request: Request, activity_id: UUID, body: CancelIn, principal: Writer, parts: TheParts, seen: IfMatch
) -> Response:
    """It does not count: it did not take place, or was recorded wrongly; the women on its list are reached no more."""
    return await _changed(request, principal, parts, activity_id, CancelActivity(activity_id, body.reason), seen)


@router.post("/{activity_id}/awareness", response_model=Written)
async def ask_awareness(
    request: Request, activity_id: UUID, body: AwarenessIn, principal: Writer, parts: TheParts, seen: IfMatch
) -> Response:
    """How many of those who were asked knew of the topic, before the activity or after; replaces what was said."""
    command = AskAwareness(activity_id, body.when, Awareness(body.asked, body.aware))
    return await _changed(request, principal, parts, activity_id, command, seen)


async def _changed(
    request: Request, principal: Principal, parts: Parts, activity_id: UUID, command: Command, seen: int
) -> Response:
    await parts.own(principal, activity_id)
    receipt = await parts.runtime.commands.handle(
        activity,
        activity_id,
        command,
        meta_of(request, principal),
        idempotency=await idempotency(request, principal),
        respond=answer_of(activity_id),
        expected=seen,
    )
    return await written(request, activity_id, receipt)


def _out(row: Record) -> ActivityOut:
    said = dict(row)
    said |= {"women_attendances": said.pop("women"), "registered_attendances": said.pop("registered")}
    return ActivityOut.model_validate(said)
