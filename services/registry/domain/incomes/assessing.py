"""The assessments of a household's yearly income: one counts for a year, the one of the latest day.

An older day never overwrites a newer one; the same figures again change nothing, whatever the day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias
from uuid import UUID

from libs.events.decider import Decider
from libs.values.errors import Invalid, Refused
from services.registry.domain.incomes.formula import Income, check_persons, per_head

FIRST_YEAR = 2011
"""The first year of the poverty line that the register works with."""
Source: TypeAlias = Literal["form", "list"]
"""A form that somebody filled in, or a row of an income sheet."""


@dataclass(frozen=True, slots=True)
class AssessIncome:
    """Somebody worked out on `on` what the household earned in `year`, shared by `persons`."""

    household_id: UUID
    division: str
    year: int
    on: date
    income: Income
    persons: int
    source: Source
    today: date


@dataclass(frozen=True, slots=True)
class HouseholdIncomeAssessed:
    """Inputs and result; `per_head_fen` stays as it was worked out then."""

    household_id: UUID
    division: str
    year: int
    on: date
    income: Income
    persons: int
    per_head_fen: int
    source: Source


@dataclass(frozen=True, slots=True)
class Assessed:
    """What is known of each year."""

    years: Mapping[int, HouseholdIncomeAssessed] = field(default_factory=dict)


def decide(state: Assessed, command: AssessIncome) -> list[HouseholdIncomeAssessed]:
    """Raises Invalid `incomes.persons`, `incomes.year`, `incomes.day`, Refused `registry.older_than_known`."""
    check_persons(command.persons)
    _check_days(command)
    known = state.years.get(command.year)
    if known is not None:
        if (known.income, known.persons) == (command.income, command.persons):
            return []
        if command.on < known.on:
            raise Refused(
                "registry.older_than_known",
                f"{command.year}年收入已按{known.on}的核算登记",
                field="on",
                value=str(command.on),
                rule="较早的核算不覆盖较晚的",
                right=f"{known.on}或以后",
            )
    return [
        HouseholdIncomeAssessed(
            command.household_id,
            command.division,
            command.year,
            command.on,
            command.income,
            command.persons,
            per_head(command.income, command.persons),
            command.source,
        )
    ]


def evolve(state: Assessed, event: HouseholdIncomeAssessed) -> Assessed:
    """The last event of a year is the one that counts."""
    return Assessed({**state.years, event.year: event})


def _check_days(command: AssessIncome) -> None:
    if not FIRST_YEAR <= command.year <= command.today.year:
        raise Invalid(
            "incomes.year",
            f"不能核算{command.year}年的收入",
            field="year",
            value=str(command.year),
            rule=f"收入年度从{FIRST_YEAR}年起，不晚于今年",
            right=f"{FIRST_YEAR}–{command.today.year}",
        )
    first = date(command.year, 1, 1)
    if not first <= command.on <= command.today:
        raise Invalid(
            "incomes.day",
            f"核算日期{command.on}不对",
            field="on",
            value=str(command.on),
            rule="核算日期不早于收入年度的第一天，不晚于今天",
            right=f"{first} – {command.today}",
        )


income_assessments: Decider[Assessed, AssessIncome, HouseholdIncomeAssessed] = Decider(Assessed(), decide, evolve)
