"""Courses, and the women of the user's units in them."""

from uuid import UUID

from fastapi import APIRouter, Request
from httpx import URL
from starlette.responses import Response

from libs.access.fastapi import public
from services.console.pages.lists import names_of
from services.console.shell import TheVisitor, link, page

router = APIRouter(dependencies=[public()])


@router.get("/courses")
async def show_courses(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """Courses of the user's units, newest first."""
    found = await visitor.services.get("training/v1/courses", cursor=cursor, limit=100)
    return page(request, "courses.html", courses=found["items"], more=next_page("/courses", found["next"]))


@router.get("/courses/{course_id}")
async def show_course(request: Request, course_id: UUID, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """One course and the user's women in it."""
    course = await visitor.services.get(f"training/v1/courses/{course_id}")
    found = await visitor.services.get(f"training/v1/courses/{course_id}/enrolments", cursor=cursor, limit=100)
    names = await names_of(visitor, [item["woman_id"] for item in found["items"]])
    more = next_page(f"/courses/{course_id}", found["next"])
    return page(request, "course.html", course=course, enrolments=found["items"], names=names, more=more)


def next_page(path: str, url: str | None) -> str | None:
    """The next page of a list of ours, from the address of the service's."""
    return None if url is None else link(path, cursor=URL(url).params["cursor"])
