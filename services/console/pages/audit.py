"""The audit trail for auditors: of one service, by filters, newest first; one entry; how far it is sealed."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import NotFound
from services import SERVICES
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, form_page, next_page, page

router = APIRouter(dependencies=[public()])
TRAILS: Final = {"access": "登录与账号", **SERVICES}
OUTCOMES: Final = {"success": "成功", "refused": "被拒绝", "failed": "未成功"}
_PAGE: Final = 100
_MIDNIGHT: Final = "T00:00:00+08:00"


class Asked(BaseModel):
    """The form as it was sent; `since` and `until` are days."""

    service: str = "access"
    since: str = ""
    until: str = ""
    actor: str = ""
    action: str = ""
    subject: str = ""
    outcome: str = ""
    cursor: str | None = None

    def filters(self) -> dict[str, str]:
        """As the service takes them, without those that ask for nothing."""
        days = {"from": self.since and self.since + _MIDNIGHT, "to": self.until and self.until + _MIDNIGHT}
        given = days | {"actor": self.actor, "action": self.action, "object": self.subject, "outcome": self.outcome}
        return {name: value for name, value in given.items() if value}


@router.get("/audit")
async def show_audit(request: Request, visitor: TheVisitor, asked: Annotated[Asked, Query()]) -> Response:
    """What was done, by whom, to what and how it ended, in the auditor's units; looking at it stands in it too."""
    visitor.principal.require("audit:read")
    path, form = f"{_known(asked.service)}/v1/audit", asked.model_dump(exclude={"cursor"})
    found: dict[str, Any] = {"items": [], "next": None}
    refused: Problem | None = None
    try:
        found = await visitor.services.get(path, cursor=asked.cursor, limit=_PAGE, **asked.filters())
    except Problem as problem:
        if problem.status not in {400, 422}:
            raise
        refused = problem
    return form_page(
        request,
        "audit.html",
        refused,
        entries=found["items"],
        more=next_page("/audit", found["next"], **form),
        state=await visitor.services.get(f"{path}/state"),
        form=form,
        service_names=TRAILS,
        outcomes=OUTCOMES,
    )


@router.get("/audit/{service}/{entry_id}")
async def show_entry(request: Request, service: str, entry_id: int, visitor: TheVisitor) -> Response:
    """One entry with all that stands in it, and whether it still is what was sealed."""
    visitor.principal.require("audit:read")
    entry = await visitor.services.get(f"{_known(service)}/v1/audit/{entry_id}")
    return page(request, "audit_entry.html", entry=entry, service=service, service_names=TRAILS, outcomes=OUTCOMES)


def _known(service: str) -> str:
    if service not in TRAILS:
        raise NotFound("console.audit", "没有这个服务的审计记录。")
    return service
