"""One woman: who she is (masked), how she is counted and why, and what happened to her."""

from itertools import groupby
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.deciding import decide
from libs.access.fastapi import public
from services.console.figures import moment
from services.console.pages.match import AsKnown
from services.console.shell import TheVisitor, Visitor, page

router = APIRouter(dependencies=[public()])
OTHER: Final = "other"


@router.get("/women/{woman_id}")
async def show_woman(request: Request, woman_id: UUID, visitor: TheVisitor, as_known: AsKnown = None) -> Response:
    """Her page."""
    return await _shown(request, woman_id, visitor, as_known)


@router.post("/women/{woman_id}")
async def reveal_woman(
    request: Request,
    woman_id: UUID,
    visitor: TheVisitor,
    as_known: AsKnown = None,
    reason: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """Name and number in clear, this once, with a reason that the registry keeps: one of the list, or in words."""
    body = {"ids": [str(woman_id)], "clear": True, "reason": words if reason == OTHER else reason}
    answer = await visitor.services.post("registry/v1/women/names", body)
    return await _shown(request, woman_id, visitor, as_known, clear=answer["items"][0] if answer["items"] else None)


async def _shown(
    request: Request,
    woman_id: UUID,
    visitor: Visitor,
    as_known: int | None,
    clear: dict[str, Any] | None = None,
) -> Response:
    counted = await visitor.services.get(f"reporting/v1/women/{woman_id}", as_known=as_known)
    person: dict[str, Any] = {}
    if visitor.principal.may("registry:read"):
        person = await visitor.services.get(f"registry/v1/women/{woman_id}")
    places, timeline = visitor.places, counted["timeline"]
    units = {entry["unit"] for entry in timeline}
    return page(
        request,
        "woman.html",
        woman=counted,
        person=person | (clear or {}),
        clear=clear is not None,
        may_keep=visitor.principal.may("registry:write"),
        may_needs=decide(visitor.principal, "needs:read").allowed,
        may_reveal=visitor.principal.may("personal:read") and visitor.principal.may("registry:read"),
        trail=await places.trail(visitor.services, visitor.principal.division, counted["division"]),
        units=await visitor.names_of_units(units),
        days=[(day, list(entries)) for day, entries in groupby(timeline, lambda entry: moment(entry["at"])[:10])],
        as_known=as_known,
    )
