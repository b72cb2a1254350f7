"""Courses, and the women of the user's units in them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.division import Division
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, next_page, page, see

router = APIRouter(dependencies=[public()])


@router.get("/courses")
async def show_courses(
    request: Request, visitor: TheVisitor, cursor: str | None = None, under: bool = False, year: str = ""
) -> Response:
    """Courses of the user's units, newest first, or only those with too few registered women; the year's share."""
    found = await visitor.services.get("training/v1/courses", cursor=cursor, limit=100, under=under)
    shares = await visitor.services.get("training/v1/training-shares", year=year or None)
    return page(
        request,
        "courses.html",
        courses=found["items"],
        under=under,
        shares=shares,
        units=await visitor.names_of_units(row["unit"] for row in shares["rows"]),
        more=next_page("/courses", found["next"], under=under or None),
    )


@router.get("/courses/{course_id}")
async def show_course(request: Request, course_id: UUID, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """One course, the user's women in it, and those who wait for a seat."""
    return await course_page(request, course_id, visitor, cursor)


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
        return await course_page(request, course_id, visitor, None, problem.detail, problem.status)
    return see(f"/courses/{course_id}")


async def course_page(
    request: Request, course_id: UUID, visitor: Visitor, cursor: str | None, problem: str = "", status: int = 200
) -> Response:
    """The page of a course; `problem` is what a service said to a form of it."""
    course = await visitor.services.get(f"training/v1/courses/{course_id}")
    found = await visitor.services.get(f"training/v1/courses/{course_id}/enrolments", cursor=cursor, limit=100)
    waitlist = (await visitor.services.get(f"training/v1/courses/{course_id}/waitlist"))["items"]
    sessions = (await visitor.services.get(f"training/v1/courses/{course_id}/sessions"))["items"]
    may_write = visitor.principal.may("training:write")
    names = await visitor.names_of(item["woman_id"] for item in (*found["items"], *waitlist))
    return page(
        request,
        "course.html",
        status,
        course=course,
        enrolments=found["items"],
        waitlist=waitlist,
        names=names,
        problem=problem,
        sessions=sessions,
        may_answer=may_write,
        may_change=may_write and visitor.principal.division.covers(Division(course["unit"])),
        more=next_page(f"/courses/{course_id}", found["next"]),
    )
