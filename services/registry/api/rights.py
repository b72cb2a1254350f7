"""People's rights as they stand: the notices, whom nobody has told, open requests, one woman's rights."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.types import Record
from libs.service.asking import Asks
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import Page, PageOf
from libs.service.writes import etag
from libs.values.division import Division
from libs.values.valid_date import local_date
from services.registry.api import rights_schemas as r
from services.registry.api.listing import CODE, reading_of
from services.registry.domain.rights.state import Rights
from services.registry.domain.rights.words import PURPOSES, Purpose
from services.registry.handlers import reading
from services.registry.handlers.notices import notice_on
from services.registry.handlers.rights import PeoplesRights
from services.registry.handlers.said import texts_of
from services.registry.projections import divisions, women
from services.registry.projections import rights as model

router = APIRouter(prefix="/v1", tags=["rights"])
Reader = Annotated[Principal, requires("rights:read")]
Unit = Annotated[str | None, Query(pattern=CODE, description="the caller's unit or one inside it")]


@router.get("/rights/purposes")
async def list_purposes(
    principal: Reader, now: Now, on: Annotated[date | None, Query(description="a day; today without it")] = None
) -> r.PurposeList:
    """What is told of each purpose on a day. 422 `rule_set.none_in_force` before the first edition."""
    del principal
    day = on or local_date(now())
    found = [(purpose, notice_on(purpose, day)) for purpose in PURPOSES]
    return r.PurposeList(
        items=[
            r.PurposeOut(
                purpose=purpose,
                edition=notice.text.version,
                basis=notice.text.basis,
                heading=notice.title,
                text=notice.body,
                first=notice.first,
            )
            for purpose, notice in found
        ]
    )


@router.get("/rights/untold")
async def list_untold(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    now: Now,
    purpose: Annotated[Purpose, Query(description="of which notice")] = "registration",
    division: Unit = None,
) -> PageOf[r.UntoldOut]:
    """Women here whom nobody has told the notice of a purpose as it holds today, by division and id."""
    unit = _unit(principal, division)
    filters = {"division": unit.code, "purpose": purpose}
    key = page.after(request, principal, filters)
    edition = notice_on(purpose, local_date(now())).text.version
    listing = model.untold(runtime.pool, unit.range(), purpose, edition)
    rows = await listing.page((str(key[0]), UUID(key[1])) if key else None, page.limit + 1)
    names = await divisions.names(runtime.pool, [row["division"] for row in rows])
    known = await women.many(runtime.pool, [row["woman_id"] for row in rows], unit.range())
    asked = reading.Reading(principal, "GET /v1/rights/untold", now())
    who = await reading.identities(runtime.pool, runtime.vault, asked, known)
    shown = [
        r.UntoldOut(
            **row,
            division_name=names.get(row["division"], ""),
            name=who[row["woman_id"]]["name"] if row["woman_id"] in who else None,
        )
        for row in rows
    ]
    response.headers["Cache-Control"] = "no-store"
    return page.answer(
        request, response, principal, filters, shown,
        key=lambda row: [row.division, str(row.woman_id)], count=await page.count(listing),
    )  # fmt: skip


@router.get("/rights/requests")
async def list_requests(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    now: Now,
    answered: Annotated[bool, Query(description="those that were answered instead of those that wait")] = False,
    division: Unit = None,
) -> PageOf[r.RequestOut]:
    """Requests of women of the caller's units, the one to be answered first before the others."""
    unit = _unit(principal, division)
    filters = {"division": unit.code, "answered": answered}
    key = page.after(request, principal, filters)
    listing = model.requests(runtime.pool, unit.range(), "answered" if answered else "open")
    after = (date.fromisoformat(str(key[0])), UUID(key[1])) if key else None
    rows = await listing.page(after, page.limit + 1)
    shown = await _requests(runtime, rows, local_date(now()))
    return page.answer(
        request, response, principal, filters, shown,
        key=lambda row: [str(row.due), str(row.request_id)], count=await page.count(listing),
    )  # fmt: skip


@router.get("/women/{woman_id}/rights")
async def read_rights(
    request: Request, response: Response, woman_id: UUID, principal: Reader, runtime: TheRuntime, asking: Asks, now: Now
) -> r.RightsOut:
    """Her rights with their history; what anybody wrote only in clear, with a reason that is kept."""
    asking.masks(principal)
    desk: PeoplesRights = request.app.state.rights
    state, recorded = await desk.state(woman_id, principal.division.range())
    today, version = local_date(now()), recorded[-1].version if recorded else 0
    texts: dict[int, dict[str, str | None]] = {}
    if asking.clear and not await reading.withheld(runtime.pool, principal, [woman_id]):
        await reading.note(runtime.pool, reading_of(asking, principal, "GET /v1/women/{id}/rights", now()), [woman_id])
        texts = await texts_of(runtime, recorded)
    response.headers["ETag"] = etag(version)
    response.headers["Cache-Control"] = "no-store"
    return r.RightsOut(
        woman_id=woman_id,
        told=_told(await model.told(runtime.pool, woman_id), today),
        consents=_consents(state, today),
        open_requests=await _requests(runtime, await model.open_of(runtime.pool, woman_id), today),
        restricted_since=state.restricted.on if state.restricted else None,
        ground=state.restricted.ground if state.restricted else None,
        timeline=[_event(each, texts.get(each.version, {})) for each in recorded],
        version=version,
    )


def _unit(principal: Principal, division: str | None) -> Division:
    unit = Division(division) if division else principal.division
    covers_or_404(principal, unit, "division")
    return unit


async def _requests(runtime: Runtime, rows: list[Record], today: date) -> list[r.RequestOut]:
    names = await divisions.names(runtime.pool, [row["division"] for row in rows])
    return [
        r.RequestOut(**row, division_name=names.get(row["division"], ""), days_left=(row["due"] - today).days)
        for row in rows
    ]


def _told(rows: list[Record], today: date) -> list[r.TellingOut]:
    return [r.TellingOut(**row, current=_current(row["purpose"], row["edition"], today)) for row in rows]


def _consents(state: Rights, today: date) -> list[r.ConsentOut]:
    return [
        r.ConsentOut(
            purpose=purpose,
            edition=each.version,
            given_on=each.on,
            current=_current(purpose, each.version, today),
        )
        for purpose, each in sorted(state.consents.items())
    ]


def _current(purpose: Purpose, edition: str, today: date) -> bool:
    return notice_on(purpose, today).text.version == edition


def _event(recorded: Recorded[Any], texts: dict[str, str | None]) -> r.RightsEventOut:
    event, meta = recorded.event, recorded.meta
    hidden: dict[str, str | None] = dict.fromkeys(getattr(event, "personal", {}))
    return r.RightsEventOut(
        number=recorded.version,
        kind=recorded.type,
        on=event.on,
        at=recorded.recorded_at,
        actor=meta.actor,
        role=meta.role,
        unit=meta.unit,
        request_id=getattr(event, "request_id", None),
        purpose=getattr(event, "purpose", None),
        field=getattr(event, "field", None),
        says=hidden | texts,
    )
