"""What people ask or decide about a woman's rights; `today` is the day on which it is written down."""

from dataclasses import dataclass
from dataclasses import field as member
from datetime import date
from typing import TypeAlias
from uuid import UUID

from services.registry.domain.rights.words import By, ConsentBy, Field, Ground, Kind, Text, Told


@dataclass(frozen=True, slots=True)
class Inform:
    """She was told these editions."""

    woman_id: UUID
    texts: tuple[Text, ...]
    how: Told
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class Said:
    """Who says it, on which paper; `child`: whether she is under 14 on the day."""

    by: ConsentBy
    evidence: str = member(repr=False)
    guardian: str = member(repr=False)
    relation: str = member(repr=False)
    child: bool


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """She agrees to one purpose."""

    woman_id: UUID
    text: Text
    said: Said
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """She agrees no more."""

    woman_id: UUID
    text: Text
    said: Said
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class MakeRequest:
    """She asks for a copy or a correction; `wanted` and what stands now only for a correction."""

    woman_id: UUID
    request_id: UUID
    kind: Kind
    by: By
    on: date
    due: date
    today: date
    field: Field | None = None
    now: str = member(default="", repr=False)
    wanted: str = member(default="", repr=False)
    evidence: str = member(default="", repr=False)


@dataclass(frozen=True, slots=True)
class GiveCopy:
    """The copy was handed to `receiver`."""

    woman_id: UUID
    request_id: UUID
    on: date
    today: date
    receiver: str = member(repr=False)


@dataclass(frozen=True, slots=True)
class AcceptCorrection:
    """She is right; the record is changed with it."""

    woman_id: UUID
    request_id: UUID
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class RefuseRequest:
    """It is refused, with the reason that she is told."""

    woman_id: UUID
    request_id: UUID
    on: date
    today: date
    reason: str = member(repr=False)


@dataclass(frozen=True, slots=True)
class Restrict:
    """All but storing and protecting stops."""

    woman_id: UUID
    ground: Ground
    on: date
    today: date
    reason: str = member(repr=False)


@dataclass(frozen=True, slots=True)
class Lift:
    """The restriction ends."""

    woman_id: UUID
    on: date
    today: date
    reason: str = member(repr=False)


Command: TypeAlias = (
    Inform | GiveConsent | WithdrawConsent | MakeRequest | GiveCopy | AcceptCorrection | RefuseRequest | Restrict | Lift
)
