"""Each woman is in exactly one target group, by the year of the register and the year of her birth."""

from datetime import date

import pytest

from libs.values.rule_set import Dated, RuleSet
from services.reporting.domain.groups import RULES, GroupRules, TargetGroup, target_group

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
    assert target_group(birth_year, labour, DAY) is expected


def test_the_rule_in_force_on_the_day_of_the_register_decides() -> None:
    later = GroupRules(pupil_from=16, adult_from=18, elder_from=61, able=frozenset({"ordinary"}))
    rules = RuleSet(
        RULES.code,
        (
            Dated(RULES.editions[0].value, date(2014, 1, 1), date(2019, 12, 31), "first"),
            Dated(later, date(2020, 1, 1), None, "second"),
        ),
    )
    assert target_group(1955, "ordinary", DAY, rules) is TargetGroup.ABLE_ADULT
    assert target_group(1959, "ordinary", date(2020, 1, 1), rules) is TargetGroup.ELDER
