"""Assessments of a household's yearly income: inside the caller's units, decided on a stream of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from libs.access.principal import not_found
from libs.events.commands import Receipt
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.types import Record
from services.registry.domain.incomes.assessing import AssessIncome, HouseholdIncomeAssessed, income_assessments
from services.registry.domain.incomes.formula import check_persons, per_head, read_income
from services.registry.domain.incomes.plausible import Bounds, doubts
from services.registry.domain.keys import incomes_id
from services.registry.handlers.exits import Caller
from services.registry.projections import households, incomes


@dataclass(frozen=True, slots=True)
class IncomeForm:
    """The form as sent: lines in fen by field, None or absent where nothing was filled in."""

    household_id: UUID
    year: int
    on: date
    persons: int
    lines: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class YearlyIncome:
    """What counts for one year, and every assessment of it, the last first."""

    row: Record
    assessments: tuple[Recorded[HouseholdIncomeAssessed], ...]


async def assess(
    runtime: Runtime, caller: Caller, form: IncomeForm, today: date, bounds: Bounds
) -> tuple[Receipt, bytes]:
    """Take the form in; the receipt, and the answer: result, version and what is odd.

    Raises NotFound outside the caller's units, Invalid `incomes.*` for the form, Refused `registry.older_than_known`.
    """
    row = await households.one(runtime.pool, form.household_id, caller.scope)
    if row is None or row["dissolved"]:
        raise not_found("household")
    income = read_income(form.lines)
    check_persons(form.persons)
    odd = doubts(income, form.persons, row["persons"], bounds)

    def respond(receipt: Receipt) -> bytes:
        return orjson.dumps(
            {
                "household_id": form.household_id,
                "year": form.year,
                "per_head_fen": per_head(income, form.persons),
                "version": receipt.version,
                "findings": [each.as_json() for each in odd],
            }
        )

    command = AssessIncome(
        form.household_id, row["division"], form.year, form.on, income, form.persons, "form", today
    )  # fmt: skip
    stream = incomes_id(form.household_id)
    receipt = await runtime.commands.handle(
        income_assessments, stream, command, caller.meta, idempotency=caller.idempotency, respond=respond
    )
    return receipt, receipt.replayed or respond(receipt)


async def years_of(runtime: Runtime, household_id: UUID, scope: tuple[str, str]) -> tuple[Record, list[YearlyIncome]]:
    """A household of the range and its years, the last first, each with every assessment, the last first."""
    household = await households.one(runtime.pool, household_id, scope)
    if household is None:
        raise not_found("household")
    rows = {row["year"]: row for row in await incomes.of_household(runtime.pool, household_id)}
    found: dict[int, list[Recorded[Any]]] = {}
    for recorded in await runtime.store.load(incomes_id(household_id)):
        found.setdefault(recorded.event.year, []).insert(0, recorded)
    years = sorted(rows, reverse=True)
    return household, [YearlyIncome(rows[year], tuple(found.get(year, ()))) for year in years]
