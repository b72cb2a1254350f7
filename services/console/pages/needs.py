"""What a woman needs: the latest assessment and those before it, the form, health and notes in clear with a reason."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from libs.access.deciding import decide
from libs.access.fastapi import public
from libs.values.valid_date import local_date
from services.console.adapters.services import Problem
from services.console.figures import fen
from services.console.shell import TheVisitor, Visitor, form_page, see

router = APIRouter(dependencies=[public()])
OTHER: Final = "other"
_PLAIN: Final = ("on", "main_cause", "labour", "note")
_LISTS: Final = ("other_causes", "skills_wanted", "health")
_COUNTS: Final = ("children_under_3", "children_3_to_5")


@router.get("/women/{woman_id}/needs")
async def show_needs(request: Request, woman_id: UUID, visitor: TheVisitor) -> Response:
    """Her needs, health and notes hidden."""
    return await _shown(request, visitor, woman_id, None)


@router.post("/women/{woman_id}/needs/clear")
async def reveal_needs(
    request: Request,
    woman_id: UUID,
    visitor: TheVisitor,
    reason: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """The same with health and notes, this once, for a reason that the registry keeps."""
    why = words if reason == OTHER else reason
    try:
        told = await visitor.services.get(f"registry/v1/women/{woman_id}/needs", clear="true", reason=why)
    except Problem as problem:
        return await _shown(request, visitor, woman_id, problem)
    return await _shown(request, visitor, woman_id, None, told=told)


@router.post("/women/{woman_id}/needs")
async def assess_needs(request: Request, woman_id: UUID, visitor: TheVisitor) -> Response:
    """Keep an assessment; back to the page, or the form again with what is wrong."""
    form = await request.form()
    try:
        await visitor.services.post(f"registry/v1/women/{woman_id}/needs", _body(form))
    except Problem as problem:
        filled = {**dict(form), **{name: form.getlist(name) for name in _LISTS}}
        return await _shown(request, visitor, woman_id, problem, filled=filled)
    return see(f"/women/{woman_id}/needs")


def _body(form: FormData) -> dict[str, Any]:
    """The form as the service takes it; what is no number goes on as it is, to be refused with its rule."""
    body: dict[str, Any] = {name: str(form.get(name, "")) for name in (*_PLAIN, *_COUNTS)}
    body |= {name: [str(each) for each in form.getlist(name) if each] for name in _LISTS}
    body["willing_to_borrow"] = form.get("willing_to_borrow") == "yes"
    if form.get("borrow"):
        body["borrow_fen"] = fen(form.get("borrow"))
    if form.get("minded_by"):
        body["minded_by"] = str(form.get("minded_by"))
    return body


async def _shown(
    request: Request,
    visitor: Visitor,
    woman_id: UUID,
    problem: Problem | None,
    *,
    told: dict[str, Any] | None = None,
    filled: dict[str, Any] | None = None,
) -> Response:
    known = told or await visitor.services.get(f"registry/v1/women/{woman_id}/needs")
    names = await visitor.names_of([str(woman_id)])
    last = known["assessments"][0] if known["assessments"] else {}
    today = str(local_date(request.app.state.clock()))
    return form_page(
        request,
        "needs.html",
        problem,
        known=known,
        person=names.get(str(woman_id), {}),
        trail=await visitor.places.trail(visitor.services, visitor.principal.division, known["division"]),
        units=await visitor.names_of_units(each["unit"] for each in known["assessments"]),
        clear=told is not None,
        may_assess=decide(visitor.principal, "needs:assess").allowed,
        may_reveal=visitor.principal.may("personal:read"),
        filled=filled or {**last, "on": today, "health": [], "note": "", "borrow": ""},
        today=today,
    )
