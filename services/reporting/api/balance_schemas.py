"""What the balance of persons answers; its figures are fields named by the columns of `domain/balance.py`."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, create_model

from services.reporting.api.dependencies import Freshness
from services.reporting.api.schemas import RowBase
from services.reporting.domain.balance import COLUMNS, Balance, BalanceRow

_FIGURES: dict[str, Any] = dict.fromkeys(COLUMNS, (int, ...))
BalanceRowOut = create_model("BalanceRowOut", __base__=RowBase, **_FIGURES)


class BalanceOut(BaseModel):
    """The balance of a unit: one row per unit below, and its own; from `first` to `last`, both inclusive."""

    division: str
    name: str
    period: str
    first: date
    last: date
    as_known: int
    rows: list[BalanceRowOut]
    total: BalanceRowOut
    freshness: Freshness


class MovementOut(BaseModel):
    """A woman came, left or moved on a day, and the event that told it; her name is the registry's to give."""

    woman_id: UUID
    day: date
    kind: str
    came_from: str | None
    went_to: str | None
    event_id: UUID


def balance_out(report: Balance, freshness: Freshness) -> BalanceOut:
    """The report as JSON."""
    return BalanceOut(
        division=report.division,
        name=report.name,
        period=report.period.text,
        first=report.period.first,
        last=report.period.last,
        as_known=report.as_known,
        rows=[_row(row) for row in report.rows],
        total=_row(report.total),
        freshness=freshness,
    )


def _row(row: BalanceRow) -> Any:
    return BalanceRowOut(division=row.division, name=row.name, **row.figures)
