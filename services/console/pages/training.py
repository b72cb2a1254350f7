"""Courses, and the roster rows that wait for a person's decision."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from httpx import URL
from starlette.responses import Response

from libs.access.fastapi import public
from services.console.pages.match import names_of
from services.console.shell import TheVisitor, link, page

router = APIRouter(dependencies=[public()])

MATCH = {
    "near_id": "证件号码相近",
    "name_and_village_only": "只有姓名和村",
    "exact": "证件号码一致",
    "exact_after_normalising": "证件号码一致（已规范）",
    "id_exact_name_differs": "证件号码一致，姓名不同",
}
REASON = {
    "id_one_digit_wrong": "错一位数字",
    "id_two_digits_swapped": "两位数字颠倒",
    "id_empty": "没有证件号码",
    "name_differs": "姓名不同",
    "signed_by_other": "只有代签",
}


@router.get("/courses")
async def show_courses(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """Courses of the user's units, newest first."""
    found = await visitor.services.get("training/v1/courses", cursor=cursor, limit=100)
    return page(request, "courses.html", courses=found["items"], more=_more("/courses", found["next"]))


@router.get("/courses/{course_id}")
async def show_course(request: Request, course_id: UUID, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """One course and the user's women in it."""
    course = await visitor.services.get(f"training/v1/courses/{course_id}")
    found = await visitor.services.get(f"training/v1/courses/{course_id}/enrolments", cursor=cursor, limit=100)
    names = await names_of(visitor, [item["woman_id"] for item in found["items"]])
    more = _more(f"/courses/{course_id}", found["next"])
    return page(request, "course.html", course=course, enrolments=found["items"], names=names, more=more)


@router.get("/waiting")
async def show_waiting(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """Rows that wait, with whom they may mean."""
    return await _waiting(request, visitor, cursor, ())


@router.post("/waiting")
async def decide_waiting(request: Request, visitor: TheVisitor) -> Response:
    """Confirm or refuse what was chosen; what was left open stays."""
    form = await request.form()
    reason = str(form.get("reason", "")) or None
    chosen = [
        {"id": name.removeprefix("row-"), "decision": str(value), "reason": reason}
        for name, value in form.items()
        if name.startswith("row-") and value in {"confirm", "refuse"}
    ]
    results: list[dict[str, Any]] = []
    if chosen:
        results = (await visitor.services.post("training/v1/waiting/decisions", {"decisions": chosen}))["items"]
    return await _waiting(request, visitor, None, results)


async def _waiting(request: Request, visitor: TheVisitor, cursor: str | None, results: Any) -> Response:
    found = await visitor.services.get("training/v1/waiting", cursor=cursor, limit=100)
    names = await names_of(visitor, [item["candidate"] for item in found["items"]])
    return page(
        request,
        "waiting.html",
        rows=found["items"],
        names=names,
        results=results,
        done=[each for each in results if each["status"] == 200],
        failed=[each for each in results if each["status"] != 200],
        match=MATCH,
        reason=REASON,
        may_decide=visitor.principal.may("training:write"),
        more=_more("/waiting", found["next"]),
    )


def _more(path: str, url: str | None) -> str | None:
    if url is None:
        return None
    return link(path, cursor=URL(url).params["cursor"])
