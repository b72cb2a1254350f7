"""What can happen to a woman of the register; the log keeps these for ever.

Plain facts carry no identity; name, ids, phone and details are sealed with her own key.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from services.registry.domain.words import Labour, Sealed, Source, Status


@dataclass(frozen=True, slots=True)
class Facts:
    """What a register says of her besides her identity; `division` is her village, `head` that she is 户主."""

    household_id: UUID
    division: str
    birth_year: int
    labour: Labour
    in_school: bool
    status: Status
    head: bool
    relation: str


@dataclass(frozen=True, slots=True)
class WomanRegistered:
    """First known here; `baseline_exit`: already out then, never a lift."""

    woman_id: UUID
    facts: Facts
    baseline_exit: bool
    as_of: date
    source: UUID
    personal: Sealed


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
class WomanExited:
    """Left poverty after the baseline."""

    woman_id: UUID
    household_id: UUID
    valid: str
    source: Source
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WomanReturned:
    """Fell back into poverty."""

    woman_id: UUID
    household_id: UUID
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
    | WomanExited
    | WomanReturned
    | WomanMergedInto
    | WomanSeparated
    | WomanAbsorbed
    | WomanReleased
    | WomanErased
)
