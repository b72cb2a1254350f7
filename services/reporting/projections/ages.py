"""The target groups of all women on one day, as parameters of `women_cells`: the same edition, the same answer."""

from datetime import date
from typing import Any

from libs.values.target_group import RULES

BY_REGISTER: tuple[None, ...] = (None,) * 6


def ages(on: date | None) -> tuple[Any, ...]:
    """Year and figures of the edition in force that day; without a day each woman's own register decides.

    Raises Refused `rule_set.none_in_force`.
    """
    if on is None:
        return BY_REGISTER
    rule = RULES.on(on).value
    return (on.year, rule.pupil_from, rule.adult_from, rule.elder_from, rule.school_to, list(rule.able))
