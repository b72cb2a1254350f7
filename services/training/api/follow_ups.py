"""What became of women after a course (跟踪回访): whom to ask next, what they answered, corrections."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.service.asking import Asks
from libs.service.auditing import sensitive
from libs.service.dependencies import Now
from libs.service.in_loop import made
from libs.service.paging import Page, PageOf
from libs.service.writes import IfMatch, etag
from libs.values.division import Division
from libs.values.valid_date import local_date
from services.training.api.courses import answer_of, written
from services.training.api.follow_up_schemas import AnswerOut, DueOut, FollowUpIn, FollowUpOut, MonthOut
from services.training.api.parts import TheParts, caller_of
from services.training.api.schemas import Written
from services.training.domain.follow_up import Said
from services.training.handlers.follow_ups import Told
from services.training.policies import FOLLOW_UP

router = APIRouter(prefix="/v1/follow-ups", tags=["follow-ups"])
_UNIT: Final = "the caller's unit or one inside it"
Reader = Annotated[Principal, requires("training:follow_ups.read")]


class DueQuery:
    """Which part of the worklist."""

    def __init__(
        self,
        division: Annotated[str | None, Query(pattern="^[0-9]{12}$", description=_UNIT)] = None,
        since: Annotated[date | None, Query(description="due from this day on; without it all that wait")] = None,
        until: Annotated[date | None, Query(description="due up to this day; the next 30 days without it")] = None,
    ) -> None:
        self.division = division
        self.since = since
        self.until = until


Asked = Annotated[DueQuery, made(DueQuery)]


@router.get("", dependencies=[sensitive("follow_ups.listed")])
async def list_due(
    request: Request,
    response: Response,
    principal: Reader,
    parts: TheParts,
    page: Page,
    now: Now,
    asked: Asked,
) -> PageOf[DueOut]:
    """Women of the caller's units who are to be asked, by village and day; a woman once a course and month."""
    today = local_date(now())
    unit, since = Division(asked.division) if asked.division else principal.division, asked.since
    covers_or_404(principal, unit, "division")
    last = asked.until or today + timedelta(days=FOLLOW_UP.on(today).value.ahead_days)
    filters = {"division": unit.code, "since": since and since.isoformat(), "until": last.isoformat()}
    key = page.after(request, principal, filters)
    listing = parts.follow_ups.due(unit, since or date.min, last)
    after = (key[0], date.fromisoformat(key[1]), UUID(key[2]), key[3]) if key else None
    rows = [DueOut(**row, overdue=row["due_on"] < today) for row in await listing.page(after, page.limit + 1)]
    return page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [row.division, row.due_on.isoformat(), str(row.enrolment_id), row.after_months],
        count=await page.count(listing),
    )  # fmt: skip


@router.get("/{enrolment_id}", dependencies=[sensitive("follow_ups.opened")])
async def read_follow_up(
    response: Response, enrolment_id: UUID, principal: Reader, parts: TheParts, asking: Asks
) -> FollowUpOut:
    """Every answer after one course; notes only in clear, with a reason that is kept.

    404 `training.enrolment_not_found`. `ETag` is the version that an answer is recorded to.
    """
    asking.masks(principal)
    story = await parts.answers.story(enrolment_id, principal.division, clear=asking.clear)
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(story.version)
    return FollowUpOut(
        **{name: story.hers[name] for name in ("enrolment_id", "woman_id", "division", "course_id", "course_title")},
        version=story.version,
        months=[MonthOut(due_on=row["due"], **row) for row in story.months],
        answers=[
            AnswerOut(
                **asdict(recorded.event.said),
                at=recorded.recorded_at,
                actor=recorded.meta.actor,
                role=recorded.meta.role,
                unit=recorded.meta.unit,
                note=note,
            )
            for recorded, note in story.answers
        ],
    )


@router.post("/{enrolment_id}", response_model=Written)
async def record_follow_up(
    request: Request,
    enrolment_id: UUID,
    body: FollowUpIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
    now: Now,
    seen: IfMatch,
) -> Response:
    """Record an answer, or correct one: of one month the last counts, all stay. `If-Match` is their version, 0 first.

    422 `training.not_completed`, `training.follow_up_months`, `training.follow_up_day`, `training.follow_up_work`,
    `training.follow_up_next_try`; 404 `training.enrolment_not_found`.
    """
    caller = await caller_of(request, principal, respond=answer_of(enrolment_id), expected=seen)
    told = Told(Said(**body.model_dump(exclude={"note"})), (body.note or "").strip() or None)
    receipt = await parts.answers.record(enrolment_id, told, local_date(now()), caller)
    return await written(request, enrolment_id, receipt, None)
