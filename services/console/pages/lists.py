"""The women, or households, behind a number of the match report: over all pages as many as it says."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import NotFound
from services.console import columns
from services.console.pages.match import AsKnown
from services.console.shell import TheVisitor, Visitor, next_page, page

router = APIRouter(dependencies=[public()])
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/women")
async def list_women(
    request: Request,
    visitor: TheVisitor,
    division: str = "",
    column: str = "population",
    as_known: AsKnown = None,
    on: str = "",
    cursor: str | None = None,
    limit: Limit = 100,
) -> Response:
    """The women behind a number, their names masked; ages as of the day `on`, of their registers without it."""
    if column not in columns.TITLES or column == columns.HOUSEHOLDS:
        raise NotFound("console.column", "报表没有这一栏。")
    unit = visitor.own(division or visitor.principal.division.code)
    found = await _behind(visitor, unit, column, as_known, cursor, limit, on or None)
    names = await visitor.names_of(item["woman_id"] for item in found["items"])
    more = next_page("/women", found["next"], division=unit, column=column, as_known=as_known, on=on, limit=limit)
    return await _list(request, visitor, "women.html", unit, column, found, more, names)


@router.get("/households")
async def list_households(
    request: Request,
    visitor: TheVisitor,
    division: str = "",
    as_known: AsKnown = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> Response:
    """The households behind a number."""
    unit = visitor.own(division or visitor.principal.division.code)
    found = await _behind(visitor, unit, columns.HOUSEHOLDS, as_known, cursor, limit)
    places = {item["division"] for item in found["items"]}
    names = {code: (await visitor.places.find(visitor.services, code))["name"] for code in sorted(places)}
    more = next_page("/households", found["next"], division=unit, as_known=as_known, limit=limit)
    return await _list(request, visitor, "households.html", unit, columns.HOUSEHOLDS, found, more, names)


async def _behind(
    visitor: Visitor,
    unit: str,
    column: str,
    as_known: int | None,
    cursor: str | None,
    limit: int,
    on: str | None = None,
) -> Any:
    path = "reporting/v1/reports/match/women"
    asked = {"division": unit, "column": column, "as_known": as_known, "on": on, "cursor": cursor, "limit": limit}
    return await visitor.services.get(path, **asked)


async def _list(
    request: Request,
    visitor: Visitor,
    template: str,
    unit: str,
    column: str,
    found: Any,
    more: str | None,
    names: dict[str, Any],
) -> Response:
    known, on = found["as_known"], request.query_params.get("on") or None
    report = await visitor.services.get("reporting/v1/reports/match", division=unit, as_known=known, on=on)
    return page(
        request,
        template,
        trail=await visitor.places.trail(visitor.services, visitor.principal.division, unit),
        title=columns.TITLES[column],
        meaning=columns.MEANINGS[column],
        count=columns.value_of(report["total"], column),
        items=found["items"],
        names=names,
        as_known=known,
        asked=request.query_params.get("as_known"),
        more=more,
    )
