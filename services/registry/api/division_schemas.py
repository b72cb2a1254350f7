"""Bodies of requests and answers about divisions in time."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from libs.service.bodies import Body
from services.registry.domain.division_units import BEGIN, END, Link, Version

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$")]


class DivisionOut(BaseModel):
    """A division on a day: code, name, level, parent's code (empty for the nation), from which day until which (not
    included); a day is null where no list or change says it, and `known_from` says how exactly `valid_from` is known.
    """

    code: str
    name: str
    level: str
    parent: str
    valid_from: date | None
    valid_to: date | None
    known_from: Literal["unknown", "list", "year", "month", "day", "code_book"]

    @classmethod
    def of(cls, version: Version) -> "DivisionOut":
        """As the answers show it."""
        return cls(
            code=version.code,
            name=version.name,
            level=version.level,
            parent=version.parent,
            valid_from=None if version.since == BEGIN else version.since,
            valid_to=None if version.until == END else version.until,
            known_from=version.known,
        )


class DivisionList(BaseModel):
    """Divisions one level down, by code."""

    items: list[DivisionOut]


class LinkOut(BaseModel):
    """One step from a unit to what it became, by a change."""

    old_code: str
    new_code: str
    valid_from: date
    change_id: str

    @classmethod
    def of(cls, link: Link) -> "LinkOut":
        """As the answers show it."""
        return cls(old_code=link.old, new_code=link.new, valid_from=link.day, change_id=link.change_id)


class VersionOut(DivisionOut):
    """A unit in one stretch of time, and the changes that began and ended it, empty where a list alone shows it."""

    opened_by: str
    closed_by: str

    @classmethod
    def of(cls, version: Version) -> "VersionOut":
        """As the answers show it."""
        shown = DivisionOut.of(version)
        return cls(**shown.model_dump(), opened_by=version.opened_by, closed_by=version.closed_by)


class HistoryOut(BaseModel):
    """Everything a code ever named, in order; what that came from, what it became, and what lives of it today."""

    code: str
    versions: list[VersionOut]
    came_from: list[LinkOut]
    became: list[LinkOut]
    successors: list[DivisionOut]
    undecided: bool = Field(description="a person has yet to say what it, or who is registered in it, became")


class AskedIn(Body):
    """A code as it stood in a year (its last day) or on a day; today without one."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2,12}$")]
    on: Day | None = Field(None, examples=["2016"])


class ResolveDivisionsIn(Body):
    """Up to 5,000 codes."""

    codes: Annotated[list[AskedIn], Field(min_length=1, max_length=5000)]


class ResolvedOut(BaseModel):
    """The unit then and its living successors; `unknown`: no list or change names it on that day.

    `name_only`: a county code of GB/T 2260 that no list has brought: its name then is known and nothing else.
    """

    code: str
    on: date
    found: Literal["unit", "name_only", "unknown"]
    then: DivisionOut | None
    successors: list[DivisionOut]
    undecided: bool


class ResolvedList(BaseModel):
    """One answer a code, in order."""

    items: list[ResolvedOut]


class UndecidedOut(BaseModel):
    """A unit of which a person must say what became of it; `candidates` are what its change made.

    `whole`: it waits for its own new code below one of them and everybody follows; else its households are shared.
    """

    code: str
    name: str
    change_id: str
    kind: str
    valid: str
    candidates: list[DivisionOut]
    proposed: str | None = Field(description="the code it would have if only its parent's digits changed")
    whole: bool
    households: int
    women: int


class UndecidedHouseholdOut(BaseModel):
    """A household registered in an undecided unit; `records` are its women, to be named by `POST women/names`."""

    household_id: UUID
    persons: int
    women: int
    status: str
    records: list[UUID]


class DivisionDecisionIn(Body):
    """Of a unit by its `code`, or of one household of a shared unit: it became, or belongs to, `to`.

    `join`: `to` is another unit, of its own name, that takes the unit in.
    """

    code: Code | None = None
    household_id: UUID | None = Field(None, examples=[None])
    to: Code
    join: bool = False


class DivisionDecisionsIn(Body):
    """Up to 500 decisions, each taken on its own; the reason is kept with them."""

    decisions: Annotated[list[DivisionDecisionIn], Field(min_length=1, max_length=500)]
    reason: Annotated[str, StringConstraints(max_length=200)] = ""


class DivisionDecisionOut(BaseModel):
    """`status` 200: it is so now, with so many who followed; else `problem` says why not."""

    code: str | None
    household_id: UUID | None
    to: str
    status: int
    women: int = 0
    households: int = 0
    problem: dict[str, Any] | None = None


class DivisionDecisionsOut(BaseModel):
    """One result a decision, in the order they were sent."""

    items: list[DivisionDecisionOut]


class UnexplainedOut(BaseModel):
    """What an edition shows otherwise than the one before, and no change explains: vanished, appeared or renamed."""

    code: str
    finding: Literal["vanished", "appeared", "renamed"]
    edition: str
    name: str
    was: str
