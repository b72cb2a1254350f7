"""Who comes first where there is not enough for all: by state, income per head, measures; and the words for it."""

from datetime import date
from itertools import permutations

import pytest

from libs.values.errors import Refused
from libs.values.priority import RULES, Income, Needs, explained, rule_on

RULE = rule_on(date(2016, 12, 31))
IN_ORDER = (
    Needs("returned", None, 9),
    Needs("not_exited", Income(2016, 200_000), 3),
    Needs("pre_exit", Income(2016, 200_000), 4),
    Needs("not_exited", Income(2015, 231_000), 0),
    Needs("not_exited", None, 0),
    Needs("pre_exit", None, 1),
    Needs("monitored", Income(2016, 1), 0),
    Needs("exited", Income(2016, 0), 0),
    Needs("exited", None, 0),
    Needs("a state to come", Income(2016, 0), 0),
)


def test_the_order_is_by_class_then_income_then_measures_and_unknown_income_comes_last_in_its_class() -> None:
    for some in permutations(IN_ORDER, 3):
        assert sorted(some, key=RULE.key) == sorted(some, key=IN_ORDER.index)


def test_who_is_about_to_leave_poverty_has_not_left_it() -> None:
    assert RULE.key(Needs("pre_exit")) == RULE.key(Needs("not_exited"))


def test_the_reasons_name_state_income_with_its_year_and_measures() -> None:
    known, unknown = Needs("not_exited", Income(2016, 231_005), 0), Needs("exited", None, 2)
    assert explained(known, "zh") == "未脱贫；人均纯收入2,310.05元（2016年）；已享受措施0项"
    assert explained(unknown, "zh") == "已脱贫；人均纯收入未知，排在同类已知收入之后；已享受措施2项"
    assert explained(known, "en") == "not out of poverty; income per head 2,310.05 yuan (2016); 0 measures so far"
    assert explained(unknown, "en") == "out of poverty; income unknown, after those known; 2 measures so far"


def test_each_edition_has_a_version_and_a_source_and_a_day_without_one_is_refused() -> None:
    versions = [edition.value.version for edition in RULES.editions]
    assert len(set(versions)) == len(versions)
    assert all(edition.source for edition in RULES.editions)
    with pytest.raises(Refused):
        rule_on(date(1899, 12, 31))
