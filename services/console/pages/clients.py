"""Programs of partners: make one, give it a new secret, close it; for the security administrator."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.access.policy import PARTNER, scopes_of
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, form_page, next_page, see

router = APIRouter(dependencies=[public()])
Text = Annotated[str, Form()]
Version = Annotated[int, Form()]
_PATH: Final = "access/v1/clients"
_END_OF_DAY: Final = "T23:59:59+08:00"


@router.get("/clients")
async def show_clients(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """The clients of the user's units, and the form for a new one."""
    return await _list(request, visitor, cursor)


@router.post("/clients")
async def add_client(
    request: Request,
    visitor: TheVisitor,
    name: Text = "",
    division: Text = "",
    agreement_id: Text = "",
    scopes: Annotated[list[str] | None, Form()] = None,
    until: Text = "",
) -> Response:
    """Make a client and show its secret, this once."""
    body: dict[str, Any] = {"name": name, "division": division, "agreement_id": agreement_id, "scopes": scopes or []}
    if until:
        body["expires_at"] = until + _END_OF_DAY
    try:
        made = await visitor.services.post(_PATH, body)
    except Problem as problem:
        return await _list(request, visitor, None, problem=problem, filled=body | {"until": until})
    return _one(request, made["client"], secret=made["client_secret"])


@router.get("/clients/{client_id}")
async def show_client(request: Request, client_id: UUID, visitor: TheVisitor) -> Response:
    """One client and its secrets, never a secret itself."""
    return _one(request, await visitor.services.get(f"{_PATH}/{client_id}"))


@router.post("/clients/{client_id}/secrets")
async def add_secret(
    request: Request,
    client_id: UUID,
    visitor: TheVisitor,
    version: Version,
    keep_hours: Annotated[int, Form()] = 168,
) -> Response:
    """A new secret, shown this once; the one before goes on for a while."""
    path = f"{_PATH}/{client_id}"
    try:
        made = await visitor.services.post(f"{path}/secrets", {"keep_hours": keep_hours}, version=version)
    except Problem as problem:
        return await _refused(request, visitor, path, problem)
    return _one(request, made["client"], secret=made["client_secret"])


@router.post("/clients/{client_id}/secrets/{secret_id}/end")
async def end_secret(
    request: Request, client_id: UUID, secret_id: UUID, visitor: TheVisitor, version: Version
) -> Response:
    """Make a secret worthless at once."""
    path = f"{_PATH}/{client_id}"
    try:
        await visitor.services.delete(f"{path}/secrets/{secret_id}", version=version)
    except Problem as problem:
        return await _refused(request, visitor, path, problem)
    return see(f"/clients/{client_id}")


@router.post("/clients/{client_id}")
async def close_client(
    request: Request, client_id: UUID, visitor: TheVisitor, version: Version, disabled: Annotated[bool, Form()]
) -> Response:
    """Close a client, or open it again."""
    path = f"{_PATH}/{client_id}"
    try:
        await visitor.services.patch(path, {"disabled": disabled}, version=version)
    except Problem as problem:
        return await _refused(request, visitor, path, problem)
    return see(f"/clients/{client_id}")


async def _list(
    request: Request,
    visitor: Visitor,
    cursor: str | None,
    *,
    problem: Problem | None = None,
    filled: dict[str, Any] | None = None,
) -> Response:
    found = await visitor.services.get(_PATH, cursor=cursor, limit=100)
    for client in found["items"]:
        client["over"] = _over(client, request)
    agreements = await visitor.services.all("access/v1/agreements")
    return form_page(
        request,
        "clients.html",
        problem,
        clients=found["items"],
        more=next_page("/clients", found["next"]),
        scopes=sorted(scopes_of(PARTNER)),
        agreements=[each for each in agreements if each["standing"] in {"in_force", "not_yet"}],
        filled=filled or {"division": visitor.principal.division.code},
    )


async def _refused(request: Request, visitor: Visitor, path: str, problem: Problem) -> Response:
    """The client as it is now, with what the service said to the change; no page where it is not the user's."""
    if problem.status in {403, 404}:
        raise problem
    return _one(request, await visitor.services.get(path), problem=problem)


def _one(request: Request, client: dict[str, Any], *, secret: str = "", problem: Problem | None = None) -> Response:
    client["over"] = _over(client, request)
    return form_page(request, "client.html", problem, client=client, secret=secret)


def _over(client: dict[str, Any], request: Request) -> bool:
    end = client["expires_at"]
    return end is not None and datetime.fromisoformat(end) <= request.app.state.clock()
