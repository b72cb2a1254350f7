"""The women of a unit, those who need it most first, each with the reasons of her place."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from libs.access.fastapi import public
from services.console.shell import TheVisitor, next_page, page

router = APIRouter(dependencies=[public()])


@router.get("/match/{code}/first")
async def list_by_need(
    request: Request,
    code: str,
    visitor: TheVisitor,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Names masked; the order and its words are the registry's."""
    visitor.own(code)
    asked = {"order": "priority", "division": code, "cursor": cursor, "limit": limit}
    found = await visitor.services.get("registry/v1/women", **asked)
    return page(
        request,
        "priority.html",
        trail=await visitor.places.trail(visitor.services, visitor.principal.division, code),
        items=found["items"],
        more=next_page(f"/match/{code}/first", found["next"], limit=limit),
    )
