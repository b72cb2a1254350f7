"""Women of the caller's units: lists, one woman, names for pages. The range of divisions is part of every query."""

from functools import partial
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, not_found
from libs.service.asking import Asking, Asks
from libs.service.auditing import mark, sensitive
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import PageOf
from libs.service.problems import language_of
from libs.service.traits import reads
from libs.service.writes import etag
from libs.values.priority import rule_on
from libs.values.valid_date import local_date
from services.registry.api.listing import Asked, by_priority, reading_of, shown_women
from services.registry.api.schemas import HouseholdOut, NameList, NameOut, NamesIn, WomanOut
from services.registry.handlers import reading
from services.registry.projections import households, priority, women

router = APIRouter(prefix="/v1", tags=["women"])
CONTACT: Final = ("code", "hamlet", "phone")
MEMBERS: Final = "SELECT person_id FROM persons WHERE household_id = $1 AND woman AND NOT erased"


@router.get("/women")
async def list_women(
    principal: Annotated[Principal, requires("registry:read")],
    asked: Asked,
    presence: Annotated[women.Presence, Query(description="who of them")] = "here",
    order: Annotated[Literal["division", "priority"], Query(description="priority: who needs it most first")] = (
        "division"
    ),
) -> PageOf[WomanOut]:
    """Women by division and id, or by need: those `here`, those only `monitored`, those who `left`, or `all`.

    By need is returned, not exited, monitored, exited; then income per head ascending, then fewest measures so far.
    """
    if order == "priority":
        ranked = partial(priority.listed, presence=presence, rule=rule_on(local_date(asked.now())))
        return await asked.answer(principal, ranked, by_priority, presence=presence, order=order)
    return await asked.answer(principal, partial(women.listed, presence=presence), presence=presence)


@router.get("/women/{woman_id}")
async def read_woman(
    woman_id: UUID,
    request: Request,
    response: Response,
    principal: Annotated[Principal, requires("registry:read")],
    runtime: TheRuntime,
    asking: Asks,
    now: Now,
) -> WomanOut:
    """One woman; `ETag` is the version a change is made to. The same 404 for nobody and for another unit's woman."""
    asked = reading_of(asking, principal, "GET /v1/women/{id}", now())
    row = await women.one(runtime.pool, woman_id, principal.division.range())
    if row is None:
        raise not_found("woman")
    response.headers["ETag"] = etag(row["version"])
    response.headers["Cache-Control"] = "no-store"
    return (await shown_women(runtime, asked, [row], language_of(request)))[0]


@router.post("/women/names", dependencies=[reads()])
async def read_names(
    request: Request,
    body: NamesIn,
    response: Response,
    principal: Annotated[Principal, requires("registry:read")],
    runtime: TheRuntime,
    now: Now,
) -> NameList:
    """Names of up to 500 women for a page; those outside the caller's units are absent without a word."""
    asking = Asking(request, body.clear, body.reason)
    asked = reading_of(asking, principal, "POST /v1/women/names", now())
    if asked.clear:
        mark(request, "personal.read", asked.reason, women=[str(each) for each in body.ids])
    rows = await women.many(runtime.pool, body.ids, principal.division.range())
    shown = {woman.woman_id: woman for woman in await shown_women(runtime, asked, rows, language_of(request))}
    response.headers["Cache-Control"] = "no-store"
    return NameList(
        items=[
            NameOut.model_validate(shown[woman_id], from_attributes=True)
            for woman_id in dict.fromkeys(body.ids)
            if woman_id in shown
        ]
    )


@router.get("/households/{household_id}", dependencies=[sensitive("household.opened")])
async def read_household(
    household_id: UUID,
    response: Response,
    principal: Annotated[Principal, requires("registry:read")],
    runtime: TheRuntime,
    asking: Asks,
) -> HouseholdOut:
    """One household; its number and phone are masked, and its hamlet left out, unless asked for in clear."""
    masks = asking.masks(principal)
    row = await households.one(runtime.pool, household_id, principal.division.range())
    if row is None:
        raise not_found("household")
    members = await runtime.pool.fetch(MEMBERS, household_id)
    hidden = await reading.withheld(runtime.pool, principal, [each["person_id"] for each in members])
    sealed = {name: row["sealed"][name] for name in CONTACT if name in row["sealed"] and not hidden}
    opened = await runtime.vault.open_many([(household_id, text) for text in sealed.values()])
    contact = {name: (text and masks[name](text)) or None for name, text in zip(sealed, opened, strict=True)}
    response.headers["Cache-Control"] = "no-store"
    return HouseholdOut(
        **{name: row[name] for name in HouseholdOut.model_fields if name in row},
        **dict.fromkeys(CONTACT) | contact,
    )
