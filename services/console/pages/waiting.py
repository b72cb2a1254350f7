"""Roster rows that wait for a person: shown beside the woman they may mean, confirmed or refused many at once."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from services.console.shell import TheVisitor, Visitor, next_page, page, see

router = APIRouter(dependencies=[public()])
_ROW = "row-"
_OK = 200


@router.get("/waiting")
async def show_waiting(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """Rows that wait, names and ids masked."""
    return await _waiting(request, visitor, cursor)


@router.post("/waiting")
async def decide_waiting(request: Request, visitor: TheVisitor) -> Response:
    """Confirm or refuse what was chosen; what was left open stays."""
    form = await request.form()
    reason = str(form.get("reason", "")) or None
    chosen = [
        {"id": name.removeprefix(_ROW), "decision": str(value), "reason": reason}
        for name, value in form.items()
        if name.startswith(_ROW) and value in {"confirm", "refuse"}
    ]
    if not chosen:
        return await _waiting(request, visitor, None, untouched=True)
    answer = await visitor.services.post("training/v1/waiting/decisions", {"decisions": chosen})
    return await _waiting(request, visitor, None, results=answer["items"])


@router.post("/waiting/clear")
async def reveal_waiting(request: Request, visitor: TheVisitor, reason: Annotated[str, Form()] = "") -> Response:
    """The first rows with names and numbers in clear, this once; the registry keeps who looked and why."""
    return await _waiting(request, visitor, None, clear=reason)


@router.get("/waiting/clear")
async def masked_again(visitor: TheVisitor) -> Response:
    """A page in clear that is asked for again is masked again."""
    visitor.principal.require("training:read")
    return see("/waiting")


async def _waiting(
    request: Request,
    visitor: Visitor,
    cursor: str | None,
    *,
    results: list[dict[str, Any]] | None = None,
    untouched: bool = False,
    clear: str | None = None,
) -> Response:
    masked = await visitor.services.get("training/v1/waiting", cursor=cursor, limit=100)
    found, ids = masked, list(dict.fromkeys(item["candidate"] for item in masked["items"]))
    if clear is None:
        names = await visitor.names_of(ids)
    else:  # the registry first: it refuses without a reason, and leaves the trace
        body = {"ids": ids, "clear": True, "reason": clear or None}
        answer = await visitor.services.post("registry/v1/women/names", body)
        names = {item["woman_id"]: item for item in answer["items"]}
        found = await visitor.services.get("training/v1/waiting", limit=100, clear=True, reason=clear or None)
    done = [each for each in results or () if each["status"] == _OK]
    decided = {each["id"] for each in done}  # the list may not have seen them go yet
    return page(
        request,
        "waiting.html",
        rows=[row for row in found["items"] if row["id"] not in decided],
        names=names,
        done=done,
        failed=[each for each in results or () if each["status"] != _OK],
        untouched=untouched,
        clear=clear is not None,
        may_decide=visitor.principal.may("training:write"),
        may_reveal=visitor.principal.may("personal:read") and visitor.principal.may("registry:read"),
        more=None if clear is not None else next_page("/waiting", masked["next"]),
    )
