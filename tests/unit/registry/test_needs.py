"""A woman's needs: one main cause and at most two others, borrowing, childcare, health; the latest day counts."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from libs.events.testing import given
from libs.values.errors import Invalid, Refused
from services.registry.domain.needs.assessing import AssessNeeds, Needs, WomanNeedsAssessed, read_health, woman_needs
from services.registry.domain.words import personal
from tests.unit.registry.samples import TODAY, VILLAGE, WOMAN

NEEDS = Needs("缺技术", ("因学", "缺资金"), "ordinary", ("handicraft",), True, 3_000_000, 1, 0, "grandparents")
TOLD = {"health": "健康", "note": "想在家门口做绣活"}
DAY = date(2017, 3, 1)


def assess(on: date = DAY, needs: Needs = NEEDS, known: dict[str, str] | None = None, **told: str) -> AssessNeeds:
    return AssessNeeds(WOMAN, VILLAGE, on, needs, "form", TODAY, TOLD | told, known or {})


def assessed(on: date = DAY, needs: Needs = NEEDS, **told: str) -> WomanNeedsAssessed:
    return WomanNeedsAssessed(WOMAN, VILLAGE, on, needs, "form", personal(WOMAN, TOLD | told))


def test_what_she_says_is_kept_with_health_and_note_sealed() -> None:
    given(woman_needs).when(assess()).then(assessed())
    assert {name: value.data_class for name, value in assessed().personal.items()} == {
        "health": "health",
        "note": "note",
    }
    assert "绣活" not in repr(assess())


def test_a_later_day_replaces_the_same_changes_nothing_and_an_older_day_is_refused() -> None:
    kit = given(woman_needs, assessed())
    later, other = date(2017, 9, 1), replace(NEEDS, main_cause="缺劳力")
    kit.when(assess(later, other, known=TOLD)).then(assessed(later, other))
    kit.when(assess(later, known=TOLD)).then_nothing()
    kit.when(assess(later, known=TOLD, health="残疾")).then(assessed(later, health="残疾"))
    kit.when(assess(date(2017, 2, 1), other, known=TOLD)).then_refused(Refused, "2017-03-01")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"other_causes": ("缺技术",)}, "other_causes"),
        ({"other_causes": ("因学", "因学")}, "other_causes"),
        ({"other_causes": ("因学", "缺资金", "缺水")}, "other_causes"),
        ({"skills_wanted": ("farming", "farming")}, "skills_wanted"),
        ({"willing_to_borrow": False}, "borrow_fen"),
        ({"minded_by": None}, "minded_by"),
        ({"children_under_3": 0}, "minded_by"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused_with_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        woman_needs.decide(woman_needs.initial, assess(needs=replace(NEEDS, **change)))
    assert refused.value.field == field


def test_a_day_that_has_not_come_is_refused() -> None:
    with pytest.raises(Invalid, match="2018-03-02"):
        woman_needs.decide(woman_needs.initial, assess(date(2018, 3, 2)))


def test_health_is_written_as_registers_write_it() -> None:
    assert read_health(["残疾", "长期慢性病"]) == "长期慢性病,残疾"
    assert read_health(["健康"]) == "健康"
    for wrong in ([], ["健康", "残疾"], ["残疾", "残疾"], ["很好"]):
        with pytest.raises(Invalid):
            read_health(wrong)
