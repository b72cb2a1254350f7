"""Roster lines that wait for a person: listed masked, confirmed or refused one by one or many at once."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from libs.access.fastapi import requires
from libs.access.masking import Preset
from libs.access.principal import Principal
from libs.events.meta import Meta
from libs.events.vault import Vault
from libs.service.asking import Asks
from libs.service.auditing import sensitive
from libs.service.once import once
from libs.service.paging import Page, PageOf
from libs.service.problems import language_of, problem_of
from libs.service.writes import json_answer, meta_of, transaction_headers
from libs.values.errors import DomainError
from services.training.api.parts import Parts, TheParts
from services.training.api.schemas import DecisionIn, DecisionOut, DecisionsIn, DecisionsOut, WaitingOut
from services.training.handlers.decisions import Decision
from services.training.projections.waiting import WaitingRow

router = APIRouter(prefix="/v1/waiting", tags=["waiting"])


@router.get("", dependencies=[sensitive("waiting.opened")])
async def list_waiting(
    request: Request,
    response: Response,
    principal: Annotated[Principal, requires("training:read")],
    parts: TheParts,
    page: Page,
    asking: Asks,
    course_id: Annotated[UUID | None, Query(description="only of this course")] = None,
) -> PageOf[WaitingOut]:
    """Lines whose candidate is registered in the caller's units: near ids, no id, signed by another (代)."""
    masks = asking.masks(principal)
    filters = {"course_id": str(course_id) if course_id else None, "clear": asking.clear}
    key = page.after(request, principal, filters)
    listing = parts.waiting.listed(principal.division, course_id)
    found = await listing.page((UUID(key[0]), int(key[1]), UUID(key[2])) if key else None, page.limit + 1)
    rows = await _opened(parts.runtime.vault, [WaitingRow(**row) for row in found], masks)
    return page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [str(row.course_id), row.row, str(row.id)], count=await page.count(listing),
    )  # fmt: skip


@router.post("/decisions", status_code=status.HTTP_207_MULTI_STATUS, response_model=DecisionsOut)
async def decide_waiting(
    request: Request,
    body: DecisionsIn,
    principal: Annotated[Principal, requires("training:write")],
    parts: TheParts,
) -> Response:
    """Confirm (this is she) or refuse; the same decision again changes nothing.

    Per item 404 `training.line_not_found`, 409 `training.decided_otherwise`, 503 for what is to be sent again; with
    such an item in it the answer is not kept, so the same request may be sent under the same key.
    """
    meta, language = meta_of(request, principal), language_of(request)

    async def work() -> Response:
        items: list[DecisionOut] = []
        last: int | None = None
        for wanted in body.decisions:
            item, xid = await _decide(parts, wanted, principal, meta, language)
            items.append(item)
            last = xid or last
        number = await parts.published(last) if last is not None else None
        out = DecisionsOut(items=items, published={"number": number} if number is not None else None)
        headers = await transaction_headers(request, last) if last is not None else None
        passing = any(item.status >= status.HTTP_500_INTERNAL_SERVER_ERROR for item in items)
        return json_answer(out, status.HTTP_207_MULTI_STATUS, headers, passing=passing)

    return await once(request, principal, work)


async def _decide(
    parts: Parts, wanted: DecisionIn, principal: Principal, meta: Meta, language: str
) -> tuple[DecisionOut, int | None]:
    decision = Decision(wanted.id, wanted.decision, wanted.reason)
    try:
        decided = await parts.decide.decide(decision, principal.division, meta)
    except DomainError as error:
        problem = problem_of(error, language)
        return DecisionOut(id=wanted.id, status=error.status, decision=wanted.decision, problem=problem), None
    item = DecisionOut(
        id=wanted.id,
        status=status.HTTP_200_OK,
        decision=wanted.decision,
        changed=decided.xid is not None,
        course_id=decided.course_id,
    )
    return item, decided.xid


async def _opened(vault: Vault, rows: Sequence[WaitingRow], masks: Preset) -> list[WaitingOut]:
    sealed = [(row.line_id, text) for row in rows for text in (row.name, row.resident_id, row.village) if text]
    values = iter(await vault.open_many(sealed))

    def shown(text: str | None) -> str | None:
        return next(values) if text else None

    def masked(name: str, text: str | None) -> str | None:
        value = shown(text)
        return masks[name](value) or None if value else None

    return [
        _line(row, masked("name", row.name), masked("resident_id", row.resident_id), masked("village", row.village))
        for row in rows
    ]


def _line(row: WaitingRow, name: str | None, written: str | None, village: str | None) -> WaitingOut:
    return WaitingOut(
        id=row.line_id,
        course_id=row.course_id,
        course_title=row.title,
        division=row.division,
        match=row.match,
        reasons=row.reasons,
        candidate=row.candidate,
        days=row.days,
        signed_by_other=row.signed_by_other,
        sheet=row.sheet,
        row=row.row,
        name=name,
        resident_id=written,
        village=village,
    )
