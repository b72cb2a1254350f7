"""A woman's rights over her data (个人信息权利): told, agreed, asked, answered, restricted; who is not told."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.deciding import decide
from libs.access.fastapi import public
from libs.values.errors import NotFound
from libs.values.valid_date import local_date
from services.console import labels_people
from services.console.adapters.copies import copy_of
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, form_page, next_page, page, see

router = APIRouter(dependencies=[public()])
_PATH: Final = "registry/v1/rights"
WHY: Final = "她申请查阅复制个人信息"
WAYS: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "inform": ("notices", "rights:write", ("purposes", "how", "on")),
    "consent": ("consents", "rights:write", ("purpose", "by", "on", "evidence", "guardian", "kinship")),
    "withdraw": ("withdrawals", "rights:write", ("purpose", "by", "on", "evidence", "guardian", "kinship")),
    "request": ("requests", "rights:write", ("kind", "by", "on", "due", "field", "wanted", "evidence")),
    "accept": ("requests/{}/acceptance", "rights:decide", ("on",)),
    "refuse": ("requests/{}/refusal", "rights:decide", ("on", "reason")),
    "hand": ("requests/{}/copy", "rights:decide", ("on", "receiver")),
    "restrict": ("restriction", "rights:decide", ("ground", "on", "reason")),
    "lift": ("lifting", "rights:decide", ("on", "reason")),
}
"""What may be done: the service's path, the right, the fields of the form."""


@router.get("/women/rights/untold")
async def list_untold(
    request: Request, visitor: TheVisitor, purpose: str = "registration", cursor: str | None = None
) -> Response:
    """Whom nobody has told yet, and the form for a notice that hung in a unit."""
    return await _untold(request, visitor, purpose, cursor, None)


@router.post("/women/rights/untold")
async def post_notice(request: Request, visitor: TheVisitor) -> Response:
    """A notice hung in a unit on a day."""
    form = await request.form()
    body = {name: str(form.get(name, "")) for name in ("division", "purpose", "on")}
    try:
        await visitor.services.post(f"{_PATH}/notices", body)
    except Problem as problem:
        return await _untold(request, visitor, body["purpose"], None, problem)
    return see("/women/rights/untold", purpose=body["purpose"])


@router.get("/women/rights/requests")
async def list_requests(
    request: Request, visitor: TheVisitor, answered: bool = False, cursor: str | None = None
) -> Response:
    """Requests that wait for an answer with the days that are left, or those that were answered."""
    found = await visitor.services.get(f"{_PATH}/requests", answered=answered, cursor=cursor, limit=100, count="exact")
    return page(
        request,
        "rights_requests.html",
        rows=found["items"],
        count=found.get("count"),
        answered=answered,
        names=await visitor.names_of(row["woman_id"] for row in found["items"]),
        more=next_page("/women/rights/requests", found["next"], answered="true" if answered else None),
    )


@router.get("/women/{woman_id}/rights")
async def show_rights(request: Request, woman_id: UUID, visitor: TheVisitor) -> Response:
    """Her rights as they stand, and what may be done."""
    return await _shown(request, woman_id, visitor, None)


@router.post("/women/{woman_id}/rights/clear")
async def show_words(request: Request, woman_id: UUID, visitor: TheVisitor) -> Response:
    """The same with what people wrote (wanted values, evidence, reasons), this once; the trail keeps who looked."""
    return await _shown(request, woman_id, visitor, None, clear=True)


@router.post("/women/{woman_id}/rights/copy")
async def make_copy(woman_id: UUID, visitor: TheVisitor) -> Response:
    """Everything that is held about her, as far as the user may read it, as a zip; the reading is kept in the trail."""
    record = await visitor.services.post(f"registry/v1/women/{woman_id}/record", {"reason": WHY})
    classes = await visitor.services.post(f"training/v1/women/{woman_id}/record", {"reason": WHY})
    listed = await visitor.services.post(f"outreach/v1/women/{woman_id}/record", {"reason": WHY})
    counted = await visitor.services.get(f"reporting/v1/women/{woman_id}")
    parts = {"建档立卡": record, "技能培训": classes, "宣传发动": listed, "帮扶措施与统计": counted}
    headers = {"Content-Disposition": f'attachment; filename="copy-{woman_id}.zip"', "Cache-Control": "no-store"}
    return Response(copy_of("个人信息副本", parts), media_type="application/zip", headers=headers)


@router.post("/women/{woman_id}/rights/{way}")
async def take_step(
    request: Request, woman_id: UUID, way: str, visitor: TheVisitor, version: Annotated[int, Form()] = 0
) -> Response:
    """A step at the version that was shown; refused, the page again with the service's words."""
    if way not in WAYS:
        raise NotFound("console.rights_step", "没有这样的步骤。")
    path, action, fields = WAYS[way]
    form = await request.form()
    body: dict[str, Any] = {name: str(form[name]) for name in fields if form.get(name)}
    if way == "inform":
        body["purposes"] = [str(each) for each in form.getlist("purposes")]
    request_id = UUID(str(form.get("request_id"))) if "{}" in path else ""
    address = f"registry/v1/women/{woman_id}/rights/{path.format(request_id)}"
    try:
        await visitor.services.post(address, body, version=version if action == "rights:decide" else None)
    except Problem as problem:
        return await _shown(request, woman_id, visitor, problem)
    return see(f"/women/{woman_id}/rights")


async def _shown(
    request: Request, woman_id: UUID, visitor: Visitor, problem: Problem | None, *, clear: bool = False
) -> Response:
    services = visitor.services
    asked = {"clear": True, "reason": "correction"} if clear else {}
    told = await services.get(f"registry/v1/women/{woman_id}/rights", **asked)
    person = await services.get(f"registry/v1/women/{woman_id}")
    purposes = (await services.get(f"{_PATH}/purposes"))["items"]
    return form_page(
        request,
        "rights.html",
        problem,
        person=person,
        rights=told,
        purposes=purposes,
        asked=[each for each in purposes if each["basis"] == "consent"],
        known={row["purpose"]: row for row in told["told"] if row["current"]},
        agreed={row["purpose"]: row for row in told["consents"]},
        clear=clear,
        may_read=visitor.principal.may("personal:read"),
        may_write=decide(visitor.principal, "rights:write").allowed,
        may_decide=decide(visitor.principal, "rights:decide").allowed,
        today=_today(request),
    )


async def _untold(
    request: Request, visitor: Visitor, purpose: str, cursor: str | None, problem: Problem | None
) -> Response:
    chosen = purpose if purpose in labels_people.RIGHTS_PURPOSE else "registration"
    found = await visitor.services.get(f"{_PATH}/untold", purpose=chosen, cursor=cursor, limit=100, count="exact")
    return form_page(
        request,
        "rights_untold.html",
        problem,
        rows=found["items"],
        count=found.get("count"),
        chosen=chosen,
        may_write=decide(visitor.principal, "rights:write").allowed,
        today=_today(request),
        more=next_page("/women/rights/untold", found["next"], purpose=chosen),
    )


def _today(request: Request) -> str:
    return str(local_date(request.app.state.clock()))
