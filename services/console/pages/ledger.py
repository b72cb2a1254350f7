"""The ledger's lines behind 人次, 人天 and 期 of a unit: over all pages they sum to the report's cells."""

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import NotFound
from services.console import columns, labels
from services.console.adapters.services import Problem
from services.console.pages.lists import Limit
from services.console.pages.match import AsKnown
from services.console.shell import TheVisitor, Visitor, next_page, page

router = APIRouter(dependencies=[public()])
_TRAINING: Final = "training"


@router.get("/lines")
async def list_lines(
    request: Request,
    visitor: TheVisitor,
    division: str = "",
    measure: str = _TRAINING,
    as_known: AsKnown = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> Response:
    """One line per attendance; a line that takes another back carries negative figures."""
    if measure not in labels.MEASURE:
        raise NotFound("console.measure", "没有这种措施。")
    unit = visitor.own(division or visitor.principal.division.code)
    query = {"division": unit, "measure": measure, "as_known": as_known}
    found = await visitor.services.get("reporting/v1/lines", **query, cursor=cursor, limit=limit)
    known, lines = found["as_known"], found["items"]
    report = await visitor.services.get("reporting/v1/reports/match", division=unit, as_known=known)
    return page(
        request,
        "lines.html",
        trail=await visitor.places.trail(visitor.services, visitor.principal.division, unit),
        measure=measure,
        sums=[(heading, report["total"]["measures"][measure][name]) for name, heading in columns.TRAINING],
        lines=lines,
        names=await visitor.names_of(line["subject_id"] for line in lines),
        courses=await _courses(visitor, (line["measure_id"] for line in lines)),
        as_known=known,
        asked=as_known,
        more=next_page("/lines", found["next"], **query, limit=limit),
    )


async def _courses(visitor: Visitor, ids: Iterable[str]) -> dict[str, str]:
    """Titles of courses the user may see; of others she only knows that her women were there."""
    titles: dict[str, str] = {}
    for course_id in dict.fromkeys(ids if visitor.principal.may("training:read") else ()):
        try:
            titles[course_id] = (await visitor.services.get(f"training/v1/courses/{course_id}"))["title"]
        except Problem:
            continue
    return titles
