"""The quality of the register's data: how often each rule is broken in a unit, and by whom."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.service.dependencies import TheRuntime
from libs.service.paging import Page, PageOf
from libs.values.division import Division
from services.registry.api.listing import CODE
from services.registry.domain.register.rules import RULES
from services.registry.handlers import quality
from services.registry.projections import divisions

router = APIRouter(prefix="/v1/quality", tags=["quality"])
Reader = Annotated[Principal, requires("registry:quality")]
Unit = Annotated[str | None, Query(pattern=CODE, description="the caller's unit or one inside it")]


class RuleOut(BaseModel):
    """How often a rule is broken: rows of registers, and households they belong to."""

    rule: str
    severity: Literal["error", "warning"]
    explained: str
    source: str
    rows: int
    households: int


class QualityOut(BaseModel):
    """What the last register of each household was told, rule by rule, errors first."""

    division: str
    rules: list[RuleOut]


class QualityRowOut(BaseModel):
    """One finding; `woman_id` where its row names a registered woman. Values stay in the file."""

    division: str
    division_name: str
    household_id: UUID
    woman_id: UUID | None
    rule: str
    column: str
    severity: Literal["error", "warning"]
    row: int
    as_of: date
    import_id: UUID


@router.get("")
async def read_quality(principal: Reader, runtime: TheRuntime, division: Unit = None) -> QualityOut:
    """How many rows and households each rule speaks of, as the registers that last named them were told."""
    unit = _unit(principal, division)
    found = await quality.by_rule(runtime.pool, unit.range())
    rules = [
        RuleOut(**dict(each), explained=RULES[each["rule"]].text, source=RULES[each["rule"]].source) for each in found
    ]
    return QualityOut(division=unit.code, rules=rules)


@router.get("/rows")
async def list_quality(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    rule: Annotated[
        str | None, Query(pattern="^[a-z0-9_]{1,60}$", description="only rows that break this rule")
    ] = None,
    division: Unit = None,
) -> PageOf[QualityRowOut]:
    """Whom the rules speak of, by division and household."""
    unit = _unit(principal, division)
    told = {"rule": rule, "division": unit.code}
    after = page.after(request, principal, told)
    listing = quality.rows(runtime.pool, rule, unit.range())
    key = (str(after[0]), UUID(after[1]), int(after[2])) if after else None
    rows = await listing.page(key, page.limit + 1)
    answer = page.answer(
        request, response, principal, told, rows,
        key=lambda row: [row["division"], str(row["household_id"]), row["place"]], count=await page.count(listing),
    )  # fmt: skip
    names = await divisions.names(runtime.pool, [row["division"] for row in answer.items])
    items = [_out(dict(row), names) for row in answer.items]
    return PageOf(items=items, next=answer.next, count=answer.count, count_missing=answer.count_missing)


def _unit(principal: Principal, division: str | None) -> Division:
    unit = Division(division) if division else principal.division
    covers_or_404(principal, unit, "division")
    return unit


def _out(row: dict[str, Any], names: dict[str, str]) -> QualityRowOut:
    return QualityRowOut(
        division=row["division"],
        division_name=names.get(row["division"], ""),
        household_id=row["household_id"],
        woman_id=row["woman_id"],
        rule=row["rule"],
        column=row["column_name"],
        severity=row["severity"],
        row=row["row_number"],
        as_of=row["as_of"],
        import_id=row["import_id"],
    )
