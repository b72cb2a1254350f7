"""Routes of the security administrator over agreements with partners, each change a version.

A change works with the next token of every client under the agreement, that is within ten minutes.

Errors: 403 `access.scope_missing`; 404 `common.not_found`; 409 `access.agreement_taken`, `access.agreement_closed`;
412 `access.stale`; 422 `access.agreement_terms`, `access.agreement_days`, `access.division_outside`.
"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, Field

from libs.access.agreements import Agreement, Standing, Terms, agreement_of, as_terms
from libs.access.api import Administrator, DivisionCode, Measures, Name, TheAccess
from libs.events.types import Connection
from libs.service.bodies import Body
from libs.service.dependencies import Now
from libs.service.once import once_in_transaction
from libs.service.paging import Page, PageOf
from libs.service.writes import IfMatch, etag, path_in, versioned
from libs.values.division import Division
from libs.values.errors import Invalid

router = APIRouter(prefix="/v1/agreements", tags=["access"])

# No @, blanks, controls, marks that are not seen or turn text around: written out, since \s is not the same everywhere.
NAME = r"^[^@\u0000-\u0020\u007f-\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+$"
Word = Annotated[str, Field(max_length=80)]
Scopes = Annotated[list[Word], Field(min_length=1, max_length=20, examples=[["feeds:read"]])]
Fields = Annotated[
    list[Word],
    Field(max_length=20, examples=[["reference", "place"]], description="classes of fields; `structure` is implied"),
]
EventTypes = Annotated[
    list[Word],
    Field(
        max_length=100,
        examples=[["training.attended.v1"]],
        description="types of events for feeds; [] none, null all",
    ),
]
Purpose = Annotated[str, Field(max_length=40, examples=["checking"])]
Reason = Annotated[str, Field(min_length=5, max_length=500, examples=["按2016年3月签订的合作协议第4条"])]
_CLEARABLE = frozenset({"event_types", "measures", "purpose", "valid_to"})


class NewAgreement(Body):
    """An agreement with a partner. Name and division are for good; everything else changes by versions."""

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=NAME, examples=["2016-03"])]
    partner: Name
    division: DivisionCode
    scopes: Scopes
    fields: Fields
    event_types: EventTypes | None
    measures: Measures | None
    purpose: Purpose | None = None
    valid_from: date
    valid_to: date | None = None
    reason: Reason


class AgreementChange(Body):
    """What is left out stays as it is; null lifts the limit of `event_types`, `measures`, `purpose`, `valid_to`."""

    partner: Name | None = None
    scopes: Scopes | None = None
    fields: Fields | None = None
    event_types: EventTypes | None = None
    measures: Measures | None = None
    purpose: Purpose | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    reason: Reason


class Closing(Body):
    """Why it ends."""

    reason: Reason


class AgreementOut(BaseModel):
    """One version of an agreement; days are those of Asia/Shanghai, both inclusive."""

    agreement_id: UUID
    name: str
    partner: str
    division: str
    scopes: list[str]
    fields: list[str]
    event_types: list[str] | None
    measures: list[str] | None
    purpose: str | None
    valid_from: date
    valid_to: date | None
    reason: str
    standing: Standing
    closed_at: datetime | None
    version: int
    made_at: datetime
    made_by: str


@router.get("")
async def list_agreements(
    request: Request, response: Response, principal: Administrator, access: TheAccess, page: Page, now: Now
) -> PageOf[AgreementOut]:
    """Agreements of the caller's units in their present version, by division."""
    listing, key = access.agreements.listed(principal), page.after(request, principal, {})
    found = await listing.page((key[0], UUID(key[1])) if key else None, page.limit + 1)
    rows = [agreement_out(agreement_of(record), now()) for record in found]
    return page.answer(
        request, response, principal, {}, rows,
        key=lambda row: [row.division, str(row.agreement_id)], count=await page.count(listing),
    )  # fmt: skip


@router.post("", status_code=status.HTTP_201_CREATED, response_model=AgreementOut)
async def create_agreement(
    request: Request, body: NewAgreement, principal: Administrator, access: TheAccess, now: Now
) -> Response:
    """Make an agreement inside one's own division; its scopes lie within those of the role `partner`."""
    given = body.model_dump(exclude={"name", "division"})
    terms, division = Terms(**as_terms(given)), Division(body.division)

    async def work(tx: Connection) -> Response:
        made = await access.agreements.create(principal, body.name, division, terms, tx)
        location = path_in(request, f"/v1/agreements/{made.id}")
        return versioned(agreement_out(made, now()), made.version, status.HTTP_201_CREATED, location)

    return await once_in_transaction(request, principal, work)


@router.get("/{agreement_id}")
async def read_agreement(
    response: Response, agreement_id: UUID, principal: Administrator, access: TheAccess, now: Now
) -> AgreementOut:
    """The present version of one agreement."""
    agreement = await access.agreements.get(principal, agreement_id)
    response.headers["ETag"] = etag(agreement.version)
    return agreement_out(agreement, now())


@router.get("/{agreement_id}/versions")
async def list_agreement_versions(
    request: Request,
    response: Response,
    agreement_id: UUID,
    principal: Administrator,
    access: TheAccess,
    page: Page,
    now: Now,
) -> PageOf[AgreementOut]:
    """All versions of one agreement, the newest first."""
    filters = {"agreement_id": agreement_id}
    key = page.after(request, principal, filters)
    listing = await access.agreements.versions(principal, agreement_id)
    rows = [agreement_out(agreement_of(record), now()) for record in await listing.page(key, page.limit + 1)]
    return page.answer(
        request, response, principal, filters, rows, key=lambda row: [row.version], count=await page.count(listing)
    )


@router.patch("/{agreement_id}", response_model=AgreementOut)
async def change_agreement(
    request: Request,
    agreement_id: UUID,
    body: AgreementChange,
    principal: Administrator,
    access: TheAccess,
    now: Now,
    seen: IfMatch,
) -> Response:
    """A new version; works with the next token of each client. Needs `If-Match` and a reason."""
    changes = as_terms(body.model_dump(include=body.model_fields_set))
    if missing := sorted(name for name, value in changes.items() if value is None and name not in _CLEARABLE):
        raise Invalid(
            "access.agreement_terms", "这一项不能为空。", field=missing[0], value="null", right="省略，或给出新的内容"
        )

    async def work(tx: Connection) -> Response:
        made = await access.agreements.change(principal, agreement_id, seen, changes, tx)
        return versioned(agreement_out(made, now()), made.version)

    return await once_in_transaction(request, principal, work)


@router.post("/{agreement_id}/closure", response_model=AgreementOut)
async def close_agreement(
    request: Request,
    agreement_id: UUID,
    body: Closing,
    principal: Administrator,
    access: TheAccess,
    now: Now,
    seen: IfMatch,
) -> Response:
    """End an agreement for good: no client gets a token under it. Needs `If-Match`."""

    async def work(tx: Connection) -> Response:
        made = await access.agreements.close(principal, agreement_id, seen, body.reason, tx)
        return versioned(agreement_out(made, now()), made.version)

    return await once_in_transaction(request, principal, work)


def agreement_out(agreement: Agreement, now: datetime) -> AgreementOut:
    """The version as administrators see it."""
    return AgreementOut(
        agreement_id=agreement.id,
        name=agreement.name,
        division=agreement.division.code,
        **agreement.terms.as_lists(),
        standing=agreement.standing(now),
        closed_at=agreement.closed_at,
        version=agreement.version,
        made_at=agreement.made_at,
        made_by=agreement.made_by,
    )
