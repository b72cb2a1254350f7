"""People's rights as they stand: the notices, whom nobody has told, open requests, one woman's rights."""

from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.types import Record
from libs.service.asking import Asks
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import PageOf
from libs.service.past import texts_of
from libs.service.writes import etag
from libs.values.valid_date import local_date
from services.registry.api import rights_schemas as r
from services.registry.api.listing import AskedUnit, Key, reading_of
from services.registry.domain.rights.state import Rights
from services.registry.domain.rights.words import PURPOSES, Purpose
from services.registry.handlers import reading
from services.registry.handlers.notices import notice_on
from services.registry.handlers.rights import PeoplesRights
from services.registry.projections import divisions, women
from services.registry.projections import rights as model

router = APIRouter(prefix="/v1", tags=["rights"])
Reader = Annotated[Principal, requires("rights:read")]


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
    principal: Reader,
    now: Now,
    asked: AskedUnit,
    purpose: Annotated[Purpose, Query(description="of which notice")] = "registration",
) -> PageOf[r.UntoldOut]:
    """Women here whom nobody has told the notice of a purpose as it holds today, by division and id."""
    pool, vault = asked.runtime.pool, asked.runtime.vault

    async def shown(rows: list[Record]) -> list[r.UntoldOut]:
        names = await asked.place_names(rows)
        known = await women.many(pool, [row["woman_id"] for row in rows], principal.division.range())
        reader = reading.Reading(principal, "GET /v1/rights/untold", now())
        who = await reading.identities(pool, vault, reader, known)
        return [
            r.UntoldOut(
                **row,
                division_name=names.get(row["division"], ""),
                name=who[row["woman_id"]]["name"] if row["woman_id"] in who else None,
            )
            for row in rows
        ]

    asked.response.headers["Cache-Control"] = "no-store"
    edition = notice_on(purpose, local_date(now())).text.version
    of = partial(model.untold, purpose=purpose, edition=edition)
    return await asked.answer(principal, of, {"division": str, "woman_id": UUID}, shown, purpose=purpose)


@router.get("/rights/requests")
async def list_requests(
    principal: Reader,
    now: Now,
    asked: AskedUnit,
    answered: Annotated[bool, Query(description="those that were answered instead of those that wait")] = False,
) -> PageOf[r.RequestOut]:
    """Requests of women of the caller's units, the one to be answered first before the others."""

    async def shown(rows: list[Record]) -> list[r.RequestOut]:
        return await _requests(asked.runtime, rows, local_date(now()))

    state = "answered" if answered else "open"
    key: Key = {"due": date.fromisoformat, "request_id": UUID}
    return await asked.answer(principal, partial(model.requests, state=state), key, shown, answered=state)


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
