"""The balance of persons counted naively from a list of facts: each record's life, step by step. Shares nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from libs.events.contract import Contract, Fact
from libs.values.valid_date import ValidDate

REGISTERS = ("WomanRegistered", "WomanChanged", "WomanMonitored")
COLUMNS = (
    "opening", "identified", "born", "married_in", "moved_in", "corrected_in", "died", "married_out", "moved_out",
    "deregistered", "corrected_out", "closing",
)  # fmt: skip
Step = tuple[date, int, str, Any]


def count(facts: Sequence[Fact[Contract]], unit: str, first: date, last: date) -> dict[str, int]:
    """Figures of a unit from one day to another."""
    width = 6 if unit.endswith("000000") else 9 if unit.endswith("000") else 12
    result = dict.fromkeys(COLUMNS, 0)
    for steps in lives(facts).values():
        was = False
        for n, step in enumerate(steps):
            place = place_after(steps[: n + 1])
            inside = place is not None and place[:width] == unit[:width]
            if inside != was and step[0] <= last:
                result["closing"] += inside - was
                if step[0] < first:
                    result["opening"] += inside - was
                else:
                    result[column(step, inside, place, place_after(steps[:n]))] += 1
            was = inside
    return result


def lives(facts: Sequence[Fact[Contract]]) -> dict[Any, list[Step]]:
    """Each record's steps in the order of their days; of the registers of one day only the last told."""
    found: dict[Any, dict[Any, Step]] = {}
    for fact in sorted(facts, key=lambda each: each.number):
        body: Any = fact.body
        name = type(body).__name__
        if name in REGISTERS:
            steps = found.setdefault(body.woman_id, {})
            came = steps[body.as_of][2] if body.as_of in steps else getattr(body, "came", "identified")
            steps[body.as_of] = (body.as_of, fact.number, came, body)
        elif name in ("WomanLeft", "WomanRejoined"):
            how = body.why if name == "WomanLeft" else body.how
            step = (ValidDate.parse(body.valid).last, fact.number, how, body)
            found.setdefault(body.woman_id, {})[fact.number] = step
        elif name in ("WomanMerged", "WomanUnmerged"):
            found.setdefault(body.merged_id, {})[fact.number] = (body.on, fact.number, "correction", body)
    return {record: sorted(steps.values(), key=lambda each: each[:2]) for record, steps in found.items()}


def place_after(steps: Sequence[Step]) -> str | None:
    """Her village after these steps; None: not of the register."""
    names = [(type(body).__name__, body) for _, _, _, body in steps]
    registers = [(name, body) for name, body in names if name in REGISTERS]
    presence = [name for name, _ in names if name in ("WomanLeft", "WomanRejoined")]
    merges = [name for name, _ in names if name in ("WomanMerged", "WomanUnmerged")]
    if not registers or registers[-1][0] == "WomanMonitored":
        return None
    if presence[-1:] == ["WomanLeft"] or merges[-1:] == ["WomanMerged"]:
        return None
    return str(registers[-1][1].division)


def column(step: Step, came: bool, after: str | None, before: str | None) -> str:
    """What the step counts as in a unit that she came to or left."""
    if after and before:
        return "moved_in" if came else "moved_out"
    kind = step[2]
    if kind == "correction":
        return "corrected_in" if came else "corrected_out"
    return "deregistered" if type(step[3]).__name__ == "WomanMonitored" else kind
