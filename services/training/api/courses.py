"""Courses: opened, listed, looked at, filled by hand."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.events.commands import Receipt, Respond
from libs.service.auditing import sensitive
from libs.service.dependencies import Now
from libs.service.paging import Page, PageOf
from libs.service.traits import unversioned
from libs.service.writes import IfMatch, etag, idempotency, meta_of, write_headers
from libs.values.division import Division
from libs.values.errors import NotFound
from libs.values.valid_date import ValidDate, local_date
from services.training.api.parts import Parts, TheParts, caller_of
from services.training.api.schemas import AttendanceIn, CourseOut, EnrolIn, EnrolmentOut, OpenCourseIn, Written
from services.training.api.shares import share_of
from services.training.domain.course import Facts, FinishCourse, OpenCourse, course
from services.training.domain.keys import course_id as course_id_of
from services.training.handlers.enrolments import Attended
from services.training.policies import kind_of
from services.training.projections.courses import CourseRow, course_row

router = APIRouter(prefix="/v1/courses", tags=["courses"])


@router.get("")
async def list_courses(
    request: Request,
    response: Response,
    principal: Annotated[Principal, requires("training:courses.read")],
    parts: TheParts,
    page: Page,
    now: Now,
    under: Annotated[bool, Query(description="only own courses below the due share of registered women")] = False,
) -> PageOf[CourseOut]:
    """Courses of the caller's units, of the units above, and those in which women of the caller's units sit."""
    filters, today = {"under": under}, local_date(now())
    key = page.after(request, principal, filters)
    listing = parts.courses.listed(principal.division, today, under=under)
    found = await listing.page((date.fromisoformat(key[0]), UUID(key[1])) if key else None, page.limit + 1)
    rows = [course_out(course_row(row), principal.division, today) for row in found]
    return page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [row.first_day.isoformat(), str(row.course_id)], count=await page.count(listing),
    )  # fmt: skip


@router.get("/{course_id}")
async def read_course(
    response: Response,
    course_id: UUID,
    principal: Annotated[Principal, requires("training:courses.read")],
    parts: TheParts,
    now: Now,
) -> CourseOut:
    """One course with its counts; 404 `training.course_not_found`."""
    row = await visible(parts, principal, course_id)
    response.headers["ETag"] = etag(row.version)
    return course_out(row, principal.division, local_date(now()))


@router.get("/{course_id}/enrolments", dependencies=[sensitive("enrolments.opened")])
async def list_enrolments(
    request: Request,
    response: Response,
    course_id: UUID,
    principal: Annotated[Principal, requires("training:read")],
    parts: TheParts,
    page: Page,
) -> PageOf[EnrolmentOut]:
    """Women of the caller's units in this course."""
    filters = {"course_id": str(course_id)}
    key = page.after(request, principal, filters)
    listing = parts.enrolment_list.of_course(principal.division, course_id)
    found = await listing.page((UUID(key[0]),) if key else None, page.limit + 1)
    rows = [EnrolmentOut.model_validate(dict(row)) for row in found]
    return page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [str(row.enrolment_id)], count=await page.count(listing),
    )  # fmt: skip


@router.post("", status_code=status.HTTP_201_CREATED, response_model=Written)
async def open_course(
    request: Request,
    body: OpenCourseIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
) -> Response:
    """Open a course; 409 `training.course_exists`, 422 `training.bad_period`. Again with the same facts: unchanged.

    A cancelled course of the unit's own is held after all, and empty.
    """
    key_id = course_id_of(principal.division.code, body.organiser, body.trade, body.first_day, body.place)
    course_id = await parts.life.known(key_id)
    facts = Facts(
        unit=principal.division.code,
        title=body.title,
        trade=body.trade,
        organiser=body.organiser,
        first_day=body.first_day,
        last_day=body.last_day,
        place=body.place,
        kind=kind_of(f"{body.trade} {body.title}"),
        days=body.days,
    )
    valid = str(ValidDate.interval(body.first_day, max(body.first_day, body.last_day)))
    receipt = await parts.runtime.commands.handle(
        course,
        course_id,
        OpenCourse(course_id, facts, body.capacity),
        meta_of(request, principal, valid=valid),
        idempotency=await idempotency(request, principal),
        respond=answer_of(course_id),
    )
    return await written(request, course_id, receipt, f"{request.url.path}/{course_id}")


@router.post(
    "/{course_id}/enrolments",
    status_code=status.HTTP_201_CREATED,
    response_model=Written,
    dependencies=[unversioned("it adds to the course; whether a seat is free is decided when it is written")],
)
async def enrol_woman(
    request: Request,
    course_id: UUID,
    body: EnrolIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
    now: Now,
) -> Response:
    """Give a woman of the caller's units a seat.

    422 `training.course_full`, `training.course_finished`; 409 `training.already_enrolled`; 404 for a course or a
    woman that is not the caller's.
    """
    caller = await caller_of(request, principal, respond=answer_of(course_id))
    on = body.on or local_date(now())
    receipt = await parts.enrolments.enrol(course_id, body.woman_id, on, caller)
    return await written(request, course_id, receipt, None)


@router.post("/{course_id}/attendance", response_model=Written)
async def record_attendance(
    request: Request,
    course_id: UUID,
    body: AttendanceIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
    seen: IfMatch,
) -> Response:
    """Record on how many days she was there; replaces what was recorded. `If-Match` is the version of her enrolment.

    422 `training.bad_attendance` for more days than the course has; 404 `training.enrolment_not_found`.
    """
    caller = await caller_of(request, principal, respond=answer_of(course_id), expected=seen)
    attended = Attended(body.days, body.result, body.certificate)
    receipt = await parts.enrolments.attend(course_id, body.woman_id, attended, caller)
    return await written(request, course_id, receipt, None)


@router.post("/{course_id}/finish", response_model=Written)
async def finish_course(
    request: Request,
    course_id: UUID,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
    now: Now,
    seen: IfMatch,
) -> Response:
    """No more enrolments by hand; a corrected roster is still taken in. Only for the unit's own courses."""
    row = await visible(parts, principal, course_id)
    low, high = principal.division.range()
    if not low <= row.facts.unit <= high:
        raise _not_found()
    receipt = await parts.runtime.commands.handle(
        course,
        course_id,
        FinishCourse(course_id, local_date(now())),
        meta_of(request, principal),
        idempotency=await idempotency(request, principal),
        respond=answer_of(course_id),
        expected=seen,
    )
    return await written(request, course_id, receipt, None)


async def visible(parts: Parts, principal: Principal, course_id: UUID) -> CourseRow:
    """The course, if the caller may see it; raises NotFound."""
    row = await parts.courses.read(principal.division, course_id)
    if row is None:
        raise _not_found()
    return row


def answer_of(course_id: UUID) -> Respond:
    """The body of the answer to a write, made when it is done."""

    def respond(receipt: Receipt) -> bytes:
        return Written(id=course_id, version=receipt.version).model_dump_json().encode()

    return respond


async def written(request: Request, course_id: UUID, receipt: Receipt, location: str | None) -> Response:
    """The answer to a write: body, version and what to wait for."""
    body = receipt.replayed or answer_of(course_id)(receipt)
    created = request.scope["route"].status_code or status.HTTP_200_OK
    response = Response(body, created, media_type="application/json")
    await write_headers(request, response, receipt)
    if location:
        response.headers["Location"] = location
    return response


def course_out(row: CourseRow, asking: Division, today: date) -> CourseOut:
    """A course as a unit may see it."""
    facts = row.facts
    return CourseOut(
        course_id=row.course_id,
        unit=facts.unit,
        title=facts.title,
        trade=facts.trade,
        organiser=facts.organiser,
        first_day=facts.first_day,
        last_day=facts.last_day,
        place=facts.place,
        kind=facts.kind,
        days=facts.days,
        capacity=row.capacity,
        finished=row.finished,
        cancelled_on=row.cancelled_on,
        cancelled_reason=row.cancelled_reason,
        moved_reason=row.moved_reason,
        was_first_day=row.was_first_day,
        was_place=row.was_place,
        version=row.version,
        participants=row.participants,
        women=row.women,
        registered_women=row.registered_women,
        days_attended=row.days_attended,
        organiser_kind=row.organiser_kind,
        share=share_of(row, today) if asking.covers(Division(facts.unit)) else None,
    )


def _not_found() -> NotFound:
    return NotFound("training.course_not_found", "没有这个培训班，或它不属于您的单位")
