"""Bodies of requests and answers about exits by household."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.service.bodies import Body
from services.registry.domain.exits.events import RefusalKind
from services.registry.domain.exits.rules import CRITERIA, Criterion
from services.registry.domain.exits.state import Action, Outcome, Step

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
MaybeReason = Annotated[str, StringConstraints(max_length=500)]
Fen = Annotated[int, Field(ge=0, le=10**12)]
Where = Step | Outcome
DifferenceState = Literal["open", "settled", "agreed"]
On = Annotated[date, Field(description="the day it was done", examples=["2016-12-01"])]
_LINES = [{"criterion": name, "met": True} for name in CRITERIA]


class ExitQuery(BaseModel):
    """Which processes are listed; what else stands in the address is the page's."""

    model_config = ConfigDict(frozen=True)

    division: Annotated[str | None, Field(pattern=r"^[0-9]{12}$", description="the caller's unit or one inside")] = None
    step: Where | None = Field(None, description="where it stands")
    running: bool | None = Field(None, description="only those that go on, or that are over")
    due_before: date | None = Field(None, description="what ends before this day")
    household_id: UUID | None = Field(None, description="only of this household")


class LineIn(Body):
    """One line of the sign-off form (双认定): met (达标), or not with its reason."""

    criterion: Criterion
    met: bool
    reason: MaybeReason = ""


class ProposeIn(Body):
    """The form after 民主评议; `line_fen` only where the province's line is higher or the year's is not known here.

    Without `income_fen` the income assessed for that year counts; another figure than that needs `income_reason`.
    """

    household_id: UUID
    on: On
    year: Annotated[int, Field(ge=2011, le=2100, description="the year of the income", examples=[2016])]
    income_fen: Annotated[Fen | None, Field(description="per head and year", examples=[320_000])] = None
    income_reason: MaybeReason = ""
    line_fen: Fen | None = None
    lines: Annotated[list[LineIn], Field(max_length=9, examples=[_LINES])]


class OnIn(Body):
    """A step that says nothing but its day."""

    on: On


class AnswerIn(Body):
    """What the household says; a reason where it declines."""

    agreed: bool
    on: On
    reason: MaybeReason = ""


class NoticeIn(Body):
    """The first day of the notice; the last one only where it is longer, or working days of the year are not known."""

    first: Annotated[date, Field(examples=["2016-12-05"])]
    until: date | None = None


class ReasonIn(Body):
    """A step with its day and reason."""

    on: On
    reason: Reason


class ObjectionIn(Body):
    """Who objects, and why; both are kept sealed."""

    on: On
    by: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    text: Reason


class DecisionIn(Body):
    """Upheld: the process ends with it. Rejected: it goes on."""

    on: On
    upheld: bool
    reason: Reason


class CheckIn(Body):
    """`visited`: the household was looked at on the spot (抽查)."""

    on: On
    visited: bool = False


class RefusalIn(Body):
    """Why the household may not go out, or does not belong into the register, as a code and in words."""

    kind: RefusalKind
    on: On
    reason: Reason


class ReturnIn(Body):
    """The household fell back (返贫): a day, month, year or interval."""

    valid: Annotated[str, StringConstraints(max_length=21)]
    reason: Reason


class ExitReceipt(BaseModel):
    """The process and its version after the step."""

    process_id: UUID
    version: int


class ExitOut(BaseModel):
    """Where the exit of a household stands; `due` is the last day of its notice or after-care."""

    process_id: UUID
    household_id: UUID
    division: str
    division_name: str
    ordinal: int
    step: Where
    running: bool
    since: date
    due: date | None
    persons: int
    women: int
    proposed_on: date
    year: int
    income_fen: int
    line_fen: int
    unmet: list[Criterion]
    notice_first: date | None
    notice_until: date | None
    objections: int
    confirmed_on: date | None
    township_visited: bool
    county_visited: bool
    ended_by: str | None
    next_steps: list[Action]
    version: int


class HistoryOut(BaseModel):
    """One step: what, when it was done and told, by whom; its texts only in clear."""

    number: int
    kind: str
    on: str | None
    at: datetime
    actor: str
    role: str
    unit: str
    objection_id: UUID | None
    says: dict[str, str | None]


class ExitDetail(ExitOut):
    """A process with its history."""

    timeline: list[HistoryOut]


class NoticeOut(BaseModel):
    """What hangs in the village: no number, no income, no phone; `head` is masked, null where the head is no woman."""

    process_id: UUID
    division: str
    places: list[str]
    head: str | None
    persons: int
    notice_first: date
    notice_until: date


class DifferenceOut(BaseModel):
    """Our process says one thing, the office another; the office's counts."""

    process_id: UUID
    household_id: UUID
    division: str
    division_name: str
    ours: Where
    ours_since: date
    office: str
    valid: str
    source: str
    found_at: datetime
    state: DifferenceState
    ended_on: date | None
    version: int


class SpotChecksOut(BaseModel):
    """Households confirmed in a year, how many were looked at on the spot, and how many should have been."""

    division: str
    division_name: str
    year: int
    confirmed: int
    township_visited: int
    township_least: int
    county_visited: int
    county_least: int
