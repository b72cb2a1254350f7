"""A division's code says its level, its parent and what it covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.values.division import LEVELS, NATION, Division
from libs.values.errors import Invalid

LEISHAN = Division("522634000000")
VILLAGE = Division("522634103201")


@st.composite
def divisions(draw: st.DrawFn) -> Division:
    widths = (2, 2, 2, 3, 3)
    depth = draw(st.integers(0, 5))
    parts = [f"{draw(st.integers(1, 10**width - 1)):0{width}d}" for width in widths[:depth]]
    return Division("".join(parts).ljust(12, "0"))


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("000000000000", "nation"),
        ("520000000000", "province"),
        ("522600000000", "prefecture"),
        ("522634000000", "county"),
        ("522630000000", "county"),
        ("522634100000", "township"),
        ("522634103201", "village"),
        ("522634103200", "village"),
    ],
)
def test_the_zeros_tell_the_level(code: str, level: str) -> None:
    assert Division(code).level == level


@pytest.mark.parametrize(
    "code", ["", "522634", "52263400000X", "５２２６３４００００００", "520034000000", "522634000201"]
)
def test_a_code_with_a_hole_or_other_characters_is_refused(code: str) -> None:
    with pytest.raises(Invalid) as refused:
        Division(code)
    assert refused.value.code == "division.bad_code"


def test_a_short_code_is_filled_up() -> None:
    assert Division.of("522634") == LEISHAN
    assert Division.of("522634103201") == VILLAGE


def test_parents_lead_up_to_the_nation() -> None:
    chain = [VILLAGE]
    while (parent := chain[-1].parent) is not None:
        chain.append(parent)
    assert [str(division) for division in chain] == [
        "522634103201",
        "522634103000",
        "522634000000",
        "522600000000",
        "520000000000",
        "000000000000",
    ]


def test_the_level_of_children_ends_at_the_village() -> None:
    assert LEISHAN.child_level == "township"
    assert VILLAGE.child_level is None


@given(divisions())
def test_a_division_covers_exactly_the_codes_in_its_range(division: Division) -> None:
    low, high = division.range()
    assert low <= division.code <= high
    assert division.covers(division)
    assert NATION.covers(division)
    if division.parent is not None:
        assert division.parent.covers(division)
        assert not division.covers(division.parent)
        assert division.parent.range()[0] <= low
        assert high <= division.parent.range()[1]


@given(divisions(), divisions())
def test_covering_is_being_between_low_and_high(one: Division, other: Division) -> None:
    low, high = one.range()
    assert one.covers(other) == (low <= other.code <= high)


@given(divisions())
def test_every_ancestor_is_of_the_level_asked_for(division: Division) -> None:
    for level in LEVELS[: LEVELS.index(division.level) + 1]:
        assert division.at(level).level == level
        assert division.at(level).covers(division)
