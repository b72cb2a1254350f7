"""The words of the mapping: what one published contract means to reporting. A publisher's table is a tuple of `Row`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from libs.events.contract import Contract

Body: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Registers:
    """The full state of a woman in the register: residence, age, labour, exit status.

    `outside`: she is watched and not registered as poor (监测对象), and stands in a column of her own.
    """

    outside: bool = False


@dataclass(frozen=True, slots=True)
class Leaves:
    """She is no longer of the register (died, married out, moved out, deregistered): no exit; her measures stay."""


@dataclass(frozen=True, slots=True)
class Rejoins:
    """She is of the register again."""


@dataclass(frozen=True, slots=True)
class Exits:
    """An exit that is valid after her baseline; `valid` names the field with its date."""

    valid: str = "valid"


@dataclass(frozen=True, slots=True)
class Returns:
    """A return into poverty (返贫)."""

    valid: str = "valid"


@dataclass(frozen=True, slots=True)
class Merges:
    """Two records are one woman from here on."""

    merged: str = "merged_id"
    survivor: str = "survivor_id"


@dataclass(frozen=True, slots=True)
class Unmerges:
    """They were two after all."""

    merged: str = "merged_id"
    survivor: str = "survivor_id"


@dataclass(frozen=True, slots=True)
class MeasureKind:
    """A kind of measure, its class (development, relief, reach) and what its units of counting are called."""

    name: str
    measure_class: str
    quantity_unit: str
    times_name: str
    quantity_name: str
    measures_name: str


@dataclass(frozen=True, slots=True)
class Measures:
    """The state of one measure of hers; a later fact about the same measure replaces it.

    Every member names a field of the contract. `delivered` is a boolean field: the phase is `delivered` when it is
    true and `started` when not; None: what has started is
    delivered with it. Without a quantity of at least `at_least` nothing has started and no line is written.
    """

    kind: MeasureKind
    measure_id: str
    first: str
    last: str
    quantity: str
    delivered: str | None
    at_least: int = 1
    fen: str | None = None
    need: str | None = None
    funding: str | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of a delivered measure of hers (phase `outcome`): it counts while that measure stands delivered.

    `of` and `of_id` (a field) name that measure; `measure_id` and `on` are fields, `good` a boolean field: without it
    no line is written. A later fact of the same id replaces it.
    """

    kind: MeasureKind
    of: MeasureKind
    of_id: str
    measure_id: str
    on: str
    good: str


@dataclass(frozen=True, slots=True)
class Withdraws:
    """A measure is void: its lines are reversed."""

    kind: MeasureKind
    measure_id: str


@dataclass(frozen=True, slots=True)
class HoldsHousehold:
    """The full state of a household."""


@dataclass(frozen=True, slots=True)
class DropsHousehold:
    """It is no household of the register any more."""


@dataclass(frozen=True, slots=True)
class ListsDivisions:
    """The units below one unit: names for the rows of a report."""


@dataclass(frozen=True, slots=True)
class Context:
    """Kept as a fact and shown where it explains something; it changes no figure. `public`: every unit may read it."""

    why: str
    public: bool = False


Told: TypeAlias = Registers | Leaves | Rejoins | Exits | Returns | Merges | Unmerges | Measures | Outcomes | Withdraws
Effect: TypeAlias = Told | HoldsHousehold | DropsHousehold | ListsDivisions | Context


@dataclass(frozen=True, slots=True)
class Row:
    """One contract: its word on a timeline and its effect. `women` names the fields with ids of women."""

    contract: type[Contract]
    word: str
    effect: Effect
    women: tuple[str, ...] = ()

    def subjects(self, body: Body) -> tuple[UUID, ...]:
        """The women whose figures the fact may change."""
        return tuple(UUID(str(body[name])) for name in self.women)
