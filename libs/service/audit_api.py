"""The trail of this service for its auditors: listed newest first, one entry, its state; looking at it stands in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from libs.access.fastapi import requires
from libs.access.principal import Principal, not_found
from libs.audit.entry import Outcome
from libs.audit.listing import Wanted, intact, listed, one, state
from libs.audit.trail import Trail
from libs.service.auditing import mark, sensitive
from libs.service.in_loop import made
from libs.service.paging import Page, PageOf
from libs.service.query import LARGEST

router = APIRouter(prefix="/v1/audit", tags=["audit"])


class EntryOut(BaseModel):
    """One entry: ids, codes and names of fields, no business data. `number` is its place in the chain once sealed."""

    id: int
    number: int | None
    at: datetime
    actor: str | None
    role: str | None
    unit: str | None
    session: str | None
    address: str | None
    action: str
    object_kind: str | None
    object_id: str | None
    outcome: Outcome
    code: str | None
    purpose: str | None
    reason: str | None
    correlation_id: str | None
    trace_id: str | None
    detail: dict[str, Any]


class OneEntryOut(EntryOut):
    """`intact`: it is what was sealed, by its own hash and that of the number before; null while it is not sealed."""

    intact: bool | None


class StateOut(BaseModel):
    """How far the chain is `sealed`, how many entries are `waiting`, and up to where it was signed, when.

    Whether all of it holds is asked by `jinguo audit verify`, which reads the whole chain.
    """

    sealed: int | None
    waiting: int
    signed_number: int | None
    signed_at: datetime | None


class Filters:
    """What an auditor looks for."""

    def __init__(
        self,
        since: Annotated[AwareDatetime | None, Query(alias="from", description="from this time on")] = None,
        until: Annotated[AwareDatetime | None, Query(alias="to", description="before this time")] = None,
        actor: Annotated[str | None, Query(max_length=64, description="id of the account")] = None,
        action: Annotated[str | None, Query(max_length=80)] = None,
        object_id: Annotated[str | None, Query(alias="object", max_length=64)] = None,
        outcome: Annotated[Outcome | None, Query()] = None,
    ) -> None:
        self._values = (since, until, actor, action, object_id, outcome)

    def of(self, principal: Principal) -> Wanted:
        """The filters inside the auditor's own units."""
        return Wanted(*self._values, units=principal.division.range())


@router.get("")
async def list_audit(
    request: Request,
    response: Response,
    principal: Annotated[Principal, requires("audit:read")],
    page: Page,
    filters: Annotated[Filters, made(Filters)],
) -> PageOf[EntryOut]:
    """Entries of acts from the auditor's units, newest first; those of nobody known for the whole country only."""
    trail: Trail = request.app.state.trail
    wanted = filters.of(principal)
    said: Mapping[str, Any] = wanted.said()
    listing, after = listed(trail.pool, wanted), page.after(request, principal, said)
    mark(request, "audit.viewed", asked=dict(said))
    rows = await listing.page((int(after[0]),) if after else None, page.limit + 1)
    shown = [EntryOut(**dict(row)) for row in rows]
    return page.answer(
        request, response, principal, said, shown,
        key=lambda entry: [str(entry.id)], count=await page.count(listing),
    )  # fmt: skip


@router.get("/state")
async def read_state(request: Request, _principal: Annotated[Principal, requires("audit:read")]) -> StateOut:
    """How far the trail of this service is sealed and signed."""
    trail: Trail = request.app.state.trail
    return StateOut(**dict(await state(trail.pool)))


@router.get("/{entry_id}", dependencies=[sensitive("audit.viewed")])
async def read_entry(
    request: Request,
    entry_id: Annotated[int, Path(ge=1, le=LARGEST)],
    principal: Annotated[Principal, requires("audit:read")],
) -> OneEntryOut:
    """One entry, and whether it still is what was sealed; 404 for one of other units."""
    trail: Trail = request.app.state.trail
    mark(request, "audit.viewed", entry=entry_id)
    row = await one(trail.pool, entry_id, principal.division.range())
    if row is None:
        raise not_found("entry")
    return OneEntryOut(**dict(row), intact=await intact(trail.pool, row))
