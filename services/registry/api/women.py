"""Women of the caller's units: lists, one woman, names for pages. The range of divisions is part of every query."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404, not_found
from libs.events.types import Record
from libs.service.asking import Asking, Asks
from libs.service.auditing import mark, sensitive
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import Page, PageOf
from libs.service.traits import reads
from libs.service.writes import etag
from libs.values.division import Division
from services.registry.api.schemas import HouseholdOut, NameList, NameOut, NamesIn, WomanOut
from services.registry.handlers import reading
from services.registry.handlers.reading import Reading
from services.registry.projections import divisions, households, women

router = APIRouter(prefix="/v1", tags=["women"])
CODE = r"^[0-9]{12}$"
CONTACT: Final = ("code", "hamlet", "phone")


@router.get("/women")
async def list_women(
    request: Request,
    response: Response,
    principal: Annotated[Principal, requires("registry:read")],
    runtime: TheRuntime,
    page: Page,
    asking: Asks,
    now: Now,
    division: Annotated[str | None, Query(pattern=CODE, description="the caller's unit or one inside it")] = None,
) -> PageOf[WomanOut]:
    """Registered women by division and id."""
    asked = _reading(asking, principal, "GET /v1/women", now())
    unit = Division(division) if division else principal.division
    covers_or_404(principal, unit, "division")
    filters = {"division": unit.code, "clear": asked.clear}
    after = page.after(request, principal, filters)
    listing = women.listed(runtime.pool, unit.range())
    rows = await listing.page((str(after[0]), UUID(after[1])) if after else None, page.limit + 1)
    shown = await _shown(runtime, asked, rows[: page.limit])
    response.headers["Cache-Control"] = "no-store"
    if len(rows) > page.limit:
        shown.append(shown[-1])  # stands for the row that shows that there is a next page
    return page.answer(
        request, response, principal, filters, shown,
        key=lambda woman: [woman.division, str(woman.woman_id)], count=await page.count(listing),
    )  # fmt: skip


@router.get("/women/{woman_id}")
async def read_woman(
    woman_id: UUID,
    response: Response,
    principal: Annotated[Principal, requires("registry:read")],
    runtime: TheRuntime,
    asking: Asks,
    now: Now,
) -> WomanOut:
    """One woman; `ETag` is the version a change is made to. The same 404 for nobody and for another unit's woman."""
    asked = _reading(asking, principal, "GET /v1/women/{id}", now())
    row = await women.one(runtime.pool, woman_id, principal.division.range())
    if row is None:
        raise not_found("woman")
    response.headers["ETag"] = etag(row["version"])
    response.headers["Cache-Control"] = "no-store"
    return (await _shown(runtime, asked, [row]))[0]


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
    asked = _reading(asking, principal, "POST /v1/women/names", now())
    if asked.clear:
        mark(request, "personal.read", asked.reason, women=[str(each) for each in body.ids])
    rows = await women.many(runtime.pool, body.ids, principal.division.range())
    shown = {woman.woman_id: woman for woman in await _shown(runtime, asked, rows)}
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
    sealed = {name: row["sealed"][name] for name in CONTACT if name in row["sealed"]}
    opened = await runtime.vault.open_many([(household_id, text) for text in sealed.values()])
    contact = {name: (text and masks[name](text)) or None for name, text in zip(sealed, opened, strict=True)}
    response.headers["Cache-Control"] = "no-store"
    return HouseholdOut(
        **{name: row[name] for name in HouseholdOut.model_fields if name in row},
        **dict.fromkeys(CONTACT) | contact,
    )


def _reading(asking: Asking, principal: Principal, route: str, now: datetime) -> Reading:
    asking.masks(principal)
    return Reading(principal, route, now, asking.clear, asking.reason)


async def _shown(runtime: TheRuntime, asked: Reading, rows: list[Record]) -> list[WomanOut]:
    who = await reading.identities(runtime.pool, runtime.vault, asked, rows)
    names = await divisions.names(runtime.pool, [row["division"] for row in rows])
    return [
        WomanOut(
            **{name: row[name] for name in WomanOut.model_fields if name in row},
            **who[row["woman_id"]],
            division_name=names.get(row["division"], ""),
        )
        for row in rows
    ]
