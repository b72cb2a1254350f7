"""The state of the system: where every reader of every service stands."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.access.fastapi import public
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, page

router = APIRouter(dependencies=[public()])
SERVICES = {"registry": "建档立卡", "training": "技能培训", "reporting": "统计"}
KIND = {"projection": "读模型", "publisher": "发布", "consumer": "接收"}


@router.get("/system")
async def show_system(request: Request, visitor: TheVisitor) -> Response:
    """For system administrators."""
    visitor.principal.require("system:read")
    states = {name: await _state(visitor, name) for name in SERVICES}
    return page(request, "system.html", states=states, service_names=SERVICES, kind=KIND)


@router.get("/account")
async def show_account(request: Request, visitor: TheVisitor) -> Response:
    """Who one is signed in as, and what one may do."""
    return page(request, "account.html", scopes=sorted(visitor.principal.scopes))


async def _state(visitor: TheVisitor, service: str) -> dict[str, Any]:
    try:
        state: dict[str, Any] = await visitor.services.get(f"{service}/v1/status")
    except Problem as problem:
        return {"error": problem.detail or str(problem.status), "readers": []}
    return {"error": None, "readers": [*state["cursors"], *state["consumers"]], **state}
