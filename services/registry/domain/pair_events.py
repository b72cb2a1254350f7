"""What can happen to a pair of records that may be one woman; no event holds a name or a number of a person."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from services.registry.domain.likeness import Found

Side: TypeAlias = Literal["one", "other"]
Verdict: TypeAlias = Literal["same", "different"]
Settled: TypeAlias = Literal["decision", "agreement"]
Lost: TypeAlias = Literal["no_longer_alike", "merged", "erased"]
Why: TypeAlias = Literal["data_changed", "separated", "alike_again", "undone"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One woman or two; `survivor` is the record that stays, with `same` only."""

    verdict: Verdict
    survivor: Side | None = None


@dataclass(frozen=True, slots=True)
class PairFound:
    """Two records are likely one woman; `one` is the smaller id."""

    pair_id: UUID
    one: UUID
    other: UUID
    found: Found


@dataclass(frozen=True, slots=True)
class PairChanged:
    """Still likely, for other reasons, before anybody decided."""

    pair_id: UUID
    found: Found


@dataclass(frozen=True, slots=True)
class PairProposed:
    """The unit of one side says what it thinks."""

    pair_id: UUID
    side: Side
    unit: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class PairDecided:
    """Settled by `unit`, or by its agreeing with the other side; it rests on data with this print."""

    pair_id: UUID
    answer: Answer
    settled: Settled
    unit: str
    print: str


@dataclass(frozen=True, slots=True)
class PairReopened:
    """To be decided anew: the data it rested on changed, or the decision was taken back."""

    pair_id: UUID
    why: Why
    found: Found


@dataclass(frozen=True, slots=True)
class PairClosed:
    """Nothing to decide any more."""

    pair_id: UUID
    why: Lost


Event: TypeAlias = PairFound | PairChanged | PairProposed | PairDecided | PairReopened | PairClosed
