"""The quality of the register's data: which rules are broken in the unit, how often, and by which households."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import NotFound
from services.console.rules import RULES
from services.console.shell import TheVisitor, next_page, page

router = APIRouter(dependencies=[public()])
_PATH = "registry/v1/quality"
Unit = Annotated[str | None, Query(pattern="^[0-9]{12}$")]


@router.get("/quality")
async def show_quality(request: Request, visitor: TheVisitor, division: Unit = None) -> Response:
    """Rule by rule, errors first."""
    found = await visitor.services.get(_PATH, division=division)
    return page(request, "quality.html", quality=found, rules=RULES)


@router.get("/quality/{rule}")
async def show_rule(
    request: Request, visitor: TheVisitor, rule: str, division: Unit = None, cursor: str | None = None
) -> Response:
    """Whom one rule speaks of."""
    rules = (await visitor.services.get(_PATH, division=division))["rules"]
    told = next((each for each in rules if each["rule"] == rule), None)
    if told is None:
        raise NotFound("console.rule", "没有违反这条规则的行。")
    found = await visitor.services.get(f"{_PATH}/rows", rule=rule, division=division, cursor=cursor, limit=100)
    more = next_page(f"/quality/{rule}", found["next"], division=division)
    return page(request, "quality_rule.html", told=told, items=found["items"], more=more, rules=RULES)
