"""Publicity activities (宣传活动): listed, planned, held, reported, cancelled; and the user's women on a list."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import NotFound
from libs.values.valid_date import local_date
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, form_page, next_page, see

router = APIRouter(dependencies=[public()])
_PATH: Final = "outreach/v1/activities"
PLAN: Final = ("topic", "title", "form", "first_day", "last_day", "place")
COUNTS: Final = ("sessions", "attendances", "women_attendances", "registered_attendances", "materials")
WAYS: Final[dict[str, tuple[str, ...]]] = {
    "holding": ("first_day", "last_day"),
    "report": COUNTS,
    "cancellation": ("reason",),
}
"""What may be done, and the fields of its form."""


@router.get("/activities")
async def show_activities(
    request: Request, visitor: TheVisitor, topic: str = "", cursor: str | None = None
) -> Response:
    """Activities that the user's unit sees, newest first, and the form for a new one."""
    return await _listed(request, visitor, topic, cursor, None, {})


@router.post("/activities")
async def plan_activity(request: Request, visitor: TheVisitor) -> Response:
    """Plan one; to its page, or the form again with what is wrong."""
    form = await request.form()
    body = {name: str(form[name]) for name in PLAN if form.get(name)}
    try:
        made = await visitor.services.post(_PATH, body)
    except Problem as problem:
        return await _listed(request, visitor, "", None, problem, body)
    return see(f"/activities/{made['id']}")


@router.get("/activities/{activity_id}")
async def show_activity(
    request: Request, activity_id: UUID, visitor: TheVisitor, cursor: str | None = None
) -> Response:
    """One activity with its counts, and the user's women on its list."""
    return await _shown(request, visitor, activity_id, cursor, None)


@router.post("/activities/{activity_id}/{way}")
async def take_step(
    request: Request, activity_id: UUID, way: str, visitor: TheVisitor, version: Annotated[int, Form()] = 0
) -> Response:
    """A step at the version that was shown; refused, the page again with the service's words."""
    if way not in WAYS:
        raise NotFound("console.activity_step", "没有这样的步骤。")
    form = await request.form()
    body: dict[str, Any] = {name: _said(str(form.get(name, ""))) for name in WAYS[way]}
    try:
        await visitor.services.post(f"{_PATH}/{activity_id}/{way}", body, version=version)
    except Problem as problem:
        return await _shown(request, visitor, activity_id, None, problem)
    return see(f"/activities/{activity_id}")


def _said(text: str) -> str | int:
    """A figure as a number; what is none goes on as it is, to be refused with its rule."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


async def _listed(
    request: Request,
    visitor: Visitor,
    topic: str,
    cursor: str | None,
    problem: Problem | None,
    filled: dict[str, str],
) -> Response:
    found = await visitor.services.get(_PATH, topic=topic or None, cursor=cursor, limit=100)
    return form_page(
        request,
        "activities.html",
        problem,
        activities=found["items"],
        units=await visitor.names_of_units(each["division"] for each in found["items"]),
        topic=topic,
        filled=filled,
        may_write=visitor.principal.may("outreach:write"),
        more=next_page("/activities", found["next"], topic=topic or None),
    )


async def _shown(
    request: Request, visitor: Visitor, activity_id: UUID, cursor: str | None, problem: Problem | None
) -> Response:
    activity = await visitor.services.get(f"{_PATH}/{activity_id}")
    women = await visitor.services.get(f"{_PATH}/{activity_id}/women", cursor=cursor, limit=100)
    own = visitor.principal.may("outreach:write") and activity["unit"].startswith(visitor.principal.division.prefix)
    return form_page(
        request,
        "activity.html",
        problem,
        activity=activity,
        women=women["items"],
        names=await visitor.names_of(item["woman_id"] for item in women["items"]),
        units=await visitor.names_of_units([activity["division"], activity["unit"]]),
        may_write=own,
        counts=COUNTS,
        today=str(local_date(request.app.state.clock())),
        more=next_page(f"/activities/{activity_id}", women["next"]),
    )
