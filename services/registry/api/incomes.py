"""Yearly income of households: assess it, see it year by year, find whose nobody has assessed."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, status
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.events.store import Recorded
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import PageOf
from libs.service.traits import unversioned
from libs.service.writes import idempotency, meta_of, write_headers
from libs.values.valid_date import local_date
from services.registry.api import income_schemas as s
from services.registry.api.listing import AskedUnit
from services.registry.api.schemas import FindingOut
from services.registry.domain.exits.rules import line_of
from services.registry.domain.incomes.assessing import HouseholdIncomeAssessed
from services.registry.domain.incomes.formula import FORMULA
from services.registry.domain.incomes.plausible import Bounds, doubts
from services.registry.handlers import incomes as handler
from services.registry.handlers.exits import Caller
from services.registry.projections import divisions, incomes

router = APIRouter(prefix="/v1", tags=["incomes"])
AskedYear = Annotated[s.Year | None, Query(description="without it: this year")]
Reader = Annotated[Principal, requires("needs:read")]
Assessor = Annotated[Principal, requires("needs:assess")]


@router.post(
    "/households/{household_id}/incomes",
    status_code=status.HTTP_201_CREATED,
    response_model=s.IncomeReceipt,
    dependencies=[unversioned("an assessment stands beside earlier ones; of one year the latest day counts")],
)
async def assess_income(
    request: Request, household_id: UUID, body: s.IncomeIn, principal: Assessor, runtime: TheRuntime, now: Now
) -> Response:
    """Assess a year's income per head by the official formula; the inputs are kept.

    422 `incomes.line_missing`, `incomes.parts_missing`, `incomes.parts_differ`, `incomes.year`, `incomes.day`,
    `registry.older_than_known`. The same figures again change nothing.
    """
    lines = body.model_dump(exclude={"year", "on", "persons"})
    form = handler.IncomeForm(household_id, body.year, body.on, body.persons, lines)
    meta = meta_of(request, principal, valid=str(body.year))
    caller = Caller(principal.division.range(), meta, await idempotency(request, principal))
    receipt, told = await handler.assess(runtime, caller, form, local_date(now()), bounds_of(request))
    response = Response(told, status.HTTP_201_CREATED, media_type="application/json")
    await write_headers(request, response, receipt)
    return response


@router.get("/households/{household_id}/incomes")
async def list_incomes(
    request: Request, household_id: UUID, response: Response, principal: Reader, runtime: TheRuntime
) -> s.IncomesOut:
    """A household's income year by year with every assessment and its inputs, the register's figure and the line."""
    household, years = await handler.years_of(runtime, household_id, principal.division.range())
    names = await divisions.names(runtime.pool, [household["division"]])
    bounds = bounds_of(request)
    response.headers["Cache-Control"] = "no-store"
    return s.IncomesOut(
        household_id=household_id,
        division=household["division"],
        division_name=names.get(household["division"], ""),
        persons=household["persons"],
        formula=FORMULA,
        years=[_year(each, household["persons"], bounds) for each in years],
    )


@router.get("/incomes/unassessed")
async def list_unassessed(
    principal: Reader, now: Now, asked: AskedUnit, year: AskedYear = None
) -> PageOf[s.UnassessedOut]:
    """Households of the caller's units whose income of a year nobody has assessed, by division and id."""
    of = year or local_date(now()).year
    key, listed = {"division": str, "household_id": UUID}, partial(incomes.unassessed, year=of)
    return await asked.answer(principal, listed, key, asked.named(s.UnassessedOut), year=str(of))


def bounds_of(request: Request) -> Bounds:
    """What is doubted here, by the settings."""
    return Bounds(request.app.state.settings.income_high_fen)


def _year(found: handler.YearlyIncome, persons: int, bounds: Bounds) -> s.YearOut:
    row = found.row
    line = line_of(row["year"])
    both = row["assessed_fen"] is not None and row["register_fen"] is not None
    return s.YearOut(
        **{name: row[name] for name in s.YearOut.model_fields if name in row},
        differs_fen=row["assessed_fen"] - row["register_fen"] if both else None,
        line_fen=line.value if line else None,
        line_source=line.source if line else "",
        below_line=row["per_head_fen"] < line.value if line else None,
        assessments=[_assessment(each, persons, bounds) for each in found.assessments],
    )


def _assessment(recorded: Recorded[HouseholdIncomeAssessed], persons: int, bounds: Bounds) -> s.AssessmentOut:
    event, meta = recorded.event, recorded.meta
    income = event.income
    odd = doubts(income, event.persons, persons, bounds)
    return s.AssessmentOut(
        on=event.on,
        at=recorded.recorded_at,
        actor=meta.actor,
        role=meta.role,
        unit=meta.unit,
        source=event.source,
        persons=event.persons,
        per_head_fen=event.per_head_fen,
        operating_fen=income.operating_fen,
        property_fen=income.property_fen,
        wages_fen=income.wages_fen,
        operating_cost_fen=income.operating_cost_fen,
        transfers_fen=income.transfers_fen,
        other_fen=income.other_fen,
        parts=s.PartsOut.model_validate(income.parts, from_attributes=True) if income.parts else None,
        findings=[FindingOut.model_validate(each.as_json()) for each in odd],
    )
