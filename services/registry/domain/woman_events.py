"""What can happen to a woman of the register; the log keeps these for ever.

Plain facts carry no identity; name, ids, phone and details are sealed with her own key.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from services.registry.domain.words import Came, Labour, Left, Monitoring, Sealed, Source, Status


@dataclass(frozen=True, slots=True)
class Facts:
    """What a register says of her besides her identity; `division` is her village, `head` that she is 户主.

    `monitoring`: her household is watched lest it becomes poor (again), `risk_removed` whether that danger is past.
    """

    household_id: UUID
    division: str
    birth_year: int
    labour: Labour
    in_school: bool
    status: Status
    head: bool
    relation: str
    monitoring: Monitoring | None = None
    risk_removed: bool | None = None


@dataclass(frozen=True, slots=True)
class WomanRegistered:
    """First known here; `baseline_exit`: already out then, never a lift; `came`: how she came to be known."""

    woman_id: UUID
    facts: Facts
    baseline_exit: bool
    as_of: date
    source: UUID
    personal: Sealed
    came: Came = "identified"


@dataclass(frozen=True, slots=True)
class WomanChanged:
    """`changed` names the fields; facts are given in full, personal values only where they changed."""

    woman_id: UUID
    facts: Facts
    baseline_exit: bool
    as_of: date
    source: UUID
    changed: tuple[str, ...]
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WomanRecoded:
    """Her village bears another code since `valid`, by a change of divisions; she has not moved. Facts in full."""

    woman_id: UUID
    facts: Facts
    baseline_exit: bool
    as_of: date
    change_id: str
    valid: str


@dataclass(frozen=True, slots=True)
class WomanCorrected:
    """She asked for a correction and it was accepted; `changed` names the fields, facts are given in full."""

    woman_id: UUID
    request_id: UUID
    facts: Facts
    baseline_exit: bool
    as_of: date
    changed: tuple[str, ...]
    on: date
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WomanExited:
    """Left poverty after the baseline; a return names `exit_id`: the process, else an id of her and the date."""

    woman_id: UUID
    household_id: UUID
    valid: str
    source: Source
    personal: Sealed = field(default_factory=dict)
    exit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WomanReturned:
    """Fell back into poverty; `exit_id` is the exit it follows, None after one before her first entry."""

    woman_id: UUID
    household_id: UUID
    valid: str
    source: Source
    personal: Sealed = field(default_factory=dict)
    exit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WomanMissing:
    """A register that claims to be full for her unit does not name her; a person decides what that means."""

    woman_id: UUID
    as_of: date
    source: UUID


@dataclass(frozen=True, slots=True)
class WomanKept:
    """She is still here although a register did not name her."""

    woman_id: UUID
    on: date
    personal: Sealed


@dataclass(frozen=True, slots=True)
class WomanLeft:
    """She is no longer of the register here: no exit from poverty and no deletion."""

    woman_id: UUID
    why: Left
    valid: str
    source: Source
    personal: Sealed


@dataclass(frozen=True, slots=True)
class WomanRejoined:
    """She is of the register again; `how`: correction when leaving was a mistake."""

    woman_id: UUID
    how: Came
    valid: str
    source: Source
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WomanMergedInto:
    """This record was the same woman as `survivor_id` from `on`."""

    woman_id: UUID
    survivor_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class WomanSeparated:
    """The merge was wrong: this record is a woman of her own again."""

    woman_id: UUID
    survivor_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class WomanAbsorbed:
    """The survivor's side of a merge."""

    woman_id: UUID
    merged_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class WomanReleased:
    """The survivor's side of an un-merge."""

    woman_id: UUID
    merged_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class WomanErased:
    """Her key is destroyed; id, states and counts stay. `reason` is a code of `domain/erasure.py`."""

    woman_id: UUID
    reason: str


Event: TypeAlias = (
    WomanRegistered
    | WomanChanged
    | WomanRecoded
    | WomanCorrected
    | WomanExited
    | WomanReturned
    | WomanMissing
    | WomanKept
    | WomanLeft
    | WomanRejoined
    | WomanMergedInto
    | WomanSeparated
    | WomanAbsorbed
    | WomanReleased
    | WomanErased
)
