"""The match, unit by unit: every number leads to the women behind it."""

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.division import Division
from services.console import columns
from services.console.shell import TheVisitor, handed_on, link, page, see

router = APIRouter(dependencies=[public()])
AsKnown: TypeAlias = Annotated[int | None, Query(ge=0)]


@router.get("/")
async def home(visitor: TheVisitor) -> Response:
    """One's own unit; who sees no reports: the audit trail, else the state of the system, else one's account."""
    if visitor.principal.may("reporting:read"):
        return see(f"/match/{visitor.principal.division.code}")
    if visitor.principal.may("audit:read"):
        return see("/audit")
    return see("/system" if visitor.principal.may("system:read") else "/account")


@router.get("/match/{code}")
async def show_match(request: Request, code: str, visitor: TheVisitor, as_known: str = "", on: str = "") -> Response:
    """A unit's report: one row for each unit below it."""
    visitor.own(code)
    known, day = as_known or None, on or None  # an empty field of the form means: as known now, ages by register
    report = await visitor.services.get("reporting/v1/reports/match", division=code, as_known=known, on=day)
    return page(
        request,
        "match.html",
        report=report,
        trail=await visitor.places.trail(visitor.services, visitor.principal.division, code),
        groups=columns.GROUPS,
        training=columns.TRAINING,
        village=Division(code).child_level is None,
        as_known=known,
        behind=lambda unit, column: _behind(unit, column, known, day),
        lines=lambda unit: link("/lines", division=unit, as_known=known),
        down=lambda unit: link(f"/match/{unit}", as_known=known, on=day),
        csv=link(f"/match/{code}/csv", as_known=known, on=day),
        by_need=visitor.principal.may("registry:read"),
        share=columns.share,
    )


@router.get("/match/{code}/csv")
async def download_match(code: str, visitor: TheVisitor, as_known: AsKnown = None, on: str = "") -> Response:
    """The same table for a spreadsheet."""
    path, day = "reporting/v1/reports/match", on or None
    file = await visitor.services.file(path, division=code, format="csv", as_known=as_known, on=day)
    return handed_on(file)


def _behind(unit: str, column: str, as_known: str | None, on: str | None) -> str:
    if column == columns.HOUSEHOLDS:
        return link("/households", division=unit, as_known=as_known)
    return link("/women", division=unit, column=column, as_known=as_known, on=on)
