"""Target groups: one per woman of the register, by age, school and labour ability on a day, from dated rules.

The one function by which every service counts them. All it needs is published of each woman (birth year, labour, in
school), so registry, reporting and training say the same of any day, and a girl turns 16 without any event.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from libs.values.rule_set import RuleSet, read_rules


class TargetGroup(StrEnum):
    """Each woman is in exactly one."""

    GIRL = "girl"  # under 16
    PUPIL = "pupil"  # 16–17: pupil or 两后生
    ABLE_ADULT = "able_adult"  # 18–65 with labour ability
    ADULT_WITHOUT_LABOUR = "adult_without_labour"
    ELDER = "elder"  # over 65


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Ages in years, each the first of its group; `school_to` is the last year in which a pupil is one by schooling."""

    pupil_from: int
    adult_from: int
    elder_from: int
    school_to: int
    able: tuple[str, ...]


def _rule(values: dict[str, Any]) -> GroupRule:
    return GroupRule(**{**values, "able": tuple(values["able"])})


RULES: Final[RuleSet[GroupRule]] = read_rules("target_group", Path(__file__).with_name("target_group.toml"), _rule)


def target_group(
    birth_year: int, labour: str, in_school: bool, on: date, rules: RuleSet[GroupRule] = RULES
) -> TargetGroup:
    """Her group on a day. Ability not known counts as without, until somebody says so.

    Raises Refused `rule_set.none_in_force` for a day without a rule.
    """
    rule = rules.on(on).value
    age = on.year - birth_year
    if age < rule.pupil_from:
        return TargetGroup.GIRL
    if age < rule.adult_from or (in_school and age <= rule.school_to):
        return TargetGroup.PUPIL
    if age >= rule.elder_from:
        return TargetGroup.ELDER
    return TargetGroup.ABLE_ADULT if labour in rule.able else TargetGroup.ADULT_WITHOUT_LABOUR
