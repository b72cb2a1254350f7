"""Each woman is in exactly one target group, by the year of the day and the year of her birth, school and labour."""

from datetime import date

import pytest

from libs.values.rule_set import Dated, RuleSet
from libs.values.target_group import RULES, GroupRule, TargetGroup, target_group

DAY = date(2016, 12, 31)


@pytest.mark.parametrize(
    ("birth_year", "labour", "expected"),
    [
        (2001, "none", TargetGroup.GIRL),
        (2000, "ordinary", TargetGroup.PUPIL),
        (1999, "none", TargetGroup.PUPIL),
        (1998, "ordinary", TargetGroup.ABLE_ADULT),
        (1951, "skilled", TargetGroup.ABLE_ADULT),
        (1980, "weak", TargetGroup.ABLE_ADULT),
        (1950, "ordinary", TargetGroup.ELDER),
        (1980, "lost", TargetGroup.ADULT_WITHOUT_LABOUR),
        (1980, "none", TargetGroup.ADULT_WITHOUT_LABOUR),
        (1980, "unknown", TargetGroup.ADULT_WITHOUT_LABOUR),
    ],
)
def test_age_and_labour_ability_decide_the_group(birth_year: int, labour: str, expected: TargetGroup) -> None:
    assert target_group(birth_year, labour, False, DAY) is expected


def test_the_rule_in_force_on_the_day_of_the_register_decides() -> None:
    later = GroupRule(pupil_from=16, adult_from=18, elder_from=61, school_to=20, able=("ordinary",))
    rules = RuleSet(
        RULES.code,
        (
            Dated(RULES.editions[0].value, date(2014, 1, 1), date(2019, 12, 31), "first"),
            Dated(later, date(2020, 1, 1), None, "second"),
        ),
    )
    assert target_group(1955, "ordinary", False, DAY, rules) is TargetGroup.ABLE_ADULT
    assert target_group(1959, "ordinary", False, date(2020, 1, 1), rules) is TargetGroup.ELDER
    assert target_group(2000, "ordinary", True, date(2020, 1, 1), rules) is TargetGroup.PUPIL


def test_a_girl_becomes_a_pupil_and_an_adult_with_the_years_and_without_any_event() -> None:
    groups = [target_group(2001, "ordinary", False, date(year, 3, 1)) for year in (2016, 2017, 2018, 2019, 2066, 2067)]
    assert groups == ["girl", "pupil", "pupil", "able_adult", "able_adult", "elder"]
