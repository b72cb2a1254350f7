"""Women whom a full register left out, and what a person says of it: she left, and why, or she is here."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import Invalid
from services.console.labels import GONE
from services.console.shell import TheVisitor, next_page, page, see

router = APIRouter(dependencies=[public()])
KEPT, BACK = "kept", "back"


@router.get("/missing")
async def list_missing(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """Whom the last full register of their unit did not name, names masked."""
    found = await visitor.services.get("registry/v1/missing", cursor=cursor, limit=100, count="exact")
    return page(
        request,
        "missing.html",
        women=found["items"],
        count=found.get("count"),
        more=next_page("/missing", found["next"]),
    )


@router.post("/women/{woman_id}/presence")
async def decide_presence(
    woman_id: UUID,
    visitor: TheVisitor,
    version: Annotated[int, Form()],
    what: Annotated[str, Form()] = "",
    valid: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """She left (why, and when), is here still, or never left."""
    path = f"registry/v1/women/{woman_id}"
    if what == KEPT:
        await visitor.services.post(f"{path}/keep", {"reason": reason}, version=version)
    elif what == BACK:
        body = {"how": "correction", "valid": valid, "reason": reason}
        await visitor.services.post(f"{path}/rejoin", body, version=version)
    elif what in GONE:
        body = {"why": what, "valid": valid, "reason": reason}
        await visitor.services.post(f"{path}/leave", body, version=version)
    else:
        raise Invalid("console.presence", "请选择一项结论。", field="what")
    return see(f"/women/{woman_id}")
