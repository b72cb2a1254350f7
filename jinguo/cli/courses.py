"""`training courses`, `sessions`, `move`, `capacity`, `cancel` and so on: the life of a course."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put, put_items, put_json

courses = typer.Typer()


class Reason(StrEnum):
    """Why a course or a session is moved or cancelled."""

    weather = "weather"
    too_few = "too_few"
    trainer = "trainer"
    venue = "venue"
    farming = "farming"
    health = "health"
    funds = "funds"
    arrangement = "arrangement"
    not_held = "not_held"
    wrong_entry = "wrong_entry"


Course = Annotated[str, typer.Argument(help="Id of the course, as `training courses` lists it.")]
Why = Annotated[Reason, typer.Option("--reason", help="Why; women who ask are told.")]
Number = Annotated[int, typer.Argument(help="Number of the session, as `training sessions` lists it.")]
Day = typer.Option("--day", help="Day of the session, 2017-05-08.")
Start = Annotated[str | None, typer.Option("--start", help="When it starts, 09:00.")]
Hours = Annotated[int | None, typer.Option("--hours", help="Hours of training (学时).")]
HalfDay = Annotated[bool, typer.Option("--half-day", help="It is half a day.")]
Place = Annotated[str | None, typer.Option("--place", help="Where, if not where the course is.")]

_COURSE = (
    "course_id", "title", "organiser", "first_day", "last_day", "place", "days", "capacity", "participants",
    "registered_women", "cancelled_on",
)  # fmt: skip
_SHARE = ("unit", "courses", "participants", "registered_women", "percent", "due_percent", "reached", "more")
_SESSION = ("number", "day", "start", "hours", "half_day", "place", "state", "reason")


@courses.command("courses", epilog="Example: jinguo training courses")
@with_api
def list_courses(
    api: Api,
    under: Annotated[bool, typer.Option("--under", help="Only those below the due share of registered women.")] = False,
    output: Output = Format.text,
) -> None:
    """List the courses of your units, newest first."""
    items = api.all("training/v1/courses", under=under)
    more = [{**each, "more_women": (each["share"] or {}).get("more")} for each in items]
    put_items(items if output is Format.json else more, (*_COURSE, "more_women"), output)


@courses.command("shares", epilog="Example: jinguo training shares --division 522634000000 --year 2017")
@with_api
def list_shares(
    api: Api,
    division: Annotated[str | None, typer.Option("--division", help="12-digit code; your unit without it.")] = None,
    year: Annotated[int | None, typer.Option("--year", help="This year without it.")] = None,
    output: Output = Format.text,
) -> None:
    """Show the share of registered women in general training, by unit, and how many more it takes (≥40 %)."""
    found = api.get("training/v1/training-shares", division=division, year=year)
    if output is Format.json:
        put_json(found)
        return
    put_items([*found["rows"], found["overall"] | {"unit": "all"}], _SHARE, output)


@courses.command("headcount", epilog="Example: jinguo training headcount COURSE --participants 50 --women 48")
@with_api
def headcount(
    api: Api,
    course: Course,
    participants: Annotated[int, typer.Option("--participants", help="How many took part.")],
    women: Annotated[int, typer.Option("--women", help="How many of them are women.")],
) -> None:
    """Say how many took part, where no roster names all; registered women are those known by name."""
    _change(api, course, "headcount", {"participants": participants, "women": women})


@courses.command("sessions", epilog="Example: jinguo training sessions COURSE")
@with_api
def list_sessions(api: Api, course: Course, output: Output = Format.text) -> None:
    """List the sessions (场次) of a course."""
    put_items(_sessions(api, course), _SESSION, output)


@courses.command(
    "add-session", epilog="Example: jinguo training add-session COURSE --day 2017-05-08 --start 09:00 --hours 8"
)
@with_api
def add_session(
    api: Api,
    course: Course,
    day: Annotated[str, Day],
    start: Start = None,
    hours: Hours = None,
    place: Place = None,
    half_day: HalfDay = False,
) -> None:
    """Add a session; the days of the course are those of its sessions."""
    given = _given(day=day, start=start, hours=hours, place=place)
    _change(api, course, "sessions", {"sessions": [given | {"half_day": half_day}]})


@courses.command(
    "move-session", epilog="Example: jinguo training move-session COURSE 3 --day 2017-05-11 --reason weather"
)
@with_api
def move_session(
    api: Api,
    course: Course,
    number: Number,
    reason: Why,
    day: Annotated[str | None, Day] = None,
    start: Start = None,
    place: Place = None,
) -> None:
    """Hold a session on another day, at another time or place, until the day it was to be held."""
    before = next((each for each in _sessions(api, course) if each["number"] == number), {})
    kept = {name: before.get(name) for name in ("day", "start", "hours", "half_day", "place")}
    body = _given(**kept) | _given(day=day, start=start, place=place) | {"reason": reason.value}
    _change(api, course, f"sessions/{number}/change", body)


@courses.command("cancel-session", epilog="Example: jinguo training cancel-session COURSE 3 --reason weather")
@with_api
def cancel_session(api: Api, course: Course, number: Number, reason: Why) -> None:
    """A session is not held: the planned days of the course fall by it."""
    _change(api, course, f"sessions/{number}/cancel", {"reason": reason.value})


@courses.command("move", epilog="Example: jinguo training move COURSE --first-day 2017-05-15 --reason weather")
@with_api
def move(
    api: Api,
    course: Course,
    reason: Why,
    first_day: Annotated[str | None, typer.Option("--first-day", help="Sessions and last day move along.")] = None,
    last_day: Annotated[str | None, typer.Option("--last-day", help="Another last day.")] = None,
    place: Annotated[str | None, typer.Option("--place", help="Another place.")] = None,
) -> None:
    """Hold a course on other days or at another place; rosters by its old and new day and place mean it."""
    body = _given(first_day=first_day, last_day=last_day, place=place, reason=reason.value)
    _change(api, course, "move", body)


@courses.command("capacity", epilog="Example: jinguo training capacity COURSE 50")
@with_api
def capacity(api: Api, course: Course, seats: Annotated[int, typer.Argument(help="How many it takes.")]) -> None:
    """Change how many a course takes; further seats are offered to the waiting list."""
    _change(api, course, "capacity", {"capacity": seats})


@courses.command("cancel", epilog="Example: jinguo training cancel COURSE --reason too_few")
@with_api
def cancel(api: Api, course: Course, reason: Why) -> None:
    """Cancel a course: seats are released, the waiting list is closed, nothing of it is counted."""
    _change(api, course, "cancel", {"reason": reason.value})


@courses.command("transfer", epilog="Example: jinguo training transfer COURSE WOMAN OTHER-COURSE")
@with_api
def transfer(
    api: Api,
    course: Course,
    woman: Annotated[str, typer.Argument(help="Id of the woman.")],
    to: Annotated[str, typer.Argument(help="Id of the course she goes to.")],
) -> None:
    """Let a woman go to another course before hers begins: a seat there, or her place on its waiting list."""
    listed = api.all(f"training/v1/courses/{course}/enrolments")
    version = next((each["version"] for each in listed if each["woman_id"] == woman), 0)
    path = f"training/v1/courses/{course}/enrolments/{woman}/transfer"
    answer = api.post(path, {"course_id": to}, version=version)
    put(f"{answer['id']}: version {answer['version']}")


def _sessions(api: Api, course: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get(f"training/v1/courses/{course}/sessions")["items"]
    return items


def _change(api: Api, course: str, way: str, body: dict[str, Any]) -> None:
    """A change to the course as it is at this moment."""
    version = api.version(f"training/v1/courses/{course}")
    answer = api.post(f"training/v1/courses/{course}/{way}", body, version=version)
    put(f"{answer['id']}: version {answer['version']}")


def _given(**said: Any) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}
