"""Agreements with partners: make one, read its versions, change or close it; for the security administrator."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.agreements import FIELD_CLASSES, SETS, TERMS
from libs.access.fastapi import public
from libs.access.policy import PARTNER, scopes_of
from libs.access.rules import MEASURES, POLICY
from libs.feeds.topics import all_types
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, form_page, next_page, see

router = APIRouter(dependencies=[public()])
Text = Annotated[str, Form()]
Version = Annotated[int, Form()]
_PATH: Final = "access/v1/agreements"
_ALL: Final = "all"
_CHOICES: Final[dict[str, Any]] = {
    "scopes": sorted(scopes_of(PARTNER)),
    "fields": sorted(FIELD_CLASSES),
    "types": sorted(all_types()),
    "measures": sorted(MEASURES),
    "purposes": sorted(POLICY.purposes),
}


async def _terms(request: Request) -> dict[str, Any]:
    """The terms as the form sends them; boxes that are not ticked are not sent at all."""
    form = await request.form()
    lists = {name: [str(each) for each in form.getlist(name)] for name in SETS}
    words = {name: str(form.get(name, "")).strip() for name in TERMS if name not in SETS}
    return {
        **words,
        "purpose": words["purpose"] or None,
        "valid_to": words["valid_to"] or None,
        **lists,
        "event_types": _limited(lists["event_types"]),
        "measures": _limited(lists["measures"]),
    }


@router.get("/agreements")
async def show_agreements(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """The agreements of the user's units, and the form for a new one."""
    return await _list(request, visitor, cursor)


@router.post("/agreements")
async def add_agreement(request: Request, visitor: TheVisitor, name: Text = "", division: Text = "") -> Response:
    """Make an agreement and show it."""
    body = {"name": name, "division": division, **await _terms(request)}
    try:
        made = await visitor.services.post(_PATH, body)
    except Problem as problem:
        return await _list(request, visitor, None, problem=problem, filled=body)
    return see(f"/agreements/{made['agreement_id']}")


@router.get("/agreements/{agreement_id}")
async def show_agreement(request: Request, agreement_id: UUID, visitor: TheVisitor) -> Response:
    """One agreement with all its versions, and the form for the next."""
    return await _one(request, visitor, agreement_id)


@router.post("/agreements/{agreement_id}")
async def change_agreement(request: Request, agreement_id: UUID, visitor: TheVisitor, version: Version) -> Response:
    """A new version, with all terms as the form has them."""
    body = await _terms(request)
    try:
        await visitor.services.patch(f"{_PATH}/{agreement_id}", body, version=version)
    except Problem as problem:
        return await _one(request, visitor, agreement_id, problem=problem, filled=body)
    return see(f"/agreements/{agreement_id}")


@router.post("/agreements/{agreement_id}/closure")
async def close_agreement(
    request: Request, agreement_id: UUID, visitor: TheVisitor, version: Version, reason: Text = ""
) -> Response:
    """End an agreement for good."""
    try:
        await visitor.services.post(f"{_PATH}/{agreement_id}/closure", {"reason": reason}, version=version)
    except Problem as problem:
        return await _one(request, visitor, agreement_id, problem=problem)
    return see(f"/agreements/{agreement_id}")


async def _list(
    request: Request,
    visitor: Visitor,
    cursor: str | None,
    *,
    problem: Problem | None = None,
    filled: dict[str, Any] | None = None,
) -> Response:
    found = await visitor.services.get(_PATH, cursor=cursor, limit=100)
    empty: dict[str, Any] = {"division": visitor.principal.division.code, "event_types": [], "measures": None}
    return form_page(
        request,
        "agreements.html",
        problem,
        agreements=found["items"],
        more=next_page("/agreements", found["next"]),
        choices=_CHOICES,
        filled=filled or empty,
    )


async def _one(
    request: Request,
    visitor: Visitor,
    agreement_id: UUID,
    *,
    problem: Problem | None = None,
    filled: dict[str, Any] | None = None,
) -> Response:
    if problem is not None and problem.status in {403, 404}:
        raise problem
    versions = await visitor.services.all(f"{_PATH}/{agreement_id}/versions")
    return form_page(
        request,
        "agreement.html",
        problem,
        agreement=versions[0],
        versions=versions,
        choices=_CHOICES,
        filled=filled or versions[0] | {"reason": ""},
    )


def _limited(given: list[str]) -> list[str] | None:
    """None is `all`, which is a box of its own, so that nothing ticked means nothing."""
    return None if _ALL in given else given
