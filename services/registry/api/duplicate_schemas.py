"""Bodies and answers of the routes of likely duplicates."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from libs.service.bodies import Body
from services.registry.domain.likeness import Sign, Strength
from services.registry.domain.pair_events import Lost, Settled, Side, Verdict
from services.registry.handlers.pairs import State


class RecordOut(BaseModel):
    """One record of a pair. Of another unit's only the unit and the birth year are told: the rest is null.

    `own`: it lies in the caller's units. Its name, id and phone are masked unless asked for in clear.
    """

    own: bool
    woman_id: UUID | None
    division: str
    division_name: str
    birth_year: int | None
    name: str | None = None
    resident_id: str | None = None
    phone: str | None = None
    household_id: UUID | None = None
    labour: str | None = None
    in_school: bool | None = None
    status: str | None = None
    baseline_exit: bool | None = None
    head: bool | None = None
    relation: str | None = None
    as_of: date | None = None


class ProposalOut(BaseModel):
    """What the unit of one side says."""

    side: Side
    unit: str
    verdict: Verdict
    survivor: Side | None


class PairOut(BaseModel):
    """Two records that may be one woman: why (`signs`), how strongly (`score` up to 100), and what was said of it.

    `may`: what the caller can do: decide (both records are his), propose (one is), or nothing any more.
    `survivor` is the side that stays; `differing` names the fields in which two records of the caller differ.
    """

    pair_id: UUID
    version: int
    state: State
    strength: Strength
    score: Annotated[int, Field(ge=0, le=100)]
    signs: list[Sign]
    rules: str
    one: RecordOut
    other: RecordOut
    proposals: list[ProposalOut]
    may: Literal["decide", "propose", "undo", "nothing"]
    verdict: Verdict | None
    survivor: Side | None
    settled: Settled | None
    closed_why: Lost | None
    differing: list[str]
    found_at: datetime
    changed_at: datetime


class VerdictIn(Body):
    """`same`: one woman, with the record that stays; `different`: two women."""

    verdict: Annotated[Verdict, Field(examples=["different"])]
    survivor: Annotated[Side | None, Field(examples=[None])] = None


class UndoIn(Body):
    """Nothing need be said; a merge is undone with the decision."""


class PairReceipt(BaseModel):
    """What a decision left: the pair, its version and its state."""

    pair_id: UUID
    version: int
    state: State


class ScanIn(Body):
    """`full`: look at everybody of the division again, not only at who is new or changed."""

    full: bool = False
    division: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{12}$")] = None
