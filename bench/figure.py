"""One figure as one line, the same form everywhere."""

from typing import Literal


def figure(name: str, value: float, unit: str, goal: float, better: Literal["≥", "≤", "<"]) -> str:
    """`bench NAME: VALUE UNIT (goal ≥ GOAL) ok`, or SHORT where the goal is not reached."""
    reached = {"≥": value >= goal, "≤": value <= goal, "<": value < goal}[better]
    return f"bench {name}: {value:,.4g} {unit} (goal {better} {goal:g}) {'ok' if reached else 'SHORT'}"


def percentile(values: list[float], percent: float) -> float:
    """The value below which `percent` of a hundred lie; `values` need not be sorted."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
