"""What can happen to a woman's rights, on a stream of their own beside her record; the log keeps these for ever.

What anybody wrote (evidence, guardian, wanted value, reason, receiver) is sealed with her key and blanked with it.
"""

from dataclasses import dataclass
from dataclasses import field as member
from datetime import date
from typing import Final, TypeAlias, get_args
from uuid import UUID

from services.registry.domain.rights.words import By, ConsentBy, Field, Ground, How, Kind, Purpose
from services.registry.domain.words import Sealed


@dataclass(frozen=True, slots=True)
class WomanInformed:
    """She was told this edition of the notice of a purpose."""

    woman_id: UUID
    purpose: Purpose
    version: str
    how: How
    on: date


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """She, or the guardian of a child, agrees to a purpose as this edition describes it."""

    woman_id: UUID
    purpose: Purpose
    version: str
    by: ConsentBy
    on: date
    personal: Sealed = member(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn:
    """From this day on no more; what was done before stays lawful (art. 15)."""

    woman_id: UUID
    purpose: Purpose
    version: str
    by: ConsentBy
    on: date
    personal: Sealed = member(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestMade:
    """She asks for a copy (art. 45), or that a field be corrected (art. 46), to be answered by `due`."""

    woman_id: UUID
    request_id: UUID
    kind: Kind
    field: Field | None
    by: By
    on: date
    due: date
    personal: Sealed = member(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CopyGiven:
    """The copy was handed over."""

    woman_id: UUID
    request_id: UUID
    on: date
    personal: Sealed = member(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CorrectionAccepted:
    """Her record was corrected in the same transaction."""

    woman_id: UUID
    request_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """It was refused, and she is told why (art. 50)."""

    woman_id: UUID
    request_id: UUID
    on: date
    personal: Sealed = member(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcessingRestricted:
    """From now on her data are stored and protected, and nothing else."""

    woman_id: UUID
    ground: Ground
    on: date
    personal: Sealed = member(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RestrictionLifted:
    """Her data may be processed again."""

    woman_id: UUID
    on: date
    personal: Sealed = member(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VillageInformed:
    """A notice was hung out in a unit on a day: whoever is registered there then has been told."""

    notice_id: UUID
    division: str
    purpose: Purpose
    version: str
    on: date


OfWoman: TypeAlias = (
    WomanInformed
    | ConsentGiven
    | ConsentWithdrawn
    | RequestMade
    | CopyGiven
    | CorrectionAccepted
    | RequestRefused
    | ProcessingRestricted
    | RestrictionLifted
)
EVENTS: Final[tuple[type, ...]] = (*get_args(OfWoman), VillageInformed)
