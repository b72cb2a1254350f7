"""What reporting answers. Keys are English and stable; scripts and the console read them."""

from datetime import date, datetime
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, create_model

from libs.events.types import Record
from libs.service.paging import PageOf
from services.reporting.api.dependencies import Freshness
from services.reporting.domain.mapping import KINDS
from services.reporting.domain.report import HOUSEHOLDS, WOMEN, MatchReport, MeasureCell, Row

T = TypeVar("T")


class RowBase(BaseModel):
    """One unit; the figures follow as fields, `measures` per kind in 人, 人次, 人天, 期 and fen."""

    division: str
    name: str


_FIGURES: dict[str, Any] = dict.fromkeys((HOUSEHOLDS, *WOMEN), (int, ...))
RowOut = create_model("RowOut", __base__=RowBase, **_FIGURES, measures=(dict[str, dict[str, int]], ...))


class MatchOut(BaseModel):
    """The match report of a unit, a row per unit below and their total; `on`: day of the ages, null by register."""

    division: str
    name: str
    as_known: int
    on: date | None
    rows: list[RowOut]
    total: RowOut
    freshness: Freshness


class KnownPage(PageOf[T], Generic[T]):
    """A page as known at one recorded number; `next` keeps to that number."""

    as_known: int
    freshness: Freshness

    @classmethod
    def of(cls, page: PageOf[Any], items: list[T], as_known: int, freshness: Freshness) -> Self:
        """The page with its rows as `items`, known at this number."""
        return cls(
            items=items, next=page.next, count=page.count, count_missing=page.count_missing, as_known=as_known,
            freshness=freshness,
        )  # fmt: skip


class WomanBehind(BaseModel):
    """A woman behind a cell. Her name is the registry's to give."""

    woman_id: UUID
    household_id: UUID
    division: str
    status: str
    target_group: str
    measures: list[str]


class HouseholdBehind(BaseModel):
    """A household behind a cell."""

    household_id: UUID
    division: str
    persons: int
    women: int
    status: str


class LineOut(BaseModel):
    """A ledger line; a reversing one has negative times, quantity and fen and names the line it takes back."""

    recorded: int
    seq: int
    subject_kind: str
    subject_id: UUID
    measure_kind: str
    measure_class: str
    measure_id: UUID
    phase: str
    need: str | None
    responsible: str | None
    due: date | None
    unit: str | None
    valid_from: date
    valid_to: date
    times: int
    quantity: int
    quantity_unit: str | None
    fen: int
    funding: str | None
    source: str
    event_id: UUID
    cause: UUID
    reverses_recorded: int | None
    reverses_seq: int | None

    @classmethod
    def of(cls, row: Record) -> Self:
        """A row of `lines`."""
        return cls.model_validate(dict(row))


class FactOut(BaseModel):
    """A published event as reporting keeps it, and the lines written on it."""

    event_id: UUID
    recorded: int
    source: str
    number: int
    type: str
    kind: str
    key: UUID
    valid: str | None
    at: datetime
    kept_at: datetime
    actor: str
    role: str
    unit: str
    body: dict[str, Any]
    lines: list[LineOut]
    freshness: Freshness


class Reason(BaseModel):
    """A measure of hers that holds; development and relief make her matched."""

    kind: str
    measure_class: str
    measure_id: UUID
    title: str | None
    phase: str
    unit: str | None
    valid_from: date
    valid_to: date
    quantity: int
    quantity_unit: str | None
    matches: bool
    event_id: UUID


class Entry(BaseModel):
    """Something that happened to her; `says` holds the words of its kind."""

    recorded: int
    at: datetime
    valid: str | None
    kind: str
    source: str
    actor: str
    role: str
    unit: str
    event_id: UUID
    course_id: UUID | None
    says: dict[str, Any]


class WomanOut(BaseModel):
    """A woman as reports count her, why, and what happened, newest first."""

    woman_id: UUID
    records: list[UUID]
    household_id: UUID
    division: str
    division_name: str | None
    status: str
    target_group: str
    baseline_exit: bool
    lifted: bool
    returned: bool
    matched: bool
    reasons: list[Reason]
    as_of: date
    as_known: int
    timeline: list[Entry]
    freshness: Freshness


def match_out(report: MatchReport, freshness: Freshness) -> MatchOut:
    """The report as JSON."""
    return MatchOut(
        division=report.division,
        name=report.name,
        as_known=report.as_known,
        on=report.on,
        rows=[row_out(row) for row in report.rows],
        total=row_out(report.total),
        freshness=freshness,
    )


def row_out(row: Row) -> Any:
    """A row with its figures as fields."""
    measures = {kind: cell_out(kind, cell) for kind, cell in row.measures.items()}
    return RowOut(division=row.division, name=row.name, **row.figures, measures=measures)


def cell_out(kind: str, cell: MeasureCell) -> dict[str, int]:
    """Units of counting under the names of the kind: of training attendances, days and classes."""
    names = KINDS[kind]
    return {
        "women": cell.women,
        names.times_name: cell.times,
        names.quantity_name: cell.quantity,
        names.measures_name: cell.measures,
        "fen": cell.fen,
    }
