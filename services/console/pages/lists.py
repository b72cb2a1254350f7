"""The women, or households, behind a number of the match report: over all pages as many as it says."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from httpx import URL
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import NotFound
from services.console import columns
from services.console.pages.match import AsKnown
from services.console.shell import TheVisitor, Visitor, link, page

router = APIRouter(dependencies=[public()])
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/women")
async def list_women(
    request: Request,
    visitor: TheVisitor,
    division: str = "",
    column: str = "population",
    as_known: AsKnown = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> Response:
    """The women behind a number, their names masked."""
    if column not in columns.TITLES or column == columns.HOUSEHOLDS:
        raise NotFound("console.column", "报表没有这一栏。")
    unit = visitor.own(division or visitor.principal.division.code)
    found = await _behind(visitor, unit, column, as_known, cursor, limit)
    shown = [item["woman_id"] for item in found["items"]]
    more = _more("/women", found["next"], limit, division=unit, column=column)
    return await _list(request, visitor, "women.html", unit, column, found, more, await names_of(visitor, shown))


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
    more = _more("/households", found["next"], limit, division=unit)
    return await _list(request, visitor, "households.html", unit, columns.HOUSEHOLDS, found, more, names)


async def names_of(visitor: Visitor, ids: list[str]) -> dict[str, Any]:
    """Masked names from the registry, by woman; those who moved out of the user's units are absent."""
    if not ids or not visitor.principal.may("registry:read"):
        return {}
    answer = await visitor.services.post("registry/v1/women/names", {"ids": ids})
    return {item["woman_id"]: item for item in answer["items"]}


async def _behind(
    visitor: Visitor, unit: str, column: str, as_known: int | None, cursor: str | None, limit: int
) -> Any:
    path = "reporting/v1/reports/match/women"
    return await visitor.services.get(path, division=unit, column=column, as_known=as_known, cursor=cursor, limit=limit)


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
    known = found["as_known"]
    report = await visitor.services.get("reporting/v1/reports/match", division=unit, as_known=known)
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


def _more(path: str, url: str | None, limit: int, **query: str) -> str | None:
    """The next page keeps to the position the first one was read at."""
    if url is None:
        return None
    given = URL(url).params
    return link(path, **query, as_known=given.get("as_known"), cursor=given["cursor"], limit=limit)
