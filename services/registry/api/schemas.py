"""Bodies of requests and answers of the registry's routes."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from libs.service.bodies import Body
from services.registry.domain.erasure import Reason as ErasureReason
from services.registry.domain.words import Came, Left

Text = Annotated[str, StringConstraints(max_length=200)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class PriorityOut(BaseModel):
    """Where she stands among those who need help, and why: the rule's version, her class (0 first) and the inputs.

    `income_fen` is her household's income per head of `year`, both null while none is known. `explained` says it in
    the language asked for.
    """

    rule: str
    rank_class: int
    income_fen: int | None
    year: int | None
    measures_so_far: int
    explained: str


class WomanOut(BaseModel):
    """A woman; name, id and phone are masked unless asked for in clear, null when erased.

    `missing`: the day of a full register that did not name her; `gone`: why and when (`gone_valid`) she left,
    `version` for `If-Match`. `target_group` is that of today (libs/values/target_group.toml).
    """

    woman_id: UUID
    household_id: UUID
    division: str
    division_name: str
    name: str | None
    resident_id: str | None
    phone: str | None
    birth_year: int
    labour: str
    in_school: bool
    status: str
    baseline_exit: bool
    head: bool
    relation: str
    monitoring: str | None
    risk_removed: bool | None
    target_group: str
    priority: PriorityOut
    as_of: date
    missing: date | None
    gone: str | None
    gone_valid: str | None
    merged_into: UUID | None
    erased: bool
    version: int


class NameOut(BaseModel):
    """Who a woman is, for a list."""

    woman_id: UUID
    name: str | None
    resident_id: str | None
    division: str
    division_name: str


class NameList(BaseModel):
    """Only women inside the caller's units; others are silently absent."""

    items: list[NameOut]


class NamesIn(Body):
    """Up to 500 women; `clear` needs the scope personal:read and a reason, and leaves a trace."""

    ids: Annotated[list[UUID], Field(max_length=500)]
    clear: bool = False
    reason: Text | None = None


class ReportIn(Body):
    """An exit or return: `valid` is a day, month, year or interval (2016-12-31/2021-12-31)."""

    valid: Annotated[str, StringConstraints(max_length=21)]
    source: Literal["register", "poverty_office", "unit"] = "poverty_office"
    reason: Text = ""


class KeepIn(Body):
    """Why she is here although a full register left her out."""

    reason: Annotated[str, StringConstraints(min_length=2, max_length=200)]


class LeaveIn(Body):
    """Why and when she left: `valid` is a day, month, year or interval."""

    why: Left
    valid: Annotated[str, StringConstraints(max_length=21)]
    source: Literal["register", "poverty_office", "unit"] = "unit"
    reason: Text = ""


class RejoinIn(Body):
    """How and when she came back; `correction` when she never left."""

    how: Came
    valid: Annotated[str, StringConstraints(max_length=21)]
    source: Literal["register", "poverty_office", "unit"] = "unit"
    reason: Text = ""


class MergeIn(Body):
    """The record that stays."""

    into: UUID
    on: date | None = None


class ReceiptOut(BaseModel):
    """What a change left: the woman and the version of her record."""

    woman_id: UUID
    version: int


class EraseIn(Body):
    """Why her data are destroyed, in the words of the law (PIPL art. 47)."""

    reason: ErasureReason


class HouseholdOut(BaseModel):
    """A household; code and phone are masked and the hamlet is left out unless asked for in clear."""

    household_id: UUID
    division: str
    persons: int
    women: int
    status: str
    attribute: str | None
    main_cause: str | None
    income_fen: int | None
    monitoring: str | None
    risk_removed: bool | None
    as_of: date
    dissolved: bool
    code: str | None
    hamlet: str | None
    phone: str | None


class RowIn(Body):
    """A roster row as written; a whole address may stand in `village`."""

    ref: Annotated[str, StringConstraints(max_length=64)]
    name: Text
    resident_id: Text | None = None
    village: Text | None = None
    township: Text | None = None
    sex: Annotated[str, StringConstraints(max_length=8)] | None = None


class AskedBy(Body):
    """The user for whom a service asks, as the trail names him."""

    actor: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
    role: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z-]+$")]


class ResolveIn(Body):
    """Rows of a roster that a service resolves for a user of `unit`."""

    unit: Code
    asked_by: AskedBy | None = None
    rows: Annotated[list[RowIn], Field(max_length=1000)]


class FindingOut(BaseModel):
    """What is said about a cell."""

    column: str
    rule: str
    severity: Literal["error", "warning", "accepted"]
    value: str
    right_answer: str


class RowOut(BaseModel):
    """Whom a row means; `candidate` waits for a person's decision, `outside`: registered in another unit."""

    ref: str
    match: str
    woman_id: UUID | None
    candidate: UUID | None
    division: str | None
    birth_year: int | None
    findings: list[FindingOut]
    outside: bool


class ResolveOut(BaseModel):
    """One answer a row, in order."""

    rows: list[RowOut]
