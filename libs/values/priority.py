"""Priority ("poorest first", 最需要的在前): who comes first where there is not enough for all, and why.

Returned, then not exited, then monitored, then exited; within a class by yearly income per head, then by fewest
measures so far. Pure, over inputs that are published; the version of the edition in force goes with every rank.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

from libs.values.rule_set import RuleSet, read_rules

Key: TypeAlias = tuple[int, bool, int, int]
STATES: Final = {
    "returned": ("返贫", "returned to poverty"),
    "not_exited": ("未脱贫", "not out of poverty"),
    "pre_exit": ("预脱贫", "about to leave poverty"),
    "monitored": ("监测对象", "monitored"),
    "exited": ("已脱贫", "out of poverty"),
}


@dataclass(frozen=True, slots=True)
class Income:
    """Yearly net income per head of her household in fen (the register's yuan, rounded), of the latest year known."""

    year: int
    per_head_fen: int


@dataclass(frozen=True, slots=True)
class Needs:
    """The inputs of a rank: her state in the register, income (None: unknown) and number of measures so far."""

    status: str
    income: Income | None = None
    measures: int = 0


@dataclass(frozen=True, slots=True)
class PriorityRule:
    """One edition: `classes` lists the states of each class, the first class comes first."""

    version: str
    classes: tuple[tuple[str, ...], ...]

    def class_of(self, status: str) -> int:
        """The place of her class, 0 first; a state that no class names comes after all of them."""
        return next((place for place, states in enumerate(self.classes) if status in states), len(self.classes))

    def key(self, needs: Needs) -> Key:
        """Sorts ascending, poorest first; unknown income comes after known income of the same class."""
        fen = needs.income.per_head_fen if needs.income else 0
        return (self.class_of(needs.status), needs.income is None, fen, needs.measures)


def _rule(values: dict[str, Any]) -> PriorityRule:
    return PriorityRule(values["version"], tuple(tuple(states) for states in values["classes"]))


RULES: Final[RuleSet[PriorityRule]] = read_rules("priority", Path(__file__).with_name("priority.toml"), _rule)


def rule_on(day: date) -> PriorityRule:
    """The edition in force. Raises Refused `rule_set.none_in_force` for a day without one."""
    return RULES.on(day).value


def explained(needs: Needs, language: str) -> str:
    """Why she stands where she does, in `zh` or `en`: 未脱贫；人均纯收入2,310.00元（2016年）；已享受措施0项."""
    state = STATES.get(needs.status, (needs.status, needs.status))
    income = needs.income
    yuan = f"{income.per_head_fen // 100:,}.{income.per_head_fen % 100:02}" if income else ""
    if language == "en":
        earned = f"income per head {yuan} yuan ({income.year})" if income else "income unknown, after those known"
        return f"{state[1]}; {earned}; {needs.measures} measures so far"
    earned = f"人均纯收入{yuan}元（{income.year}年）" if income else "人均纯收入未知，排在同类已知收入之后"
    return f"{state[0]}；{earned}；已享受措施{needs.measures}项"
