"""The balance of persons (人) of a unit and a period: who was there, who came, who left, who is there.

opening + newly identified + born + married in + moved in + corrected in − died − married out − moved out − deregistered
− corrected out = closing. It holds in every unit; a move inside a unit cancels in that unit's row. Leaving is no exit
from poverty, and what was done for a woman stays where it was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from libs.values.period import Period

OPENING: Final = "opening"
CLOSING: Final = "closing"
CAME: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "identified": ("identified",),
        "born": ("born",),
        "married_in": ("married_in",),
        "moved_in": ("moved_in", "moved"),
        "corrected_in": ("correction",),
    }
)
LEFT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "died": ("died",),
        "married_out": ("married_out",),
        "moved_out": ("moved_out", "moved"),
        "deregistered": ("deregistered",),
        "corrected_out": ("correction",),
    }
)
"""Column → kinds of movement that it counts, of those who came and of those who left."""
COLUMNS: Final = (OPENING, *CAME, *LEFT, CLOSING)


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One unit. Raises ValueError when its figures do not balance: such a row may be shown to nobody."""

    division: str
    name: str
    figures: Mapping[str, int]

    def __post_init__(self) -> None:
        figures = self.figures
        sums = figures[OPENING] + sum(figures[each] for each in CAME) - sum(figures[each] for each in LEFT)
        if sums != figures[CLOSING]:
            raise ValueError(f"the balance of {self.division} does not hold: {dict(figures)}")


@dataclass(frozen=True, slots=True)
class Balance:
    """A row per unit below and the unit's own; of moves between the rows the unit's own shows none."""

    division: str
    name: str
    period: Period
    as_known: int
    rows: tuple[BalanceRow, ...]
    total: BalanceRow
