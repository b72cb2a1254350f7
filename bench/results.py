"""What a comparison hands over: rows beside the peers, and figures of latency with goals of their own."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from bench.figure import figure
from bench.rounds import Comparison


@dataclass(frozen=True)
class Figure:
    """One number with its goal, or without."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    better: Literal["≥", "≤", "<"] = "<"

    @property
    def reached(self) -> bool | None:
        """None where there is no goal."""
        if self.goal is None:
            return None
        return {"≥": self.value >= self.goal, "≤": self.value <= self.goal, "<": self.value < self.goal}[self.better]

    def line(self) -> str:
        """As all figures are printed."""
        if self.goal is None:
            return f"bench {self.name}: {self.value:,.4g} {self.unit}"
        return figure(self.name, self.value, self.unit, self.goal, self.better)


@dataclass
class Outcome:
    """Of one case; `remarks` say what was left out and why."""

    comparisons: list[Comparison] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def said(self) -> list[str]:
        """Why peers are missing, each reason once."""
        left_out = [f"{peer} is left out: {why}" for each in self.comparisons for peer, why in each.left_out.items()]
        return list(dict.fromkeys([*left_out, *self.remarks]))

    def lines(self) -> list[str]:
        """For the terminal."""
        return [each.line() for each in [*self.comparisons, *self.figures]] + [f"bench: {each}" for each in self.said()]

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        figures = [asdict(each) | {"reached": each.reached} for each in self.figures]
        return {
            "comparisons": [each.as_json() for each in self.comparisons],
            "figures": figures,
            "remarks": self.said(),
        }


Measure: TypeAlias = Callable[[], Awaitable[Outcome]]


def printed(case: Measure) -> Callable[[], Awaitable[list[str]]]:
    """A comparison as a case of `python -m bench`."""

    async def run() -> list[str]:
        return (await case()).lines()

    return run
