"""Records that may be one woman: the queue, and a pair side by side, decided with words of what follows."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from services.console import labels
from services.console.adapters.services import Problem
from services.console.pages.women import OTHER
from services.console.shell import TheVisitor, Visitor, form_page, next_page, page, see

router = APIRouter(dependencies=[public()])
Text = Annotated[str, Form()]
Version = Annotated[int, Form()]
_PATH: Final = "registry/v1/duplicates"
_FIELDS: Final = (
    "name", "resident_id", "phone", "birth_year", "division", "status", "labour", "in_school", "relation", "as_of",
)  # fmt: skip


@router.get("/duplicates")
async def show_duplicates(
    request: Request,
    visitor: TheVisitor,
    state: str = "waiting",
    strength: str = "",
    sign: str = "",
    cursor: str | None = None,
) -> Response:
    """Pairs of the user's units, the strongest first."""
    asked = {"state": state, "strength": strength or None, "sign": sign or None}
    count = None if cursor else "exact"  # the sum is told with the first page
    found = await visitor.services.get(_PATH, **asked, cursor=cursor, count=count, limit=100)
    return page(
        request,
        "duplicates.html",
        pairs=found["items"],
        count=found.get("count"),
        asked=asked,
        states={name: text for name, text in labels.PAIR.items() if name != "open"},
        more=next_page("/duplicates", found["next"], **asked),
    )


@router.get("/duplicates/{pair_id}")
async def show_pair(request: Request, pair_id: UUID, visitor: TheVisitor) -> Response:
    """Both records side by side; another unit's as far as needed."""
    return await _pair(request, visitor, pair_id)


@router.post("/duplicates/{pair_id}/clear")
async def reveal_pair(
    request: Request, pair_id: UUID, visitor: TheVisitor, reason: Text = "", words: Text = ""
) -> Response:
    """Own records in clear, this once, for a reason that the registry keeps."""
    return await _pair(request, visitor, pair_id, clear=words if reason == OTHER else reason)


@router.post("/duplicates/{pair_id}/decision")
async def decide_pair(
    request: Request, pair_id: UUID, visitor: TheVisitor, version: Version, verdict: Text = "", survivor: Text = ""
) -> Response:
    """One woman or two; decided or proposed, as whose records they are."""
    body = {"verdict": verdict, "survivor": (survivor or None) if verdict == "same" else None}
    return await _done(request, visitor, pair_id, "decision", body, version)


@router.post("/duplicates/{pair_id}/undo")
async def undo_pair(request: Request, pair_id: UUID, visitor: TheVisitor, version: Version) -> Response:
    """Take the decision back."""
    return await _done(request, visitor, pair_id, "undo", {}, version)


async def _done(
    request: Request, visitor: Visitor, pair_id: UUID, way: str, body: dict[str, Any], version: int
) -> Response:
    try:
        await visitor.services.post(f"{_PATH}/{pair_id}/{way}", body, version=version)
    except Problem as problem:
        if problem.status in {403, 404}:
            raise
        return await _pair(request, visitor, pair_id, problem=problem)
    return see(f"/duplicates/{pair_id}")


async def _pair(
    request: Request,
    visitor: Visitor,
    pair_id: UUID,
    *,
    problem: Problem | None = None,
    clear: str | None = None,
) -> Response:
    in_clear = {} if clear is None else {"clear": True, "reason": clear}
    pair = await visitor.services.get(f"{_PATH}/{pair_id}", **in_clear)
    may = visitor.principal.may
    return form_page(
        request,
        "duplicate.html",
        problem,
        pair=pair,
        sides=[("one", pair["one"]), ("other", pair["other"])],
        fields=_FIELDS,
        clear=clear is not None,
        both=pair["one"]["own"] and pair["other"]["own"],
        may=pair["may"] if may("registry:write") else "nothing",
        may_reveal=may("personal:read"),
        may_follow=may("reporting:read"),
    )
