"""Rows of an income sheet: which household each means, what follows, in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.rosters.findings import Finding
from services.registry.domain.incomes.assessing import AssessIncome, income_assessments
from services.registry.domain.incomes.formula import LINES, Income
from services.registry.domain.incomes.plausible import PERSONS, Bounds, doubts
from services.registry.domain.keys import incomes_id
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.assessment_rows import Assessed, take
from services.registry.handlers.meaning import Meant, Named, meant_by
from services.registry.projections import households

YEAR, ON = "年度", "核算日期"
_COLUMNS: Final = {"year": YEAR, "on": ON, "persons": PERSONS}


@dataclass(frozen=True, slots=True)
class IncomeRow:
    """A row that can be read."""

    sheet: str
    row: int
    named: Named
    year: int
    on: date
    income: Income
    persons: int
    findings: tuple[Finding, ...]


async def take_incomes(
    runtime: Runtime,
    scope: tuple[str, str],
    county: str,
    meta: Meta,
    today: date,
    bounds: Bounds,
    rows: Sequence[IncomeRow],
    *,
    dry_run: bool,
) -> tuple[list[RowAnswer], int | None]:
    """Answer a batch and keep what is new, all or nothing."""

    async def prepare() -> list[Assessed[AssessIncome]]:
        meant = await meant_by(runtime, "household", scope, county, [row.named for row in rows])
        sizes = await households.sizes(runtime.pool, [each.subject for each in meant if each.subject])
        return [_assessed(row, each, sizes, today, bounds) for row, each in zip(rows, meant, strict=True)]

    return await take(runtime, income_assessments, incomes_id, prepare, column_of, meta, dry_run=dry_run)


def column_of(field: str | None) -> str:
    """The heading over a field of the form."""
    name = field or ""
    return LINES[name][1] if name in LINES else _COLUMNS.get(name, "")


def _assessed(
    row: IncomeRow, meant: Meant, sizes: dict[UUID, int], today: date, bounds: Bounds
) -> Assessed[AssessIncome]:
    if meant.subject is None:
        return Assessed(row.sheet, row.row, row.findings, meant, None, str(row.year))
    command = AssessIncome(
        meant.subject, meant.division, row.year, row.on, row.income, row.persons, "list", today
    )  # fmt: skip
    odd = doubts(row.income, row.persons, sizes.get(meant.subject), bounds)
    return Assessed(row.sheet, row.row, row.findings, meant, command, str(row.year), odd)
