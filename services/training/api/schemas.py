"""Shapes of training's requests and answers."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from libs.service.bodies import Body


class OpenCourseIn(Body):
    """A course to be opened; its id follows from organiser, trade, first day and place."""

    title: str = Field(min_length=1, max_length=200)
    trade: str = Field(min_length=1, max_length=100)
    organiser: str = Field(min_length=1, max_length=200)
    first_day: date
    last_day: date
    place: str | None = Field(None, max_length=200)
    days: int = Field(ge=1, le=400)
    capacity: int | None = Field(None, ge=1, le=10_000)


class EnrolIn(Body):
    """A woman who wants a seat; `on` is the day she enrols, today by default."""

    woman_id: UUID
    on: date | None = None


class ApplyIn(Body):
    """A woman who wants to come."""

    woman_id: UUID


class AttendanceIn(Body):
    """Days a woman was there (人天), with the result and the certificate where there are any."""

    woman_id: UUID
    days: int = Field(ge=0, le=400)
    result: str | None = Field(None, max_length=20)
    certificate: str | None = Field(None, max_length=60)


class Written(BaseModel):
    """What a write left; `published` is the number of the last published fact, null when none was needed."""

    id: UUID
    version: int


class Applied(Written):
    """What came of an application: a seat, or a place on the waiting list; her turn stands there."""

    outcome: Literal["enrolled", "waiting"]


class ShareOut(BaseModel):
    """Registered women beside the percent due of general training; `more`: how many more it takes. It never blocks.

    `stage` planned: of the seats there will be, where that is known; begun, held: of those who take or took part.
    Counted are registered women of the caller's units.
    """

    stage: Literal["planned", "begun", "held"]
    due_percent: int
    percent: float | None
    reached: bool
    more: int


class CourseOut(BaseModel):
    """A course. `registered_women` and `days_attended` count women of the caller's units only.

    `share` is told of the caller's own courses, where they count as general training.
    `was_first_day` and `was_place` are those from before it was last moved, for `moved_reason`.
    """

    course_id: UUID
    unit: str
    title: str
    trade: str
    organiser: str
    first_day: date
    last_day: date
    place: str | None
    kind: str
    days: int
    capacity: int | None
    finished: bool
    cancelled_on: date | None
    cancelled_reason: str | None
    moved_reason: str | None
    was_first_day: date | None
    was_place: str | None
    version: int
    participants: int
    women: int
    registered_women: int
    days_attended: int
    organiser_kind: Literal["government", "federation", "other"]
    share: ShareOut | None


class EnrolmentOut(BaseModel):
    """A woman in a course; her name is the registry's to tell."""

    enrolment_id: UUID
    woman_id: UUID
    division: str
    days: int | None
    completed: bool
    result: str | None
    version: int


class QueueIn(Body):
    """A woman who wants a seat in a course that is full."""

    woman_id: UUID


class AnswerIn(Body):
    """What she says to the seat that is offered to her; `decline` also takes her from the list while she waits."""

    woman_id: UUID
    answer: Literal["accept", "decline"]


class WaitlistOut(BaseModel):
    """A woman's place (候补). `turn`: 1 is next; `explained` and `since` are why; `problem`: the rule that said no.

    State, income per head of `year` and measures are those of when she asked; `rule` is the version they went by.
    """

    woman_id: UUID
    division: str
    turn: int | None
    status: str
    since: datetime
    state: Literal["waiting", "offered", "accepted", "seated", "declined", "lapsed", "refused", "left", "passed"]
    until: datetime | None
    problem: str | None
    rule: str
    year: int | None
    income_fen: int | None
    measures_so_far: int
    explained: str


class WaitlistPage(BaseModel):
    """All places of a course that are the caller's to see."""

    items: list[WaitlistOut]


class WaitingOut(BaseModel):
    """A roster line a person must decide. Name, id and village masked unless asked for in clear with personal:read."""

    id: UUID
    course_id: UUID
    course_title: str
    division: str
    match: str
    reasons: list[str]
    candidate: UUID
    days: int
    signed_by_other: int
    sheet: str
    row: int
    name: str | None
    resident_id: str | None
    village: str | None


class DecisionIn(Body):
    """`confirm`: this is she; `refuse`: this is not she."""

    id: UUID
    decision: Literal["confirm", "refuse"]
    reason: str | None = Field(None, max_length=500)


class DecisionsIn(Body):
    """Up to 500 decisions, each taken on its own."""

    decisions: list[DecisionIn] = Field(min_length=1, max_length=500)


class DecisionOut(BaseModel):
    """`status` 200: it is so now (`changed` false: it was so before); else `problem` says why not."""

    id: UUID
    status: int
    decision: str
    changed: bool = False
    course_id: UUID | None = None
    problem: dict[str, Any] | None = None


class DecisionsOut(BaseModel):
    """One result a decision, in the order they were sent."""

    items: list[DecisionOut]
    published: dict[str, int] | None = None
