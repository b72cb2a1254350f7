"""Certificates (证书): who passed and has none yet, those of a course, written down and taken back."""

from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status
from pydantic import BaseModel, Field, StringConstraints

from libs.access.fastapi import requires
from libs.access.masking import keep
from libs.access.principal import Principal, covers_or_404
from libs.service.asking import Asks
from libs.service.auditing import sensitive
from libs.service.bodies import Body
from libs.service.dependencies import Now
from libs.service.in_loop import made
from libs.service.paging import Page, PageOf
from libs.service.writes import IfMatch
from libs.values.division import Division
from libs.values.texts import trimmed
from libs.values.valid_date import local_date
from services.training.api.courses import answer_of, visible, written
from services.training.api.parts import TheParts, caller_of
from services.training.api.schemas import Written
from services.training.domain.certificate import Kind, Paper
from services.training.handlers.certificates import Issue
from services.training.policies import CERTIFICATE

router = APIRouter(prefix="/v1/certificates", tags=["certificates"])
_UNIT: Final = "the caller's unit or one inside it"
Reader = Annotated[Principal, requires("training:certificates.read")]
Writer = Annotated[Principal, requires("training:write")]
Text = StringConstraints(strip_whitespace=True, min_length=1, max_length=100)


class IssueIn(Body):
    """A certificate of one course; its number is kept sealed, and is one woman's among those of its issuer."""

    enrolment_id: UUID
    kind: Annotated[Kind, Field(description="培训合格证, 职业资格, 专项能力", examples=["training"])]
    issuer: Annotated[str, Text, Field(examples=["雷山县人力资源和社会保障局"])]
    issued_on: Annotated[date, Field(examples=["2017-06-01"])]
    certificate_number: Annotated[str, Text, Field(examples=["GZ-2017-0001"])]


class CertificateDueOut(BaseModel):
    """Who passed a course that ended on `last_day` and has no certificate of it."""

    enrolment_id: UUID
    woman_id: UUID
    division: str
    course_id: UUID
    course_title: str
    last_day: date


class CertificateOut(BaseModel):
    """A certificate; its number masked unless asked for in clear with a reason, null once her data are erased."""

    certificate_id: UUID
    enrolment_id: UUID
    woman_id: UUID
    division: str
    course_id: UUID
    kind: Kind
    issuer: str
    issued_on: date
    certificate_number: str | None
    version: int


class DueQuery:
    """Which part of the list."""

    def __init__(
        self,
        division: Annotated[str | None, Query(pattern="^[0-9]{12}$", description=_UNIT)] = None,
        until: Annotated[
            date | None, Query(description="courses that ended by this day; 30 days ago without it")
        ] = None,
    ) -> None:
        self.division = division
        self.until = until


@router.get("/due", dependencies=[sensitive("certificates.due_listed")])
async def list_due_certificates(
    request: Request,
    response: Response,
    principal: Reader,
    parts: TheParts,
    page: Page,
    now: Now,
    asked: Annotated[DueQuery, made(DueQuery)],
) -> PageOf[CertificateDueOut]:
    """Women of the caller's units who passed a course and have no certificate of it, by village and day."""
    today = local_date(now())
    unit = Division(asked.division) if asked.division else principal.division
    covers_or_404(principal, unit, "division")
    until = asked.until or today - timedelta(days=CERTIFICATE.on(today).value.after_days)
    filters = {"division": unit.code, "until": until.isoformat()}
    key = page.after(request, principal, filters)
    listing = parts.certificates.due(unit, until)
    after = (key[0], date.fromisoformat(key[1]), UUID(key[2])) if key else None
    rows = [CertificateDueOut(**row) for row in await listing.page(after, page.limit + 1)]
    return page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [row.division, row.last_day.isoformat(), str(row.enrolment_id)],
        count=await page.count(listing),
    )  # fmt: skip


@router.get("", dependencies=[sensitive("certificates.listed")])
async def list_certificates(
    request: Request,
    response: Response,
    course_id: UUID,
    principal: Reader,
    parts: TheParts,
    page: Page,
    asking: Asks,
) -> PageOf[CertificateOut]:
    """Certificates of the caller's women in one course; numbers in clear only with a reason that is kept.

    404 `training.course_not_found`.
    """
    asking.masks(principal)
    filters = {"course_id": str(course_id), "clear": asking.clear}
    key = page.after(request, principal, filters)
    await visible(parts, principal, course_id)
    listing = parts.certificates.of_course(principal.division, course_id)
    found = await listing.page((UUID(key[0]),) if key else None, page.limit + 1)
    numbers = await parts.runtime.vault.open_many([(row["record_id"], row["number"]) for row in found])
    rows = [
        CertificateOut(
            **{name: row[name] for name in CertificateOut.model_fields if name in row},
            certificate_number=number and (number if asking.clear else keep(number, 0, 3)),
        )
        for row, number in zip(found, numbers, strict=True)
    ]
    response.headers["Cache-Control"] = "no-store"
    return page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [str(row.certificate_id)], count=await page.count(listing),
    )  # fmt: skip


@router.post("", status_code=status.HTTP_201_CREATED, response_model=Written)
async def issue_certificate(request: Request, body: IssueIn, principal: Writer, parts: TheParts, now: Now) -> Response:
    """Write a certificate down; again for the same woman corrects what stands on it.

    409 `training.certificate_taken`; 422 `training.certificate_day`, `training.not_completed`;
    404 `training.enrolment_not_found`.
    """
    paper = Paper(body.kind, body.issuer, body.issued_on)
    issue = Issue(body.enrolment_id, paper, trimmed(body.certificate_number))
    issued = parts.issuing.id_of(issue)
    caller = await caller_of(request, principal, respond=answer_of(issued))
    receipt = await parts.issuing.issue(issue, local_date(now()), caller)
    return await written(request, issued, receipt, None)


@router.post("/{certificate_id}/withdraw", response_model=Written)
async def withdraw_certificate(
    request: Request, certificate_id: UUID, principal: Writer, parts: TheParts, seen: IfMatch
) -> Response:
    """Take back what was written down wrongly: the number is free again. 404 `training.certificate_not_found`."""
    caller = await caller_of(request, principal, respond=answer_of(certificate_id), expected=seen)
    receipt = await parts.issuing.withdraw(certificate_id, caller)
    return await written(request, certificate_id, receipt, None)
