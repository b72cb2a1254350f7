"""Administrative divisions as 12-digit statistical codes: the level stands in the zeros."""

from dataclasses import dataclass
from typing import Literal, get_args

from libs.values.errors import Invalid

Level = Literal["nation", "province", "prefecture", "county", "township", "village"]
LEVELS: tuple[Level, ...] = get_args(Level)

_WIDTHS: dict[Level, int] = {
    "nation": 0,
    "province": 2,
    "prefecture": 4,
    "county": 6,
    "township": 9,
    "village": 12,
}
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True, order=True)
class Division:
    """One unit, e.g. `522634000000` Leishan county; `000000000000` is the nation.

    Raises Invalid `division.bad_code` unless the code is 12 ASCII digits without a hole
    (`520034000000` names a county of no prefecture). Only a city without counties (东莞 `441900000000`) has its
    townships (`441900003000`) right below it.
    """

    code: str

    def __post_init__(self) -> None:
        if len(self.code) != 12 or not _DIGITS.issuperset(self.code):
            raise _bad(self.code)
        province, prefecture, county = self.code[:2], self.code[2:4], self.code[4:6]
        township, village = self.code[6:9], self.code[9:]
        if county == "00" and township != "000":
            county = prefecture  # a city without counties (东莞): its townships lie right below it
        filled = [part.strip("0") != "" for part in (province, prefecture, county, township, village)]
        if filled != sorted(filled, reverse=True):
            raise _bad(self.code)

    @classmethod
    def of(cls, code: str) -> "Division":
        """A code written short (`522634`) is filled up with zeros."""
        return cls(code.ljust(12, "0") if len(code) in (2, 4, 6, 9) else code)

    @property
    def level(self) -> Level:
        """nation, province, prefecture, county, township or village."""
        significant = len(self.code.rstrip("0"))
        return next(level for level in LEVELS if significant <= _WIDTHS[level])

    @property
    def parent(self) -> "Division | None":
        """The unit one level up; None for the nation."""
        above = LEVELS.index(self.level) - 1
        return None if above < 0 else self.at(LEVELS[above])

    @property
    def child_level(self) -> Level | None:
        """The level of its child units; None for a village."""
        below = LEVELS.index(self.level) + 1
        return LEVELS[below] if below < len(LEVELS) else None

    @property
    def prefix(self) -> str:
        """The digits that all units inside share: `522634` for a county, empty for the nation."""
        return self.code[: _WIDTHS[self.level]]

    def at(self, level: Level) -> "Division":
        """The unit of that level that holds this one; itself when it is of that level or above."""
        return Division(self.code[: _WIDTHS[level]].ljust(12, "0"))

    def covers(self, other: "Division") -> bool:
        """Whether `other` is this unit or lies inside it."""
        return other.code.startswith(self.prefix)

    def range(self) -> tuple[str, str]:
        """Lowest and highest code inside, both inclusive: `division BETWEEN low AND high`."""
        return self.prefix.ljust(12, "0"), self.prefix.ljust(12, "9")

    def __str__(self) -> str:
        return self.code


NATION = Division("000000000000")


def _bad(code: str) -> Invalid:
    return Invalid(
        "division.bad_code",
        f"行政区划代码“{code[:20]}”不正确，应为12位数字，如522634000000",
        field="division",
        value=code[:20],
        rule="12位统计用区划代码，上级不为零时下级才能不为零",
        right="522634000000",
    )
