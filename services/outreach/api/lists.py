"""The list of who came, where one was kept: registered women by id, of the caller's units only."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.service.auditing import sensitive
from libs.service.paging import Page, PageOf
from libs.service.traits import unversioned
from libs.service.writes import idempotency, meta_of
from libs.service.written import Written, answer_of, written
from services.outreach.api.parts import TheParts
from services.outreach.api.schemas import ListIn, ReachedOut
from services.outreach.handlers.lists import Caller

router = APIRouter(prefix="/v1/activities/{activity_id}/women", tags=["lists"])


@router.get("", dependencies=[sensitive("lists.opened")])
async def list_women(
    request: Request,
    response: Response,
    activity_id: UUID,
    principal: Annotated[Principal, requires("outreach:women")],
    parts: TheParts,
    page: Page,
) -> PageOf[ReachedOut]:
    """Women of the caller's units on the list."""
    filters = {"activity_id": str(activity_id)}
    key = page.after(request, principal, filters)
    listing = parts.reach.listed(principal.division, activity_id)
    found = await listing.page((UUID(key[0]),) if key else None, page.limit + 1)
    rows = [ReachedOut.model_validate(dict(row)) for row in found]
    return page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [str(row.woman_id)], count=await page.count(listing),
    )  # fmt: skip


@router.post(
    "",
    response_model=Written,
    dependencies=[unversioned("it adds to a list and strikes off it, whatever else was put on it meanwhile")],
)
async def keep_list(
    request: Request,
    activity_id: UUID,
    body: ListIn,
    principal: Annotated[Principal, requires("outreach:write")],
    parts: TheParts,
) -> Response:
    """Add women of the caller's units to the list of an activity that was held, or strike them off.

    404 for an activity or a woman that is not the caller's; 422 `outreach.not_held`, `outreach.woman_restricted`.
    """
    caller = Caller(
        principal.division, meta_of(request, principal), await idempotency(request, principal), answer_of(activity_id)
    )
    add = {each.woman_id: each.sessions for each in body.add}
    receipt = await parts.lists.keep(activity_id, add, body.strike, caller)
    return await written(request, activity_id, receipt)
