"""What became of women after a course: whom to ask, by village and day; one woman's answers and the form."""

from itertools import groupby
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.valid_date import local_date
from services.console.adapters.services import Problem
from services.console.figures import fen
from services.console.shell import TheVisitor, Visitor, form_page, next_page, page, see

router = APIRouter(dependencies=[public()])
OTHER: Final = "other"
_OPTIONAL: Final = ("employer_kind", "work_place", "next_try", "note")


@router.get("/follow-ups")
async def list_follow_ups(
    request: Request,
    visitor: TheVisitor,
    division: Annotated[str, Query(max_length=12)] = "",
    since: str = "",
    until: str = "",
    cursor: str | None = None,
) -> Response:
    """Whom to ask, village by village."""
    unit = visitor.own(division or visitor.principal.division.code)
    asked = {"division": unit, "since": since or None, "until": until or None}
    found = await visitor.services.get("training/v1/follow-ups", **asked, cursor=cursor, limit=100, count="exact")
    rows = found["items"]
    return page(
        request,
        "follow_ups.html",
        villages=[(code, list(items)) for code, items in groupby(rows, lambda row: row["division"])],
        units=await visitor.names_of_units(row["division"] for row in rows),
        names=await visitor.names_of(row["woman_id"] for row in rows),
        count=found.get("count"),
        unit_code=unit,
        since=since,
        until=until,
        more=next_page("/follow-ups", found["next"], division=unit, since=since, until=until),
    )


@router.get("/follow-ups/{enrolment_id}")
async def show_follow_up(request: Request, enrolment_id: UUID, visitor: TheVisitor, months: str = "") -> Response:
    """Her answers, notes hidden."""
    return await _shown(request, visitor, enrolment_id, None, filled={"after_months": months})


@router.post("/follow-ups/{enrolment_id}/clear")
async def reveal_follow_up(
    request: Request,
    enrolment_id: UUID,
    visitor: TheVisitor,
    reason: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """The same with the notes, this once, for a reason that is kept."""
    why = words if reason == OTHER else reason
    address = f"training/v1/follow-ups/{enrolment_id}"
    try:
        told = await visitor.services.get(address, clear="true", reason=why)
    except Problem as problem:
        return await _shown(request, visitor, enrolment_id, problem)
    return await _shown(request, visitor, enrolment_id, None, told=told)


@router.post("/follow-ups/{enrolment_id}")
async def record_follow_up(
    request: Request, enrolment_id: UUID, visitor: TheVisitor, version: Annotated[int, Form(ge=0)]
) -> Response:
    """Keep an answer; back to the worklist, or the form again with what is wrong."""
    form = await request.form()
    body: dict[str, Any] = {name: str(form.get(name, "")) for name in ("after_months", "on", "result")}
    body |= {name: str(form[name]) for name in _OPTIONAL if form.get(name)}
    if form.get("income"):
        body["monthly_income_fen"] = fen(form.get("income"))
    try:
        await visitor.services.post(f"training/v1/follow-ups/{enrolment_id}", body, version=version)
    except Problem as problem:
        return await _shown(request, visitor, enrolment_id, problem, filled=dict(form))
    return see(f"/follow-ups/{enrolment_id}")


async def _shown(
    request: Request,
    visitor: Visitor,
    enrolment_id: UUID,
    problem: Problem | None,
    *,
    told: dict[str, Any] | None = None,
    filled: dict[str, Any] | None = None,
) -> Response:
    known = told or await visitor.services.get(f"training/v1/follow-ups/{enrolment_id}")
    names = await visitor.names_of([known["woman_id"]])
    today = str(local_date(request.app.state.clock()))
    return form_page(
        request,
        "follow_up.html",
        problem,
        known=known,
        person=names.get(known["woman_id"], {}),
        units=await visitor.names_of_units(each["unit"] for each in known["answers"]),
        clear=told is not None,
        may_record=visitor.principal.may("training:write"),
        may_reveal=visitor.principal.may("personal:read"),
        filled={"on": today, **(filled or {})},
        today=today,
    )
