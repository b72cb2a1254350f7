"""The match report: one row per child unit and a total that follows the counting rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from services.reporting.domain.mapping import KINDS

# Figures of women, each a boolean column of `women_cells`; all are additive over units.
WOMEN: Final = (
    "population",
    "exited",
    "not_exited",
    "baseline_exited",
    "lifted",
    "returned",
    "matched",
    "matched_exited",
    "matched_not_exited",
    "unmatched",
    "able_adults",
    "unmatched_able_adults",
    "girls",
    "unmatched_girls",
    "pupils",
    "unmatched_pupils",
    "adults_without_labour",
    "unmatched_adults_without_labour",
    "elders",
    "unmatched_elders",
    "monitored",
)
HOUSEHOLDS: Final = "households"


@dataclass(frozen=True, slots=True)
class MeasureCell:
    """One kind of measure in one unit: 人 `women`, 人次 `times`, size (人天) `quantity`, 期 `measures`, money `fen`.

    They are never added together. `measures` is a distinct count: a class attended in two units is one class.
    """

    women: int = 0
    times: int = 0
    quantity: int = 0
    measures: int = 0
    fen: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one unit."""

    division: str
    name: str
    figures: Mapping[str, int]
    measures: Mapping[str, MeasureCell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatchReport:
    """`as_known` is the recorded number up to which facts were counted; `on` the day of the ages, None: by register."""

    division: str
    name: str
    as_known: int
    rows: tuple[Row, ...]
    total: Row
    on: date | None = None


def total(division: str, name: str, rows: Sequence[Row], distinct: Mapping[str, int]) -> Row:
    """Additive columns are the sum of the rows; `distinct` gives the count of measures per kind over all units."""
    figures = {column: sum(row.figures[column] for row in rows) for column in (HOUSEHOLDS, *WOMEN)}
    measures = {kind: _sum((row.measures[kind] for row in rows), distinct.get(kind, 0)) for kind in KINDS}
    return Row(division, name, figures, measures)


def _sum(cells: Iterable[MeasureCell], measures: int) -> MeasureCell:
    cells = list(cells)
    return MeasureCell(
        women=sum(cell.women for cell in cells),
        times=sum(cell.times for cell in cells),
        quantity=sum(cell.quantity for cell in cells),
        measures=measures,
        fen=sum(cell.fen for cell in cells),
    )


def figures(counts: Mapping[str, Any]) -> dict[str, int]:
    """All figures of a unit, zero where nothing was counted."""
    return {column: int(counts.get(column, 0)) for column in (HOUSEHOLDS, *WOMEN)}
