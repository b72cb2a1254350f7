"""The share of registered women in general training (普惠性培训, ≥40 %) and how many more it takes. It never blocks."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Stage: TypeAlias = Literal["planned", "begun", "held"]


@dataclass(frozen=True, slots=True)
class Share:
    """Registered women of participants, beside the `due` percent.

    `seats`: how many there will be, where that is known before a course begins: those who come are among them.
    """

    registered: int
    participants: int
    due: int
    seats: int | None = None

    @property
    def whole(self) -> int:
        """What the registered women are a part of."""
        return max(self.seats or 0, self.participants)

    @property
    def percent(self) -> float | None:
        """To one decimal, rounded down, so that it shows the due percent only when it is reached."""
        return self.registered * 1000 // self.whole / 10 if self.whole else None

    @property
    def reached(self) -> bool:
        """Whether enough are registered; of nobody that cannot be said, and nothing is due."""
        return self.registered * 100 >= self.due * self.whole

    @property
    def more(self) -> int:
        """How many more registered women it takes: on seats that are there, or else beside those who take part."""
        missing = self.due * self.whole - self.registered * 100
        if missing <= 0:
            return 0
        return -(-missing // (100 if self.seats is not None else 100 - self.due))
