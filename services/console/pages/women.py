"""One woman: who she is (masked), how she is counted and why, and what happened to her."""

from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from services.console.figures import moment
from services.console.shell import TheVisitor, page

router = APIRouter(dependencies=[public()])

STATUS = {"not_exited": "未脱贫", "pre_exit": "预脱贫", "exited": "已脱贫", "returned": "返贫"}
GROUP = {
    "girl": "16 岁以下女童",
    "pupil": "在校生或两后生",
    "able_adult": "有劳动能力的成年妇女",
    "adult_without_ability": "无劳动能力的成年妇女",
    "elder": "老年妇女",
}
KIND = {
    "registered": "建档立卡登记",
    "changed": "登记信息变更",
    "exited": "脱贫",
    "returned": "返贫",
    "attended": "参加培训",
    "withdrawn": "培训记录撤销",
    "merged": "档案合并",
    "unmerged": "撤销合并",
    "erased": "信息已删除",
}
PURPOSE = {
    "visit": "走访",
    "checking": "核实",
    "correction": "更正",
    "handover": "移交",
    "aid": "救助",
    "other": "其他",
}
MEASURE = {"training": "技能培训"}
SOURCE = {"registry": "建档立卡", "training": "技能培训"}


@router.get("/women/{woman_id}")
async def show_woman(request: Request, woman_id: UUID, visitor: TheVisitor) -> Response:
    """Her page."""
    return await _shown(request, woman_id, visitor)


@router.post("/women/{woman_id}/reveal")
async def reveal_woman(
    request: Request, woman_id: UUID, visitor: TheVisitor, reason: Annotated[str, Form()] = ""
) -> Response:
    """Name and number in clear, once, with a reason that the registry keeps."""
    body = {"ids": [str(woman_id)], "clear": True, "reason": reason}
    answer = await visitor.services.post("registry/v1/women/names", body)
    return await _shown(request, woman_id, visitor, clear=answer["items"][0] if answer["items"] else None)


async def _shown(
    request: Request, woman_id: UUID, visitor: TheVisitor, clear: dict[str, Any] | None = None
) -> Response:
    counted = await visitor.services.get(f"reporting/v1/women/{woman_id}")
    person: dict[str, Any] = {}
    if visitor.principal.may("registry:read"):
        person = await visitor.services.get(f"registry/v1/women/{woman_id}")
    trail = await request.app.state.places.trail(visitor.services, visitor.principal.division, counted["division"])
    days = [(day, list(entries)) for day, entries in groupby(counted["timeline"], lambda each: moment(each["at"])[:10])]
    return page(
        request,
        "woman.html",
        woman=counted,
        person=person | (clear or {}),
        clear=clear is not None,
        may_reveal=visitor.principal.may("personal:read"),
        trail=trail,
        days=days,
        states=STATUS,
        purposes=PURPOSE,
        group=GROUP,
        kind=KIND,
        measure=MEASURE,
        source=SOURCE,
    )
