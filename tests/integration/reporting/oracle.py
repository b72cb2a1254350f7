"""The match report counted naively from a list of facts, one unit at a time. Shares nothing with the service."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from libs.events.contract import Contract, Fact


@dataclass
class Counted:
    """Facts sorted by what they say, each list in the order its publisher told it."""

    register: dict[UUID, list[Any]] = field(default_factory=dict)
    status: dict[UUID, str] = field(default_factory=dict)
    episodes: dict[UUID, list[tuple[date, int, str]]] = field(default_factory=dict)
    households: dict[UUID, str] = field(default_factory=dict)
    acts: dict[tuple[UUID, UUID], Any] = field(default_factory=dict)
    into: dict[UUID, UUID] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)

    def canonical(self, woman: UUID) -> UUID:
        while woman in self.into:
            woman = self.into[woman]
        return woman


def count(facts: Sequence[Fact[Contract]], unit: str) -> dict[str, int]:
    """Figures of a unit and of training in it."""
    found = Counted()
    for fact in facts:
        take(found, fact)
    width = 6 if unit.endswith("000000") else 9 if unit.endswith("000") else 12
    return figures(found, unit[:width])


def take(found: Counted, fact: Fact[Contract]) -> None:
    body: Any = fact.body
    name = type(body).__name__
    if name in ("WomanRegistered", "WomanChanged", "WomanMonitored"):
        found.register.setdefault(body.woman_id, []).append(body)
        found.status[body.woman_id] = getattr(body, "status", "monitored")
    elif name in ("WomanExited", "WomanReturned"):
        told = found.episodes.setdefault(body.woman_id, [])
        told.append((date.fromisoformat(body.valid), fact.number, name))
        if body.woman_id in found.status and max(told)[1] == fact.number:
            found.status[body.woman_id] = "exited" if name == "WomanExited" else "returned"
    elif name in ("HouseholdRegistered", "HouseholdChanged"):
        found.households[body.household_id] = body.division
    elif name == "TrainingAttended":
        found.acts[body.woman_id, body.course_id] = body
    elif name == "TrainingWithdrawn":
        found.acts.pop((body.woman_id, body.course_id), None)
    elif name == "WomanMerged":
        found.into[body.merged_id] = body.survivor_id
    elif name == "WomanUnmerged":
        found.into.pop(body.merged_id, None)
    else:
        take_away(found, name, body)


def take_away(found: Counted, name: str, body: Any) -> None:
    """Who or what stands in the register no longer, or again."""
    if name == "WomanLeft":
        found.gone.add(body.woman_id)
    elif name == "WomanRejoined":
        found.gone.discard(body.woman_id)
    elif name == "HouseholdDissolved":
        found.households.pop(body.household_id, None)


def figures(found: Counted, prefix: str) -> dict[str, int]:
    by_woman = acts_by_woman(found)
    result = dict.fromkeys(COLUMNS, 0)
    result["households"] = sum(division.startswith(prefix) for division in found.households.values())
    for woman, registers in found.register.items():
        here = registers[-1].division.startswith(prefix)
        if here and found.canonical(woman) == woman and woman not in found.gone:
            count_woman(result, found, woman, bool(by_woman.get(woman)))
    here_then = [act for acts in by_woman.values() for act in acts if (unit_then(found, act) or "-").startswith(prefix)]
    result["attendances"] = len(here_then)
    result["days"] = sum(act.days for act in here_then)
    result["classes"] = len({act.course_id for act in here_then})
    return result


COLUMNS = (
    "households", "population", "exited", "not_exited", "baseline_exited", "lifted", "returned", "matched",
    "matched_exited", "matched_not_exited", "unmatched", "able_adults", "unmatched_able_adults", "monitored",
    "women", "girls", "unmatched_girls", "pupils", "unmatched_pupils", "adults_without_labour",
    "unmatched_adults_without_labour", "elders", "unmatched_elders",
)  # fmt: skip


def count_woman(result: dict[str, int], found: Counted, woman: UUID, trained: bool) -> None:
    register = found.register[woman][-1]
    if found.status[woman] == "monitored":
        result["monitored"] += 1
        return
    out = found.status[woman] == "exited"
    able = not out and 18 <= register.as_of.year - register.birth_year <= 65 and register.labour == "ordinary"
    true = ["population", "exited" if out else "not_exited"]
    true += ["baseline_exited"] * getattr(register, "baseline_exit", False) + ["returned"] * (
        found.status[woman] == "returned"
    )
    true += ["lifted"] * (out and is_lifted(found, woman)) + ["able_adults"] * able
    true += ["unmatched"] * (not out and not trained) + ["unmatched_able_adults"] * (able and not trained)
    if trained:
        true += ["matched", "matched_exited" if out else "matched_not_exited", "women"]
    group = other_group(register.as_of.year - register.birth_year, register.labour)
    true += [group] * (group != "" and not out) + [f"unmatched_{group}"] * (group != "" and not out and not trained)
    for column in true:
        result[column] += 1


def other_group(age: int, labour: str) -> str:
    """The column of a target group that is not the able adults'."""
    if age < 18:
        return "girls" if age < 16 else "pupils"
    if age > 65:
        return "elders"
    return "adults_without_labour" if labour != "ordinary" else ""


def is_lifted(found: Counted, woman: UUID) -> bool:
    records = [each for each in {*found.register, *found.episodes} if found.canonical(each) == woman]
    episodes = [episode for each in records for episode in found.episodes.get(each, [])]
    baseline = min(register.as_of for each in records for register in found.register.get(each, []))
    return bool(episodes) and max(episodes)[2] == "WomanExited" and max(episodes)[0] > baseline


def acts_by_woman(found: Counted) -> dict[UUID, list[Any]]:
    """Each class once per woman, her own record before merged ones."""
    once: dict[tuple[UUID, UUID], Any] = {}
    for (woman, course), act in sorted(found.acts.items(), key=lambda each: each[0]):
        canonical = found.canonical(woman)
        if (canonical, course) not in once or woman == canonical:
            once[canonical, course] = act
    result: dict[UUID, list[Any]] = {}
    for (canonical, _), act in once.items():
        result.setdefault(canonical, []).append(act)
    return result


def unit_then(found: Counted, act: Any) -> str | None:
    """Her village on the first day of the act, as her own record knows it, else as the surviving one does."""
    for woman in (act.woman_id, found.canonical(act.woman_id)):
        registers = found.register.get(woman, [])
        if registers:
            before = [each for each in registers if each.as_of <= act.first_day]
            first = min(each.as_of for each in registers)
            day = max(each.as_of for each in before) if before else first
            return str([each for each in registers if each.as_of == day][-1].division)
    return None
