"""Courses, and the women of the user's units in them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, next_page, page, see

router = APIRouter(dependencies=[public()])


@router.get("/courses")
async def show_courses(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """Courses of the user's units, newest first."""
    found = await visitor.services.get("training/v1/courses", cursor=cursor, limit=100)
    return page(request, "courses.html", courses=found["items"], more=next_page("/courses", found["next"]))


@router.get("/courses/{course_id}")
async def show_course(request: Request, course_id: UUID, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """One course, the user's women in it, and those who wait for a seat."""
    return await _course(request, course_id, visitor, cursor)


@router.post("/courses/{course_id}")
async def answer_offer(
    request: Request,
    course_id: UUID,
    visitor: TheVisitor,
    woman_id: Annotated[UUID, Form()],
    answer: Annotated[Literal["accept", "decline"], Form()],
) -> Response:
    """What a woman says to the seat that is offered to her."""
    body = {"woman_id": str(woman_id), "answer": answer}
    try:
        await visitor.services.post(f"training/v1/courses/{course_id}/waitlist/answers", body)
    except Problem as problem:
        return await _course(request, course_id, visitor, None, problem.detail)
    return see(f"/courses/{course_id}")


async def _course(
    request: Request, course_id: UUID, visitor: Visitor, cursor: str | None, problem: str = ""
) -> Response:
    course = await visitor.services.get(f"training/v1/courses/{course_id}")
    found = await visitor.services.get(f"training/v1/courses/{course_id}/enrolments", cursor=cursor, limit=100)
    waitlist = (await visitor.services.get(f"training/v1/courses/{course_id}/waitlist"))["items"]
    names = await visitor.names_of(item["woman_id"] for item in (*found["items"], *waitlist))
    return page(
        request,
        "course.html",
        course=course,
        enrolments=found["items"],
        waitlist=waitlist,
        names=names,
        problem=problem,
        may_answer=visitor.principal.may("training:write"),
        more=next_page(f"/courses/{course_id}", found["next"]),
    )
