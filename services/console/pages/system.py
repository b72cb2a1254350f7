"""The state of the system."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.events.findings import GRAVE
from services import SERVICES
from services.console.adapters.services import Problem
from services.console.assets import PACKAGED
from services.console.figures import moment
from services.console.shell import TheShell, TheVisitor, page

router = APIRouter(dependencies=[public()])


@router.get("/system")
async def show_system(request: Request, visitor: TheVisitor, shell: TheShell) -> Response:
    """Where every reader of every service stands; for system administrators."""
    visitor.principal.require("system:read")
    states = {name: await _state(visitor, name) for name in SERVICES}
    last = shell.last_backup() if shell.last_backup else None
    return page(
        request,
        "system.html",
        states=states,
        service_names=SERVICES,
        version=version("jinguo"),
        grave=GRAVE,
        last_backup=moment(last.isoformat()) if last else "",
        missing=[name for name in PACKAGED if not shell.assets.url(name)],
    )


async def _state(visitor: TheVisitor, service: str) -> dict[str, Any]:
    try:
        state: dict[str, Any] = await visitor.services.get(f"{service}/v1/status")
    except Problem as problem:
        return {"error": problem.detail or str(problem.status), "readers": []}
    told: dict[str | None, list[dict[str, str]]] = {}
    for finding in state["findings"]:
        told.setdefault(finding["reader"], []).append(finding)
    return {"error": None, "readers": [*state["cursors"], *state["consumers"]], "told": told, **state}
