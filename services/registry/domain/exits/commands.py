"""What people and timers ask of a household's exit. `on`: the day something was done, `today`: the day it is told.

Texts are in clear here; `decide` puts them under the household's key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from services.registry.domain.exits.events import OvertakenBy, RefusalKind
from services.registry.domain.exits.rules import Criterion
from services.registry.domain.words import Source, Status


@dataclass(frozen=True, slots=True)
class Proposal:
    """What stands on the sign-off form: nine lines, each met (None) or not (its reason); income beside the line.

    `assessed_fen`: the household's assessed income of that year, None where nobody has assessed it; another figure than
    that needs `income_reason`.
    """

    household_id: UUID
    division: str
    ordinal: int
    persons: int
    women: tuple[UUID, ...]
    year: int
    income_fen: int
    line_fen: int
    lines: Mapping[Criterion, str | None] = field(repr=False)
    assessed_fen: int | None = None
    income_reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ProposeExit:
    process_id: UUID
    proposal: Proposal
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class CheckExit:
    process_id: UUID
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """What the household says; a reason is needed only where it declines."""

    process_id: UUID
    agreed: bool
    on: date
    today: date
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StartNotice:
    """`until` follows from the rule in force, or was given by hand where the calendar does not know."""

    process_id: UUID
    first: date
    until: date
    edition: str
    today: date


@dataclass(frozen=True, slots=True)
class InterruptNotice:
    process_id: UUID
    on: date
    today: date
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndNotice:
    """The clock says that the notice of this turn is over."""

    process_id: UUID
    turn: int
    until: date


@dataclass(frozen=True, slots=True)
class LodgeObjection:
    process_id: UUID
    objection_id: UUID
    on: date
    today: date
    by: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DecideObjection:
    process_id: UUID
    objection_id: UUID
    upheld: bool
    on: date
    today: date
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckAtTownship:
    process_id: UUID
    visited: bool
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class ConfirmExit:
    """`women`: those of the household whose exit it is."""

    process_id: UUID
    visited: bool
    women: tuple[UUID, ...]
    on: date
    until: date
    today: date


@dataclass(frozen=True, slots=True)
class CloseExit:
    """The clock says that after-care is over."""

    process_id: UUID
    until: date


@dataclass(frozen=True, slots=True)
class RefuseExit:
    process_id: UUID
    kind: RefusalKind
    on: date
    today: date
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WithdrawExit:
    process_id: UUID
    on: date
    today: date
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OvertakeExit:
    """Said by the service itself; `office` with what it said where that is the cause."""

    process_id: UUID
    by: OvertakenBy
    valid: str = ""
    source: Source = "poverty_office"


@dataclass(frozen=True, slots=True)
class ReturnHousehold:
    process_id: UUID
    valid: str
    source: Source
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RecodeExit:
    """The household's village is `division` since `valid`; said by the service itself."""

    process_id: UUID
    division: str
    change_id: str
    valid: str


@dataclass(frozen=True, slots=True)
class CompareWithOffice:
    """The office's state of the household's women, said again: a difference is found, or is gone."""

    process_id: UUID
    office: Status
    valid: str
    source: Source


@dataclass(frozen=True, slots=True)
class SettleDifference:
    process_id: UUID
    on: date
    today: date
    reason: str = field(repr=False)


Command: TypeAlias = (
    ProposeExit
    | CheckExit
    | RecordAnswer
    | StartNotice
    | InterruptNotice
    | EndNotice
    | LodgeObjection
    | DecideObjection
    | CheckAtTownship
    | ConfirmExit
    | CloseExit
    | RefuseExit
    | WithdrawExit
    | OvertakeExit
    | ReturnHousehold
    | RecodeExit
    | CompareWithOffice
    | SettleDifference
)
