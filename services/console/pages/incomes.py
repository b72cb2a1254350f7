"""A household: its yearly income per head with the inputs, and the form to work it out; who is not assessed yet."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.access.deciding import decide
from libs.access.fastapi import public
from libs.values.errors import NotFound
from libs.values.valid_date import local_date
from services.console import labels_people
from services.console.adapters.services import Problem
from services.console.figures import fen
from services.console.rules import RULES
from services.console.shell import TheVisitor, Visitor, form_page, next_page, page, see

router = APIRouter(dependencies=[public()])
_WHOLE: Final = ("operating_fen", "property_fen", "wages_fen", "operating_cost_fen", "transfers_fen", "other_fen")
LISTS: Final = {"incomes": "registry/v1/incomes/unassessed", "needs": "registry/v1/needs/unassessed"}


@router.get("/households/{household_id}")
async def show_household(request: Request, household_id: UUID, visitor: TheVisitor) -> Response:
    """Year by year: what counts, the register's figure, the poverty line, every assessment with its inputs."""
    return await _shown(request, visitor, household_id, None)


@router.post("/households/{household_id}/incomes")
async def assess_income(request: Request, household_id: UUID, visitor: TheVisitor) -> Response:
    """Keep an assessment; back to the household, or the form again with what is wrong."""
    form = await request.form()
    body: dict[str, Any] = {name: str(form.get(name, "")) for name in ("year", "on", "persons")}
    for name in labels_people.INCOME_LINE:
        said = str(form.get(name, "")).strip()
        if said:
            body[name] = fen(said)
    try:
        await visitor.services.post(f"registry/v1/households/{household_id}/incomes", body)
    except Problem as problem:
        return await _shown(request, visitor, household_id, problem, dict(form))
    return see(f"/households/{household_id}")


@router.get("/unassessed")
async def list_unassessed(
    request: Request, visitor: TheVisitor, what: str = "needs", year: int | None = None, cursor: str | None = None
) -> Response:
    """Women whom nobody has asked this year, or households whose income nobody has worked out."""
    if what not in LISTS:
        raise NotFound("console.unassessed", "没有这样的名单。")
    chosen = year or local_date(request.app.state.clock()).year
    found = await visitor.services.get(LISTS[what], year=chosen, cursor=cursor, limit=100, count="exact")
    rows = found["items"]
    names = await visitor.names_of(row["woman_id"] for row in rows) if what == "needs" else {}
    more = next_page("/unassessed", found["next"], what=what, year=chosen)
    return page(
        request, "unassessed.html", what=what, year=chosen, rows=rows, names=names, count=found.get("count"), more=more
    )


async def _shown(
    request: Request,
    visitor: Visitor,
    household_id: UUID,
    problem: Problem | None,
    filled: dict[str, Any] | None = None,
) -> Response:
    household = await visitor.services.get(f"registry/v1/households/{household_id}")
    told = await visitor.services.get(f"registry/v1/households/{household_id}/incomes")
    today = local_date(request.app.state.clock())
    values = {"on": str(today), "year": str(today.year - 1), **(filled or {})}
    return form_page(
        request,
        "household.html",
        problem,
        household=household,
        told=told,
        trail=await visitor.places.trail(visitor.services, visitor.principal.division, household["division"]),
        may_assess=decide(visitor.principal, "needs:assess").allowed,
        filled=values,
        whole=_WHOLE,
        units=await visitor.names_of_units(each["unit"] for row in told["years"] for each in row["assessments"]),
        rules=RULES,
        today=str(today),
    )
