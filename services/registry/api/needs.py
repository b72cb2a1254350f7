"""Needs of women: assess them, see them with their history, find whom nobody has asked."""

from dataclasses import asdict
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from libs.events.store import Recorded
from libs.service.asking import Asks
from libs.service.auditing import sensitive
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import PageOf
from libs.service.traits import unversioned
from libs.service.writes import idempotency, meta_of, write_headers
from libs.values.valid_date import local_date
from services.registry.api import need_schemas as s
from services.registry.api.incomes import AskedYear, Assessor, Reader
from services.registry.api.listing import AskedUnit, reading_of
from services.registry.domain.needs.assessing import Needs, WomanNeedsAssessed, read_health
from services.registry.handlers import needs as handler
from services.registry.handlers import reading
from services.registry.handlers.exits import Caller
from services.registry.projections import divisions, needs

router = APIRouter(prefix="/v1", tags=["needs"])
_TOLD = frozenset({"health", "note", "on"})


@router.post(
    "/women/{woman_id}/needs",
    status_code=status.HTTP_201_CREATED,
    response_model=s.NeedsReceipt,
    dependencies=[unversioned("an assessment stands beside earlier ones; the latest day counts")],
)
async def assess_needs(
    request: Request, woman_id: UUID, body: s.NeedsIn, principal: Assessor, runtime: TheRuntime, now: Now
) -> Response:
    """Keep what a woman needs, as she was asked on a day.

    422 `needs.causes`, `needs.skills`, `needs.borrowing`, `needs.childcare`, `needs.health`, `needs.day`,
    `registry.older_than_known`, `registry.erased`; 409 `registry.merged`. The same again changes nothing.
    """
    said = body.model_dump(exclude=set(_TOLD))
    said |= {"other_causes": tuple(body.other_causes), "skills_wanted": tuple(body.skills_wanted)}
    told = {"health": read_health(body.health), "note": body.note}
    form = handler.NeedsForm(woman_id, body.on, Needs(**said), told)
    meta = meta_of(request, principal, valid=str(body.on))
    caller = Caller(principal.division.range(), meta, await idempotency(request, principal))
    receipt = await handler.assess(runtime, caller, form, local_date(now()))
    told_back = receipt.replayed or handler.answer_of(woman_id)(receipt)
    response = Response(told_back, status.HTTP_201_CREATED, media_type="application/json")
    await write_headers(request, response, receipt)
    return response


@router.get("/women/{woman_id}/needs", dependencies=[sensitive("needs.opened")])
async def read_needs(
    woman_id: UUID, response: Response, principal: Reader, runtime: TheRuntime, asking: Asks, now: Now
) -> s.NeedsOut:
    """A woman's assessments; health (for who may see it) and notes only in clear, with a reason that is kept."""
    asked = reading_of(asking, principal, "GET /v1/women/{id}/needs", now())
    known = await handler.known_of(runtime, woman_id, principal.division.range())
    if asked.clear:
        await reading.note(runtime.pool, asked, [woman_id])
    words = await handler.words_of(runtime, list(known.assessments)) if asked.clear else []
    names = await divisions.names(runtime.pool, [known.woman["division"]])
    last = known.assessments[0].event.needs.main_cause if known.assessments else None
    response.headers["Cache-Control"] = "no-store"
    return s.NeedsOut(
        woman_id=woman_id,
        household_id=known.woman["household_id"],
        division=known.woman["division"],
        division_name=names.get(known.woman["division"], ""),
        register_cause=known.register_cause,
        cause_differs=bool(last and known.register_cause and last != known.register_cause),
        assessments=[_shown(each, words[at] if words else {}) for at, each in enumerate(known.assessments)],
    )


@router.get("/needs/unassessed")
async def list_unasked(principal: Reader, now: Now, asked: AskedUnit, year: AskedYear = None) -> PageOf[s.UnaskedOut]:
    """Women of the caller's units whom nobody has asked in a year, by division and id."""
    of = year or local_date(now()).year
    key, listed = {"division": str, "woman_id": UUID}, partial(needs.unassessed, year=of)
    return await asked.answer(principal, listed, key, asked.named(s.UnaskedOut), year=str(of))


def _shown(recorded: Recorded[WomanNeedsAssessed], words: dict[str, str]) -> s.NeedOut:
    event, meta = recorded.event, recorded.meta
    return s.NeedOut(
        **asdict(event.needs),
        on=event.on,
        at=recorded.recorded_at,
        actor=meta.actor,
        role=meta.role,
        unit=meta.unit,
        source=event.source,
        health=words.get("health"),
        note=words.get("note"),
    )
