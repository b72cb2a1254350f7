"""Bodies of requests and answers about what became of women after a course."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from libs.service.bodies import Body
from services.training.domain.follow_up import Employer, Result, WorkPlace

MOST_FEN = 100_000_000  # a month: what is more is a slip of the pen
Months = Annotated[int, Field(ge=1, le=36, description="months after the course's last day", examples=[3])]


class FollowUpIn(Body):
    """What she answered. Employer and place of work where she works, place alone where she works for herself.

    `next_try` where and only where she was not reached. `note` is kept sealed.
    """

    after_months: Months
    on: Annotated[date, Field(description="the day she was asked", examples=["2017-08-20"])]
    result: Annotated[Result, Field(examples=["employed"])]
    employer_kind: Annotated[Employer | None, Field(examples=["workshop"])] = None
    work_place: Annotated[WorkPlace | None, Field(examples=["in_county"])] = None
    monthly_income_fen: Annotated[int | None, Field(ge=0, le=MOST_FEN, examples=[180_000])] = None
    next_try: date | None = Field(None, examples=[None])
    note: Annotated[str | None, StringConstraints(max_length=500)] = Field(None, examples=[None])


class DueOut(BaseModel):
    """Whom to ask: by village and day. `result` is not_reached where she was tried before, `tries` times.

    `version` is that of the answers, for `If-Match`; `overdue`: the day is past.
    """

    enrolment_id: UUID
    after_months: int
    due_on: date
    overdue: bool
    woman_id: UUID
    division: str
    course_id: UUID
    course_title: str
    result: Result | None
    tries: int
    version: int


class MonthOut(BaseModel):
    """One of the months at which she is asked; `waits`: somebody still has to."""

    after_months: int
    due_on: date
    result: Result | None
    next_try: date | None
    tries: int
    waits: bool


class AnswerOut(BaseModel):
    """One answer as it was recorded; of one month the last counts. `note` only in clear, with a reason that is kept."""

    after_months: int
    on: date
    result: Result
    employer_kind: Employer | None
    work_place: WorkPlace | None
    monthly_income_fen: int | None
    next_try: date | None
    at: datetime
    actor: str
    role: str
    unit: str
    note: str | None


class FollowUpOut(BaseModel):
    """Everything asked after one course, the last answer first; `months` is empty while she has not completed it."""

    enrolment_id: UUID
    woman_id: UUID
    division: str
    course_id: UUID
    course_title: str
    version: int
    months: list[MonthOut]
    answers: list[AnswerOut]
