"""Dated rule sets: figures that changed over the years, each with the source it was read in."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

from libs.values.errors import Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """One edition of a rule: `value` holds from `first` to `last` (inclusive; None = open)."""

    value: T
    first: date
    last: date | None
    source: str

    def holds_on(self, day: date) -> bool:
        """Whether this edition is the one in force."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class RuleSet(Generic[T]):
    """All editions of one rule; they may not overlap (ValueError when it is built)."""

    code: str
    editions: tuple[Dated[T], ...]

    def __post_init__(self) -> None:
        ordered = sorted(self.editions, key=lambda edition: edition.first)
        for earlier, later in pairwise(ordered):
            if earlier.last is None or earlier.last >= later.first:
                raise ValueError(f"editions of {self.code} overlap at {later.first}")

    def on(self, day: date) -> Dated[T]:
        """The edition in force that day. Raises Refused `rule_set.none_in_force`."""
        for edition in self.editions:
            if edition.holds_on(day):
                return edition
        raise Refused(
            "rule_set.none_in_force",
            f"{day.isoformat()}没有有效的规则“{self.code}”",
            field="date",
            value=day.isoformat(),
            rule=self.code,
        )


@dataclass(frozen=True, slots=True)
class AgeSpan:
    """Both ends inclusive; age is the year of the day minus the year of birth, as the register's totals count."""

    lowest: int
    highest: int

    def holds(self, birth_year: int, on: date) -> bool:
        """Whether she is of that age in the year of `on`."""
        return self.lowest <= on.year - birth_year <= self.highest


def always(code: str, value: T, source: str, first: date = date(1900, 1, 1)) -> RuleSet[T]:
    """A rule with one edition so far."""
    return RuleSet(code, (Dated(value, first, None, source),))


def read_rules(code: str, path: Path, build: Callable[[dict[str, Any]], T]) -> RuleSet[T]:
    """Editions kept as data: `[[edition]]` tables of a toml file with first, last (optional), source and their values.

    `build` gets the values of one edition. Raises KeyError for an edition without its first day or source.
    """
    editions = []
    for table in tomllib.loads(path.read_text(encoding="utf-8"))["edition"]:
        values = dict(table)
        first, last, source = values.pop("first"), values.pop("last", None), values.pop("source")
        editions.append(Dated(build(values), first, last, source))
    return RuleSet(code, tuple(editions))


def latest(rules: RuleSet[T], days: Sequence[date]) -> Dated[T]:
    """The edition in force on the latest of the days."""
    return rules.on(max(days))


SCREENING = always("target_group.screening", AgeSpan(35, 64), "农村妇女“两癌”检查项目：35–64岁")
