"""Divisions in time: search, one code's history, what no change explains, and what a person must decide."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.division import Division
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, next_page, page

router = APIRouter(dependencies=[public()])
_API: Final = "registry/v1/divisions"
_OK: Final = 200
_UNIT, _HOME, _OTHER, _PROPOSED = "unit-", "household-", "other-", "proposed-"


@router.get("/divisions")
async def search(
    request: Request, visitor: TheVisitor, q: Annotated[str, Query(max_length=40)] = "", cursor: str | None = None
) -> Response:
    """Units of every time whose name or code begins so."""
    asked = q.strip()
    found = await visitor.services.get(_API, q=asked, cursor=cursor) if asked else {"items": [], "next": None}
    more = next_page("/divisions", found["next"], q=asked)
    return page(request, "divisions.html", q=asked, items=found["items"], more=more, waiting=await _waiting(visitor))


@router.get("/divisions/unexplained")
async def show_unexplained(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """What a later list shows otherwise, and no change explains."""
    found = await visitor.services.get(f"{_API}/unexplained", cursor=cursor, limit=200)
    more = next_page("/divisions/unexplained", found["next"])
    return page(request, "divisions_unexplained.html", items=found["items"], more=more)


@router.get("/divisions/undecided")
async def show_undecided(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """Units of which a person must say what became of them."""
    return await _undecided(request, visitor, cursor)


@router.post("/divisions/undecided")
async def decide_undecided(request: Request, visitor: TheVisitor) -> Response:
    """Decide what was chosen; what was left open stays."""
    form = await request.form()
    return await _undecided(request, visitor, None, await _decide(visitor, form, "code", _UNIT))


@router.get("/divisions/undecided/{code}")
async def show_shared(request: Request, code: str, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """The households of one unit that was shared."""
    return await _shared(request, visitor, code, cursor)


@router.post("/divisions/undecided/{code}")
async def decide_shared(request: Request, code: str, visitor: TheVisitor) -> Response:
    """Say to which part the chosen households belong."""
    form = await request.form()
    return await _shared(request, visitor, code, None, await _decide(visitor, form, "household_id", _HOME))


@router.get("/divisions/{code}")
async def show_division(request: Request, code: str, visitor: TheVisitor) -> Response:
    """Everything a code ever named: names, parents, days, what it came from and what it became."""
    history = await visitor.services.get(f"{_API}/{Division(code).code}/history")
    linked = {link[side] for link in (*history["came_from"], *history["became"]) for side in ("old_code", "new_code")}
    parents = {version["parent"] for version in history["versions"] if version["parent"]}
    return page(
        request,
        "division.html",
        history=history,
        last=history["versions"][-1],
        names=await _names(visitor, linked | parents),
    )


async def _undecided(
    request: Request, visitor: Visitor, cursor: str | None, decided: list[dict[str, Any]] | None = None
) -> Response:
    found = await visitor.services.get(f"{_API}/undecided", cursor=cursor, limit=100)
    return page(
        request,
        "divisions_undecided.html",
        items=[item | {"choices": _choices(item)} for item in found["items"]],
        more=next_page("/divisions/undecided", found["next"]),
        may_decide=visitor.principal.may("registry:write"),
        **_said(decided),
    )


async def _shared(
    request: Request, visitor: Visitor, code: str, cursor: str | None, decided: list[dict[str, Any]] | None = None
) -> Response:
    unit = Division(code).code
    history = await visitor.services.get(f"{_API}/{unit}/history")
    became = [link["new_code"] for link in history["became"]]
    path = f"{_API}/undecided/{unit}/households"
    found = await visitor.services.get(path, cursor=cursor, limit=100)
    return page(
        request,
        "divisions_shared.html",
        unit_name=history["versions"][-1]["name"],
        unit_code=unit,
        candidates=await _names(visitor, became),
        items=found["items"],
        women=await visitor.names_of(record for item in found["items"] for record in item["records"]),
        more=next_page(f"/divisions/undecided/{unit}", found["next"]),
        may_decide=visitor.principal.may("registry:write"),
        **_said(decided),
    )


async def _decide(visitor: Visitor, form: FormData, name: str, prefix: str) -> list[dict[str, Any]] | None:
    """What came of each choice; None when nothing was chosen."""
    decisions = []
    for field, value in form.items():
        subject = field.removeprefix(prefix)
        to = str(form.get(f"{_OTHER}{subject}", "")).strip() or str(value)
        if not to and form.get("rest"):  # many at once: whatever was left open keeps its last digits
            to = str(form.get(f"{_PROPOSED}{subject}", ""))
        if field.startswith(prefix) and to:
            join = {"join": True} if form.get(f"join-{subject}") else {}
            decisions.append({name: subject, "to": to, **join})
    if not decisions:
        return None
    body = {"decisions": decisions, "reason": str(form.get("reason", ""))}
    try:
        answer = await visitor.services.post(f"{_API}/undecided/decisions", body)
    except Problem as problem:
        return [{"status": problem.status, "problem": {"detail": problem.detail}}]
    items: list[dict[str, Any]] = answer["items"]
    return items


def _said(decided: list[dict[str, Any]] | None) -> dict[str, Any]:
    results = decided or []
    return {
        "done": [each for each in results if each["status"] == _OK],
        "failed": [each for each in results if each["status"] != _OK],
    }


def _choices(item: dict[str, Any]) -> list[dict[str, str]]:
    """What it may have become: a part, or its own last digits below one."""
    found = []
    for candidate in item["candidates"]:
        width = len(Division(candidate["code"]).prefix)
        to = candidate["code"][:width] + item["code"][width:] if item["whole"] else candidate["code"]
        found.append({"to": to, "name": candidate["name"]})
    return found


async def _waiting(visitor: Visitor) -> dict[str, int | None]:
    """How many units wait for a person, and how many differences for an explanation."""
    found = {}
    for name in ("undecided", "unexplained"):
        found[name] = (await visitor.services.get(f"{_API}/{name}", limit=1, count="exact"))["count"]
    return found


async def _names(visitor: Visitor, codes: Any) -> dict[str, str]:
    found = {}
    for code in sorted(set(codes)):
        found[code] = str((await visitor.places.find(visitor.services, code))["name"])
    return found
