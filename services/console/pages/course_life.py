"""The forms of a course's page: other days or place, more seats, sessions, cancelled."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import Invalid
from services.console.adapters.services import Problem
from services.console.pages.training import course_page
from services.console.shell import TheVisitor, Visitor, see

router = APIRouter(prefix="/courses/{course_id}", dependencies=[public()])
Text = Annotated[str, Form()]
Version = Annotated[int, Form()]
MOST = 60  # sessions that one form makes: a class of two months, day by day


@router.post("/move")
async def move_course(
    request: Request, course_id: UUID, visitor: TheVisitor, version: Version, reason: Text,
    first_day: Text = "", last_day: Text = "", place: Text = "",
) -> Response:  # fmt: skip
    """To other days or another place; what is left empty stays."""
    body = {"first_day": first_day, "last_day": last_day, "place": place, "reason": reason}
    return await _sent(request, visitor, course_id, version, "move", body)


@router.post("/capacity")
async def change_capacity(
    request: Request, course_id: UUID, visitor: TheVisitor, version: Version, capacity: Text
) -> Response:
    """How many it takes."""
    return await _sent(request, visitor, course_id, version, "capacity", {"capacity": capacity})


@router.post("/headcount")
async def type_headcount(
    request: Request, course_id: UUID, visitor: TheVisitor, version: Version, participants: Text, women: Text
) -> Response:
    """How many took part, where no roster names all."""
    body = {"participants": participants, "women": women}
    return await _sent(request, visitor, course_id, version, "headcount", body)


@router.post("/cancel")
async def cancel_course(
    request: Request, course_id: UUID, visitor: TheVisitor, version: Version, reason: Text
) -> Response:
    """It is not held."""
    return await _sent(request, visitor, course_id, version, "cancel", {"reason": reason})


@router.post("/sessions")
async def plan_sessions(
    request: Request, course_id: UUID, visitor: TheVisitor, version: Version, day: Text, until: Text = ""
) -> Response:
    """One session, or one a day until another day."""
    each = _session(await request.form())
    try:
        days = _days(day, until or day)
    except Invalid as invalid:
        return await course_page(request, course_id, visitor, None, invalid.message, invalid.status)
    body = {"sessions": [each | {"day": str(one)} for one in days]}
    return await _sent(request, visitor, course_id, version, "sessions", body)


@router.post("/sessions/{number}/change")
async def change_session(
    request: Request, course_id: UUID, number: int, visitor: TheVisitor, version: Version, day: Text, reason: Text
) -> Response:
    """Another day, time or place."""
    body = _session(await request.form()) | {"day": day, "reason": reason}
    return await _sent(request, visitor, course_id, version, f"sessions/{number}/change", body)


@router.post("/sessions/{number}/cancel")
async def cancel_session(
    request: Request, course_id: UUID, number: int, visitor: TheVisitor, version: Version, reason: Text
) -> Response:
    """One session is not held."""
    return await _sent(request, visitor, course_id, version, f"sessions/{number}/cancel", {"reason": reason})


def _session(form: FormData) -> dict[str, Any]:
    """What a form says of a session besides its day; empty fields are left out."""
    said = {name: str(form.get(name, "")).strip() for name in ("start", "hours", "place")}
    return {name: value for name, value in said.items() if value} | {"half_day": bool(form.get("half_day"))}


def _days(first: str, last: str) -> list[date]:
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        begin, end = date.max, date.min
    if not 0 <= (end - begin).days < MOST:
        raise Invalid("console.session_days", "场次的日期应从早到晚，一次最多60天。", field="until", right="2017-05-17")
    return [begin + timedelta(days=nth) for nth in range((end - begin).days + 1)]


async def _sent(
    request: Request, visitor: Visitor, course_id: UUID, version: int, way: str, body: dict[str, Any]
) -> Response:
    """What a form says, but for what was left empty; what the service refuses is said above the page."""
    given = {name: value for name, value in body.items() if value not in ("", None)}
    try:
        await visitor.services.post(f"training/v1/courses/{course_id}/{way}", given, version=version)
    except Problem as problem:
        return await course_page(request, course_id, visitor, None, problem.detail, problem.status)
    return see(f"/courses/{course_id}")
