"""The formula of 人均纯收入, what a form must hold, and which assessment of a year counts."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given as draws
from hypothesis import strategies as st

from libs.events.testing import given as history
from libs.values.errors import Invalid, Refused
from services.registry.domain.exits.rules import LINES as POVERTY_LINES
from services.registry.domain.exits.rules import line_of
from services.registry.domain.incomes.assessing import AssessIncome, HouseholdIncomeAssessed, income_assessments
from services.registry.domain.incomes.formula import LINES, PARTS, Income, Transfers, per_head, read_income
from services.registry.domain.incomes.plausible import Bounds, doubts

HOUSEHOLD, VILLAGE = UUID(int=3), "522634103201"
TODAY = date(2018, 3, 1)
fen = st.integers(0, 10**12)
loss = st.integers(-(10**12), 10**12)
people = st.integers(1, 30)
parts = st.builds(Transfers, *[fen] * 6)
FORM = {"operating_fen": 500_000, "property_fen": 0, "wages_fen": 600_000, "operating_cost_fen": 200_000}
SAMPLE = Income(500_000, 600_000, 0, 30_000, 200_000)


@st.composite
def incomes(draw: st.DrawFn) -> Income:
    of = draw(st.none() | parts)
    total = of.total if of is not None else draw(fen)
    return Income(draw(loss), draw(fen), draw(fen), total, draw(fen), draw(fen), of)


@draws(incomes(), people)
def test_per_head_is_the_sum_of_the_lines_shared_and_rounded_half_up_to_the_fen(income: Income, persons: int) -> None:
    lines = income.operating_fen + income.wages_fen + income.property_fen + income.transfers_fen + income.other_fen
    exact = Fraction(lines - income.operating_cost_fen, persons)
    result = per_head(income, persons)
    assert abs(exact - result) <= Fraction(1, 2)
    if abs(exact - result) == Fraction(1, 2):
        assert abs(result) > abs(exact), "half a fen goes away from nought"


@draws(incomes(), people, st.sampled_from(["operating_fen", "wages_fen", "property_fen", "other_fen"]), fen)
def test_more_income_is_never_less_per_head_and_more_cost_never_more(
    income: Income, persons: int, line: str, more: int
) -> None:
    richer = replace(income, **{line: getattr(income, line) + more})
    dearer = replace(income, operating_cost_fen=income.operating_cost_fen + more)
    assert per_head(dearer, persons) <= per_head(income, persons) <= per_head(richer, persons)


@draws(parts, st.integers(-5, 5))
def test_the_sum_of_transfers_is_that_of_its_parts_or_the_form_is_refused(of: Transfers, wrong: int) -> None:
    said = FORM | {name: getattr(of, name) for name in PARTS}
    assert read_income(said).transfers_fen == of.total
    total = of.total + wrong
    if wrong == 0:
        assert read_income(said | {"transfers_fen": total}) == read_income(said)
    elif total >= 0:
        with pytest.raises(Invalid, match="不符") as refused:
            read_income(said | {"transfers_fen": total})
        assert (refused.value.code, refused.value.right) == ("incomes.parts_differ", str(of.total))


@draws(st.sets(st.sampled_from([name for name in LINES if name != "other_fen"]), min_size=1))
def test_a_half_filled_form_is_refused_with_the_line_that_is_missing(gone: set[str]) -> None:
    whole = dict.fromkeys(LINES, 0)
    left = {name: value for name, value in whole.items() if name not in gone}
    every_part, no_part = set(PARTS) <= gone, not (set(PARTS) & gone)
    complete = not (gone & set(FORM)) and (no_part or (every_part and "transfers_fen" not in gone))
    if complete:
        assert per_head(read_income(left), 3) == 0
        return
    with pytest.raises(Invalid, match="没有填写") as refused:
        read_income(left)
    assert refused.value.code in {"incomes.line_missing", "incomes.parts_missing"}
    assert refused.value.field in gone


@pytest.mark.parametrize("line", [name for name in LINES if name != "operating_fen"])
def test_only_operating_income_may_be_negative(line: str) -> None:
    said = dict.fromkeys(LINES, 0)
    assert per_head(read_income(said | {"operating_fen": -100}), 3) == -33
    with pytest.raises(Invalid) as refused:
        read_income(said | {line: -1})
    assert (refused.value.code, refused.value.field) == ("incomes.line_negative", line)


@pytest.mark.parametrize(
    ("year", "yuan", "below"),
    [
        (2015, "2855", False), (2015, "2854.99", True), (2016, "2855", True), (2016, "2951.99", True),
        (2016, "2952", False), (2016, "2952.01", False), (2011, "2535.99", True), (2014, "2800", False),
    ],
)  # fmt: skip
def test_an_income_at_the_line_of_its_year_is_not_below_it(year: int, yuan: str, below: bool) -> None:
    line = line_of(year)
    assert line is not None
    assert "2300" in line.source
    earned = Income(0, int(Fraction(yuan) * 100) * 3, 0, 0, 0)
    assert (per_head(earned, 3) < line.value) is below


def test_a_year_without_a_source_has_no_line() -> None:
    assert [year for year in range(2010, 2022) if line_of(year) is not None] == [2011, 2012, 2013, 2014, 2015, 2016]
    assert len(POVERTY_LINES.editions) == 6


def test_what_is_odd_is_said_and_nothing_refused() -> None:
    def rules(income: Income, persons: int, known: int | None = 3) -> list[str]:
        return [each.rule for each in doubts(income, persons, known, Bounds(5_000_000))]

    assert rules(SAMPLE, 3) == []
    assert rules(SAMPLE, 2) == ["persons_differ"]
    assert rules(SAMPLE, 2, None) == []
    assert rules(Income(-1, 0, 0, 60_000, 0), 3) == ["operating_loss"]
    assert rules(Income(0, 0, 0, 0, 300), 3) == ["income_negative"]
    assert rules(Income(0, 8_565, 0, 0, 0), 3) == ["income_low"], "2855 yuan written where fen are asked for"
    assert rules(Income(0, 15_000_003, 0, 0, 0), 3) == ["income_high"]
    assert rules(Income(0, 15_000_000, 0, 0, 0), 3) == []


def assessed(on: date, income: Income = SAMPLE, year: int = 2016, persons: int = 3) -> HouseholdIncomeAssessed:
    result = per_head(income, persons)
    return HouseholdIncomeAssessed(HOUSEHOLD, VILLAGE, year, on, income, persons, result, "form")


def assess(on: date, income: Income = SAMPLE, year: int = 2016, persons: int = 3) -> AssessIncome:
    return AssessIncome(HOUSEHOLD, VILLAGE, year, on, income, persons, "form", TODAY)


def test_a_later_assessment_of_the_year_replaces_and_an_older_one_never_does() -> None:
    first, richer = date(2017, 1, 10), replace(SAMPLE, wages_fen=700_000)
    kit = history(income_assessments, assessed(first))
    kit.when(assess(date(2017, 2, 1), richer)).then(assessed(date(2017, 2, 1), richer))
    kit.when(assess(first, richer)).then(assessed(first, richer))
    kit.when(assess(date(2017, 1, 9), richer)).then_refused(Refused, "2017-01-10")
    kit.when(assess(date(2017, 1, 9), richer, year=2015)).then(assessed(date(2017, 1, 9), richer, year=2015))


@pytest.mark.parametrize("on", [date(2017, 1, 9), date(2017, 1, 10), date(2017, 6, 1)])
def test_the_same_figures_again_change_nothing_whatever_the_day(on: date) -> None:
    history(income_assessments, assessed(date(2017, 1, 10))).when(assess(on)).then_nothing()


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (assess(date(2017, 1, 1), year=2010), "year"), (assess(TODAY, year=2019), "year"),
        (assess(date(2015, 12, 31)), "on"), (assess(date(2018, 3, 2)), "on"),
        (assess(TODAY, persons=0), "persons"), (assess(TODAY, persons=100), "persons"),
    ],
)  # fmt: skip
def test_a_year_day_or_size_that_cannot_be_is_refused(command: AssessIncome, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        income_assessments.decide(income_assessments.initial, command)
    assert refused.value.field == field
