"""What is odd about an income without being wrong: said beside it, never a refusal. Pure."""

from dataclasses import dataclass
from typing import Final

from libs.rosters.findings import Finding
from services.registry.domain.incomes.formula import LINES, Income, per_head

PERSONS, PER_HEAD = "家庭人口", "人均纯收入"
DOUBTED_LOW_FEN: Final = 10_000
"""Below 100 yuan a head and year somebody probably wrote yuan where fen are asked for."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Per head and year, in fen: what is above is doubted."""

    high_fen: int = 5_000_000


def doubts(income: Income, persons: int, known_persons: int | None, bounds: Bounds) -> tuple[Finding, ...]:
    """Warnings in the form of an import's; `known_persons`: how many members the register names, None if unknown."""
    found: list[Finding] = []
    result = per_head(income, persons)
    if known_persons is not None and known_persons != persons:
        found.append(_warning(PERSONS, "persons_differ", str(persons), f"登记的户内人口为{known_persons}人"))
    if income.operating_fen < 0:
        found.append(_warning(LINES["operating_fen"][1], "operating_loss", _yuan(income.operating_fen), "确为亏损"))
    if result < 0:
        found.append(_warning(PER_HEAD, "income_negative", _yuan(result), "核对生产经营性支出"))
    elif 0 < result < DOUBTED_LOW_FEN:
        found.append(_warning(PER_HEAD, "income_low", _yuan(result), "是否把元填成了分"))
    elif result > bounds.high_fen:
        right = f"一般不超过{_yuan(bounds.high_fen)}；是否多写了位数，或把分填成了元"
        found.append(_warning(PER_HEAD, "income_high", _yuan(result), right))
    return tuple(found)


def _warning(column: str, rule: str, value: str, right: str) -> Finding:
    return Finding(column, rule, "warning", value, right)


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}元"
