"""When two records are likely one woman, and how strongly."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from libs.values.resident_id import check_character, mistake_between
from services.registry.domain.likeness import RULES, SIGNS, Found, Mistake, judge, print_of, rules_on
from tests.unit.registry.pair_samples import ONE, OTHER, RULE, record

ID = "52263419740201888"


def judged(same_day: bool = False, mistake: Mistake | None = None, **other: Any) -> Found | None:
    return judge(record(), record(OTHER, **other), RULE, same_day=same_day, mistake=mistake)


def test_the_same_sound_close_birth_years_and_one_county_are_likely() -> None:
    found = judged(name_token=b"another", birth_year=1975, division="522634100201")
    assert found is not None
    assert (found.signs, found.strength) == (("same_sound", "birth_year_near", "same_county"), "weak")


@pytest.mark.parametrize(
    "change",
    [
        {"birth_year": 1976},
        {"division": "522601103201"},
        {"name_token": b"x", "sound_token": b"y"},
        {"erased": True},
        {"survivor_id": ONE},
        {"birth_year": None},
        {"name_token": None, "sound_token": None},
    ],
    ids=str,
)
def test_what_is_apart_or_missing_makes_no_pair(change: dict[str, Any]) -> None:
    assert judged(**change) is None


def test_missing_never_matches_missing() -> None:
    nothing: dict[str, Any] = {"name_token": None, "sound_token": None, "birth_year": None}
    one, other = record(**nothing), record(OTHER, **nothing)
    assert judge(one, other, RULE, same_day=False, mistake=None) is None
    assert judge(one, other, RULE, same_day=False, mistake="id_one_digit") is None


def test_a_near_id_with_the_same_name_is_strong_in_any_county_and_year() -> None:
    found = judged(mistake="id_one_digit", division="440101001001", birth_year=1984)
    assert found is not None
    assert (found.signs, found.score) == (("same_name", "id_one_digit"), 80)
    assert found.strength == "strong"
    assert judged(mistake="id_one_digit", division="440101001001", name_token=b"other") is None


def test_the_nearer_the_stronger() -> None:
    found = [
        judged(same_day=True, mistake="id_two_swapped"),
        judged(same_day=True),
        judged(),
        judged(division="522634103999"),
        judged(division="522634999999"),
        judged(division="522634999999", birth_year=1973),
        judged(division="522634999999", birth_year=1973, name_token=b"other"),
    ]
    scores = [each.score for each in found if each]
    assert len(scores) == len(found)
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 100
    assert len(set(scores)) == len(scores)


def test_the_print_is_of_ids_names_and_years_whatever_the_order_and_place() -> None:
    one, other = record(), record(OTHER)
    assert print_of(one, other) == print_of(other, one)
    assert print_of(one, record(OTHER, division="522634100201")) == print_of(one, other)
    for change in ({"name_token": b"n"}, {"id_token": b"i"}, {"birth_year": 1975}):
        assert print_of(one, record(OTHER, **change)) != print_of(one, other)


def test_every_set_of_rules_weighs_every_sign_and_names_its_source() -> None:
    for rules in RULES:
        assert set(rules.weights) == set(SIGNS)
        assert rules.source
    assert rules_on(date(2016, 12, 31)).version == "2016-1"


@any_of(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_lies_between_two_sound_ids(place: int, more: int) -> None:
    digits = ID[:place] + str((int(ID[place]) + more) % 10) + ID[place + 1 :]
    right, wrong = ID + check_character(ID), digits + check_character(digits)
    assert mistake_between(right, wrong) == "one_digit"
    assert mistake_between(right, right) is None


@any_of(st.integers(0, 15))
def test_two_neighbours_swapped_lie_between_two_sound_ids(place: int) -> None:
    digits = ID[:place] + ID[place + 1] + ID[place] + ID[place + 2 :]
    right, wrong = ID + check_character(ID), digits + check_character(digits)
    assert mistake_between(right, wrong) == ("two_swapped" if digits != ID else None)


def test_two_mistakes_are_too_many() -> None:
    assert mistake_between("52263419740201888X", "52263519740201889X") is None
