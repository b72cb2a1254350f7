"""The quality of the register's data: how often each rule is broken in a unit, and by whom."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.events.types import Record
from libs.service.dependencies import TheRuntime
from libs.service.paging import PageOf
from services.registry.api.listing import AskedUnit, Unit, unit_of
from services.registry.domain.register.rules import RULES
from services.registry.handlers import quality

router = APIRouter(prefix="/v1/quality", tags=["quality"])
Reader = Annotated[Principal, requires("registry:quality")]


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
    unit = unit_of(principal, division)
    found = await quality.by_rule(runtime.pool, unit.range())
    rules = [
        RuleOut(**dict(each), explained=RULES[each["rule"]].text, source=RULES[each["rule"]].source) for each in found
    ]
    return QualityOut(division=unit.code, rules=rules)


@router.get("/rows")
async def list_quality(
    principal: Reader,
    asked: AskedUnit,
    rule: Annotated[
        str | None, Query(pattern="^[a-z0-9_]{1,60}$", description="only rows that break this rule")
    ] = None,
) -> PageOf[QualityRowOut]:
    """Whom the rules speak of, by division and household."""

    async def shown(rows: list[Record]) -> list[QualityRowOut]:
        names = await asked.place_names(rows)
        return [_out(dict(row), names) for row in rows]

    key = {"division": str, "household_id": UUID, "place": int}
    return await asked.answer(principal, partial(quality.rows, rule=rule), key, shown, rule=rule)


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
