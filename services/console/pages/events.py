"""The published event behind a line or an entry of a timeline: the last step down from any number."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.access.fastapi import public
from services.console.shell import TheVisitor, page

router = APIRouter(dependencies=[public()])
_WOMAN: Final = "woman"


@router.get("/events/{event_id}")
async def show_event(request: Request, event_id: UUID, visitor: TheVisitor) -> Response:
    """What the publisher said, who said it when, and the lines that reporting wrote on it."""
    fact = await visitor.services.get(f"reporting/v1/facts/{event_id}")
    women = [line["subject_id"] for line in fact["lines"] if line["subject_kind"] == _WOMAN]
    return page(
        request,
        "event.html",
        fact=fact,
        by=(await visitor.places.find(visitor.services, fact["unit"]))["name"],
        names=await visitor.names_of(women),
    )
