"""Certificates on the pages, and what is printed of a course: names and numbers in clear for a reason only."""

from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.valid_date import local_date
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, form_page, next_page, page, see

router = APIRouter(dependencies=[public()])
OTHER: Final = "other"
MOST_DAYS: Final = 31
"""Columns of a sign-in sheet that fit on paper."""
_PAPER: Final = ("enrolment_id", "kind", "issuer", "issued_on", "certificate_number")


@router.get("/certificates")
async def list_due(request: Request, visitor: TheVisitor, until: str = "", cursor: str | None = None) -> Response:
    """Who passed a course and has no certificate of it."""
    asked = {"until": until or None, "cursor": cursor}
    found = await visitor.services.get("training/v1/certificates/due", **asked, limit=100, count="exact")
    rows = found["items"]
    return page(
        request,
        "certificates_due.html",
        rows=rows,
        units=await visitor.names_of_units(row["division"] for row in rows),
        names=await visitor.names_of(row["woman_id"] for row in rows),
        count=found.get("count"),
        until=until,
        more=next_page("/certificates", found["next"], until=until),
    )


@router.get("/courses/{course_id}/certificates")
async def show_certificates(
    request: Request, course_id: UUID, visitor: TheVisitor, enrolment_id: UUID | None = None
) -> Response:
    """Certificates of a course; with an enrolment also the form to write one down."""
    return await _shown(request, visitor, course_id, None, {"enrolment_id": str(enrolment_id or "")})


@router.post("/courses/{course_id}/certificates")
async def issue_certificate(request: Request, course_id: UUID, visitor: TheVisitor) -> Response:
    """Write one down; back to those of the course, or the form again with what is wrong."""
    form = await request.form()
    body = {name: str(form.get(name, "")) for name in _PAPER}
    try:
        await visitor.services.post("training/v1/certificates", body)
    except Problem as problem:
        return await _shown(request, visitor, course_id, problem, body)
    return see(f"/courses/{course_id}/certificates")


@router.post("/courses/{course_id}/certificates/print")
async def print_certificates(
    request: Request,
    course_id: UUID,
    visitor: TheVisitor,
    reason: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """One certificate a sheet of paper, in clear this once, for a reason that registry and training keep."""
    why = words if reason == OTHER else reason
    try:
        rows = await _all(visitor, course_id, clear="true", reason=why)
        names = await _names(visitor, rows, why)
    except Problem as problem:
        return await _shown(request, visitor, course_id, problem, {"enrolment_id": ""})
    course = await visitor.services.get(f"training/v1/courses/{course_id}")
    return page(request, "certificates_print.html", course=course, rows=rows, names=names)


@router.get("/courses/{course_id}/sign-in-sheet")
async def show_sheet(request: Request, course_id: UUID, visitor: TheVisitor) -> Response:
    """A sign-in sheet to print, names masked."""
    return await _sheet(request, visitor, course_id, None)


@router.post("/courses/{course_id}/sign-in-sheet")
async def print_sheet(
    request: Request,
    course_id: UUID,
    visitor: TheVisitor,
    reason: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """The same with names and ids in clear, this once, for a reason that the registry keeps."""
    return await _sheet(request, visitor, course_id, words if reason == OTHER else reason)


async def _sheet(request: Request, visitor: Visitor, course_id: UUID, why: str | None) -> Response:
    course = await visitor.services.get(f"training/v1/courses/{course_id}")
    rows = await visitor.services.all(f"training/v1/courses/{course_id}/enrolments")
    names, refused = await visitor.names_of(row["woman_id"] for row in rows), None
    if why is not None:
        try:
            names = await _names(visitor, rows, why)
        except Problem as problem:
            refused = problem
    return form_page(
        request,
        "sign_in_sheet.html",
        refused,
        course=course,
        rows=rows,
        names=names,
        days=days_of(course),
        clear=why is not None and refused is None,
        may_reveal=visitor.principal.may("personal:read"),
    )


def days_of(course: dict[str, Any]) -> list[date | None]:
    """The days of a course as columns; blank ones where its days are not every day from the first to the last."""
    first, last = date.fromisoformat(course["first_day"]), date.fromisoformat(course["last_day"])
    if (last - first).days + 1 == course["days"] <= MOST_DAYS:
        return [first + timedelta(days=nth) for nth in range(course["days"])]
    return [None] * min(course["days"], MOST_DAYS)


async def _names(visitor: Visitor, rows: list[dict[str, Any]], why: str) -> dict[str, Any]:
    """Names in clear of everybody in these rows; raises Problem without right or reason."""
    ids = list(dict.fromkeys(row["woman_id"] for row in rows))
    found: dict[str, Any] = {}
    for start in range(0, len(ids) or 1, 500):
        body = {"ids": ids[start : start + 500], "clear": True, "reason": why}
        if body["ids"]:
            answer = await visitor.services.post("registry/v1/women/names", body)
            found |= {item["woman_id"]: item for item in answer["items"]}
    return found


async def _all(visitor: Visitor, course_id: UUID, **query: str) -> list[dict[str, Any]]:
    """Up to 500 certificates of a course: more are not printed at once."""
    found = await visitor.services.get("training/v1/certificates", course_id=course_id, limit=500, **query)
    items: list[dict[str, Any]] = found["items"]
    return items


async def _shown(
    request: Request, visitor: Visitor, course_id: UUID, problem: Problem | None, filled: dict[str, str]
) -> Response:
    rows = await _all(visitor, course_id)
    today = str(local_date(request.app.state.clock()))
    return form_page(
        request,
        "certificates.html",
        problem,
        course=await visitor.services.get(f"training/v1/courses/{course_id}"),
        rows=rows,
        names=await visitor.names_of(row["woman_id"] for row in rows),
        may_issue=visitor.principal.may("training:write"),
        may_reveal=visitor.principal.may("personal:read"),
        filled={"issued_on": today, **filled},
        today=today,
    )
