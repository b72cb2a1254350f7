"""Yearly income per head (人均纯收入): the lines of the register's income table and the formula over them. Pure.

Source of the formula: the household sign-off form of exit (双认定): (经营性 + 工资性 + 财产性 + 转移性 + 其他
− 生产经营费用) / 人口. The lines are those of the register's table AC07.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

from libs.values.errors import Invalid

FORMULA: Final = "（经营性+工资性+财产性+转移性+其他−生产经营费用）/人口，四舍五入到分"
MOST_FEN: Final = 10_000_000_000_000
"""No line of a household is larger, in fen (1000亿元): above it somebody typed a phone number."""
MOST_PERSONS: Final = 99


@dataclass(frozen=True, slots=True)
class Transfers:
    """The parts of 转移性收入, each in fen and a year."""

    family_planning_fen: int
    subsistence_fen: int
    ecology_fen: int
    five_guarantees_fen: int
    pension_fen: int
    other_transfer_fen: int

    @property
    def total(self) -> int:
        """Their sum in fen."""
        return sum(getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True, slots=True)
class Income:
    """What a household earned in a year, in fen. 生产经营性 may be a loss; no other line is negative.

    `transfers_fen` is the sum; its parts stand beside it where they are known. `other_fen` is no line of AC07, only
    of the formula: 0 where the household has none.
    """

    operating_fen: int
    wages_fen: int
    property_fen: int
    transfers_fen: int
    operating_cost_fen: int
    other_fen: int = 0
    parts: Transfers | None = None

    @property
    def net_fen(self) -> int:
        """The household's, before it is shared."""
        earned = self.operating_fen + self.wages_fen + self.property_fen + self.transfers_fen + self.other_fen
        return earned - self.operating_cost_fen


LINES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "operating_fen": ("AAC071", "生产经营性收入"),
        "property_fen": ("AAC072", "财产性收入"),
        "wages_fen": ("AAC073", "工资性收入"),
        "operating_cost_fen": ("AAC074", "生产经营性支出"),
        "family_planning_fen": ("AAC076", "计划生育金"),
        "subsistence_fen": ("AAC077", "低保金"),
        "ecology_fen": ("AAC078", "生态补偿金"),
        "other_transfer_fen": ("AAC083", "其他转移性收入"),
        "transfers_fen": ("AAC085", "转移性收入"),
        "five_guarantees_fen": ("AAC086", "五保金"),
        "pension_fen": ("AAC087", "养老保险金"),
        "other_fen": ("", "其他收入"),
    }
)
"""Field → column and name in the register's table AC07; 其他收入 is only in the formula."""
PARTS: Final = tuple(each.name for each in fields(Transfers))
_NEEDED: Final = ("operating_fen", "property_fen", "wages_fen", "operating_cost_fen")


def per_head(income: Income, persons: int) -> int:
    """The formula, in fen per head and year; half a fen is rounded away from nought. `persons` is at least 1."""
    whole, left = divmod(abs(income.net_fen), persons)
    rounded = whole + (2 * left >= persons)
    return rounded if income.net_fen >= 0 else -rounded


def read_income(said: Mapping[str, int | None]) -> Income:
    """The lines as said, in fen; what was left out is None or not there.

    转移性 is said as a sum, by all its parts, or both. Raises Invalid `incomes.line_missing`, `incomes.line_negative`,
    `incomes.line_too_large`, `incomes.parts_missing`, `incomes.parts_differ`.
    """
    known = {name: value for name in LINES if (value := said.get(name)) is not None}
    for name in _NEEDED:
        if name not in known:
            raise _wrong("incomes.line_missing", name, "没有填写", "没有收入也要填0，不能空着", "0")
    for name, value in known.items():
        _check(name, value)
    parts = _parts(known)
    total = known.get("transfers_fen")
    if parts is not None and total is not None and parts.total != total:
        message = f"与各分项之和{_yuan(parts.total)}元不符"
        raise _wrong("incomes.parts_differ", "transfers_fen", message, "转移性收入等于各分项之和", str(parts.total))
    if total is None and parts is None:
        raise _wrong("incomes.line_missing", "transfers_fen", "没有填写", "填合计，或填齐各分项；没有的填0", "0")
    return Income(
        known["operating_fen"],
        known["wages_fen"],
        known["property_fen"],
        total if total is not None else parts.total if parts is not None else 0,
        known["operating_cost_fen"],
        known.get("other_fen", 0),
        parts,
    )


def check_persons(persons: int) -> None:
    """Raises Invalid `incomes.persons`: nobody, or more than any household has."""
    if not 1 <= persons <= MOST_PERSONS:
        raise Invalid(
            "incomes.persons",
            f"家庭人口数{persons}不对",
            field="persons",
            value=str(persons),
            rule=f"人口是1到{MOST_PERSONS}的整数",
            right="户内实有人数",
        )


def _parts(known: Mapping[str, int]) -> Transfers | None:
    given = [name for name in PARTS if name in known]
    if not given:
        return None
    missing = [name for name in PARTS if name not in known]
    if missing:
        raise _wrong("incomes.parts_missing", missing[0], "没有填写", "转移性收入分项要么都填，要么都不填", "0")
    return Transfers(**{name: known[name] for name in PARTS})


def _check(name: str, value: int) -> None:
    if value < 0 and name != "operating_fen":
        right = str(-value)
        raise _wrong("incomes.line_negative", name, "是负数", "只有生产经营性收入可以是亏损（负数）", right, value)
    if abs(value) > MOST_FEN:
        rule = f"一户一年一项不超过{MOST_FEN // 10_000_000_000}亿元"
        raise _wrong("incomes.line_too_large", name, "太大", rule, "以分为单位的金额", value)


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


def _wrong(code: str, field: str, what: str, rule: str, right: str, value: int | None = None) -> Invalid:
    said = "" if value is None else str(value)
    return Invalid(code, f"{LINES[field][1]}{what}", field=field, value=said, rule=rule, right=right)
