"""Target groups: one per registered woman, by age, school and labour ability, from dated rules."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.values.rule_set import RuleSet, always


class TargetGroup(StrEnum):
    """Each registered woman is in exactly one."""

    GIRL = "girl"  # under 16
    PUPIL = "pupil"  # 16–17: pupil or 两后生
    ABLE_ADULT = "able_adult"  # 18–65 with labour ability
    ADULT_WITHOUT_LABOUR = "adult_without_labour"
    ELDER = "elder"  # over 65


@dataclass(frozen=True, slots=True)
class GroupRules:
    """Ages are the year of the register minus the year of birth, as the register's own tables count them."""

    pupil_from: int
    adult_from: int
    elder_from: int
    able: frozenset[str]  # 普通, 技能, 弱劳动力或半劳动力; 丧失 and 无劳动力 cannot work


RULES: RuleSet[GroupRules] = always(
    "reporting.target_group",
    GroupRules(pupil_from=16, adult_from=18, elder_from=66, able=frozenset({"ordinary", "skilled", "weak"})),
    source="建档立卡 劳动技能; 18–65 as in the register's totals",
)


def target_group(birth_year: int, labour: str, as_of: date, rules: RuleSet[GroupRules] = RULES) -> TargetGroup:
    """Her group by the register of `as_of`. Ability not known counts as without, until somebody says so."""
    rule = rules.on(as_of).value
    age = as_of.year - birth_year
    if age < rule.pupil_from:
        return TargetGroup.GIRL
    if age < rule.adult_from:
        return TargetGroup.PUPIL
    if age >= rule.elder_from:
        return TargetGroup.ELDER
    return TargetGroup.ABLE_ADULT if labour in rule.able else TargetGroup.ADULT_WITHOUT_LABOUR
