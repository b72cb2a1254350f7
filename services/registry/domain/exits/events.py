"""What can happen in the exit of one household, and afterwards; the log keeps these for ever.

Reasons, objections and who raised them are sealed with the household's key. Who did a step, in which role and unit,
stands beside each event.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal, TypeAlias, get_args
from uuid import UUID

from services.registry.domain.exits.rules import Criterion
from services.registry.domain.words import Sealed, Source, Status

RefusalKind = Literal[
    "public_salary", "village_cadre", "second_home_or_car", "shop", "line_not_met", "objection_upheld", "other"
]
"""财政供养人员, 村委会干部, 商品房或非生产用车, 经营商铺 (§1.5: wrongly in the register), 未达标, 异议成立, 其他."""
OvertakenBy = Literal["office", "erased", "merged", "left"]
Level = Literal["village", "township", "county"]


@dataclass(frozen=True, slots=True)
class ExitProposed:
    """The village's proposal after 民主评议 on `on`; `unmet` are lines that are 未达标, their reasons sealed.

    `income_fen` per head and year beside `line_fen`, the line of `year`; why it is not the assessed one is sealed as
    `income`.
    """

    process_id: UUID
    household_id: UUID
    division: str
    ordinal: int
    persons: int
    women: tuple[UUID, ...]
    on: date
    year: int
    income_fen: int
    line_fen: int
    unmet: tuple[Criterion, ...] = ()
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExitChecked:
    """Committee and 驻村工作队 have checked it in the village."""

    process_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class HouseholdAgreed:
    """The head has signed."""

    process_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class HouseholdDeclined:
    """The household does not agree: the end of this process."""

    process_id: UUID
    on: date
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoticeStarted:
    """The `turn`-th notice hangs in the village from `first` to `until`, both included; `edition` names its rule."""

    process_id: UUID
    turn: int
    first: date
    until: date
    edition: str


@dataclass(frozen=True, slots=True)
class NoticeInterrupted:
    """It did not hang as long as it must: it starts anew."""

    process_id: UUID
    turn: int
    on: date
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoticeEnded:
    """Its time is over; `on` is its last day, however late that was noticed."""

    process_id: UUID
    turn: int
    on: date


@dataclass(frozen=True, slots=True)
class ObjectionLodged:
    """Somebody objects to the notice; who and why are sealed."""

    process_id: UUID
    objection_id: UUID
    on: date
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObjectionDecided:
    """Upheld: the process is refused with it. Rejected: with a reason."""

    process_id: UUID
    objection_id: UUID
    on: date
    upheld: bool
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TownshipChecked:
    """`visited`: the household was one of those looked at on the spot (抽查)."""

    process_id: UUID
    on: date
    visited: bool


@dataclass(frozen=True, slots=True)
class ExitConfirmed:
    """Announced by the county: the exit of every registered woman of it. After-care lasts until `until`."""

    process_id: UUID
    household_id: UUID
    on: date
    until: date
    visited: bool
    women: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ExitClosed:
    """After-care is over."""

    process_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class ExitRefused:
    """Somebody whose turn it was says no."""

    process_id: UUID
    on: date
    kind: RefusalKind
    at: str
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExitWithdrawn:
    """Who proposed it takes it back."""

    process_id: UUID
    on: date
    at: str
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExitOvertaken:
    """Something outside ended it: the office says the household is out, or nobody of it is left."""

    process_id: UUID
    by: OvertakenBy
    at: str


@dataclass(frozen=True, slots=True)
class HouseholdReturned:
    """After the confirmed exit the household fell back; `source` says who found it."""

    process_id: UUID
    valid: str
    source: Source
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExitRecoded:
    """The household's village bears another code since `valid`, by a change of divisions; the exit goes on there."""

    process_id: UUID
    division: str
    change_id: str
    valid: str


@dataclass(frozen=True, slots=True)
class DifferenceFound:
    """The office (or its register) says otherwise than this process, whose state was `at`; the office's counts."""

    process_id: UUID
    office: Status
    valid: str
    source: Source
    at: str


@dataclass(frozen=True, slots=True)
class DifferenceSettled:
    """A person has looked into it."""

    process_id: UUID
    on: date
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DifferenceGone:
    """Both say the same again."""

    process_id: UUID
    office: Status
    valid: str


Event: TypeAlias = (
    ExitProposed
    | ExitChecked
    | HouseholdAgreed
    | HouseholdDeclined
    | NoticeStarted
    | NoticeInterrupted
    | NoticeEnded
    | ObjectionLodged
    | ObjectionDecided
    | TownshipChecked
    | ExitConfirmed
    | ExitClosed
    | ExitRefused
    | ExitWithdrawn
    | ExitOvertaken
    | HouseholdReturned
    | ExitRecoded
    | DifferenceFound
    | DifferenceSettled
    | DifferenceGone
)
EVENTS: Final[tuple[Any, ...]] = get_args(Event)
"""Every class of them, for codecs and projections."""
