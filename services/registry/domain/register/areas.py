"""County codes in resident ids: half of all codes ever given are abolished, and the ids stay valid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

AreaState = Literal["current", "abolished", "unknown"]


@dataclass(frozen=True, slots=True)
class AreaCodes:
    """`last` maps each code ever given to the last month it was in the code book, '' while it still is."""

    last: Mapping[str, str]

    def state(self, area: str, on: date) -> AreaState:
        """Whether the six digits named a county on that day, before, or never (or only later)."""
        last = self.last.get(area)
        if last is None:
            return "unknown"
        return "abolished" if last and last < f"{on:%Y-%m}" else "current"
