"""Shapes of outreach's requests and answers."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from libs.service.bodies import Body

Topic = Literal["policy", "role_models", "self_reliance", "screening", "rights", "other"]
Phase = Literal["planned", "held", "reported", "cancelled"]
CODE = "^[0-9]{12}$"
MOST = 1_000_000


class WhereQuery(BaseModel):
    """For which unit an activity is planned, and where it is held."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str | None = Field(None, pattern=CODE, description="the unit that organises it, if not one's own")
    division: str | None = Field(None, pattern=CODE, description="where it is held; without it the unit")


class PlanIn(Body):
    """An activity to be held; `form` is free text (活动形式)."""

    topic: Topic
    title: str = Field(min_length=1, max_length=200)
    form: str = Field("", max_length=100)
    first_day: date
    last_day: date
    place: str | None = Field(None, max_length=200)
    organiser: str | None = Field(None, max_length=200)


class HeldIn(Body):
    """On which days it took place."""

    first_day: date
    last_day: date


class ReportIn(Body):
    """What came of it: 场次; 人次, of them women, of them registered women; 份 of materials."""

    sessions: int = Field(ge=1, le=MOST)
    attendances: int = Field(ge=0, le=MOST)
    women_attendances: int = Field(ge=0, le=MOST)
    registered_attendances: int = Field(ge=0, le=MOST)
    materials: int = Field(0, ge=0, le=MOST)


class CancelIn(Body):
    """`called_off`: it did not take place; `mistake`: it was recorded wrongly."""

    reason: Literal["called_off", "mistake"]


class AwarenessIn(Body):
    """Of how many people who were asked how many knew of the topic, before or after."""

    when: Literal["before", "after"]
    asked: int = Field(ge=1, le=MOST)
    aware: int = Field(ge=0, le=MOST)


class NamedIn(Body):
    """A registered woman on the list, and to how many sessions she came."""

    woman_id: UUID
    sessions: int = Field(1, ge=1, le=1_000)


class ListIn(Body):
    """Who is added to the list or said otherwise, and who is struck off."""

    add: list[NamedIn] = Field(default_factory=list, max_length=500)
    strike: list[UUID] = Field(default_factory=list, max_length=500)


class ActivityOut(BaseModel):
    """An activity; counts are null until it is reported, awareness where nobody was asked."""

    activity_id: UUID
    unit: str
    division: str
    topic: Topic
    title: str
    form: str
    first_day: date
    last_day: date
    place: str | None
    organiser: str | None
    phase: Phase
    reason: Literal["called_off", "mistake"] | None
    sessions: int | None
    attendances: int | None
    women_attendances: int | None
    registered_attendances: int | None
    materials: int | None
    asked_before: int | None
    aware_before: int | None
    asked_after: int | None
    aware_after: int | None
    version: int


class ReachedOut(BaseModel):
    """A woman on the list; `division` is where she is registered now. Her name is the registry's to tell."""

    woman_id: UUID
    division: str
    sessions: int


class ReachRow(BaseModel):
    """One unit. 人: registered women, and those of them on at least one list. 人次, 场次, 份: of activities held there.

    人 and 人次 are never added to each other.
    """

    division: str
    name: str
    registered_women: int
    reached_women: int
    activities: int
    sessions: int
    attendances: int
    women_attendances: int
    registered_attendances: int
    materials: int


class ReachOut(BaseModel):
    """A row for each unit below and for what was held for the unit itself, and the whole of them."""

    division: str
    topic: Topic | None
    first_day: date
    last_day: date
    rows: list[ReachRow]
    whole: ReachRow
