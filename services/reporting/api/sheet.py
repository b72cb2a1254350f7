"""Reports as CSV: a line per unit, the total last, numbers as they are."""

import csv
import io
from collections.abc import Iterator

from libs.values.texts import inert
from services.reporting.api.schemas import cell_out
from services.reporting.domain.balance import COLUMNS as BALANCE
from services.reporting.domain.balance import Balance
from services.reporting.domain.mapping import KINDS
from services.reporting.domain.report import HOUSEHOLDS, WOMEN, MatchReport, MeasureCell, Row

MEDIA_TYPE = "text/csv; charset=utf-8"


def to_csv(report: MatchReport) -> bytes:
    """UTF-8 with a byte-order mark, because spreadsheets of the offices read it as GBK otherwise."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("division", "name", HOUSEHOLDS, *WOMEN, *_measure_columns()))
    for row in (*report.rows, report.total):
        writer.writerow(_line(row))
    return out.getvalue().encode("utf-8-sig")


def file_name(report: MatchReport) -> str:
    """Names the unit and the number as known, so that two downloads can be told apart."""
    return f"match-{report.division}-{report.as_known}.csv"


def balance_csv(report: Balance) -> bytes:
    """The balance of persons in the same form."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("division", "name", *BALANCE))
    for row in (*report.rows, report.total):
        writer.writerow((row.division, inert(row.name), *(row.figures[column] for column in BALANCE)))
    return out.getvalue().encode("utf-8-sig")


def balance_file(report: Balance) -> str:
    """Names the unit, the period and the number as known."""
    return f"balance-{report.division}-{report.period.text}-{report.as_known}.csv"


def _measure_columns() -> Iterator[str]:
    for kind in KINDS:
        yield from (f"{kind}.{name}" for name in cell_out(kind, MeasureCell()))


def _line(row: Row) -> Iterator[object]:
    yield row.division
    yield inert(row.name)
    yield from (row.figures[column] for column in (HOUSEHOLDS, *WOMEN))
    for kind in KINDS:
        yield from cell_out(kind, row.measures.get(kind, MeasureCell())).values()
