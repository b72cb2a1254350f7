"""The ledger's table: open lines of a woman, and new lines at the end. Nothing here changes a line."""

from collections.abc import Collection, Sequence
from uuid import UUID

from libs.events.types import Connection, Record
from services.reporting.domain.lines import Line, Place, Written

COLUMNS = (
    "recorded", "seq", "subject_kind", "subject_id", "measure_kind", "measure_class", "measure_id", "phase", "need",
    "unit", "valid_from", "valid_to", "times", "quantity", "quantity_unit", "fen", "funding", "source", "event_id",
    "cause", "reverses_recorded", "reverses_seq",
)  # fmt: skip

STILL_OPEN = """
SELECT * FROM lines l
WHERE subject_id = ANY($1::uuid[]) AND reverses_recorded IS NULL
  AND NOT EXISTS (SELECT FROM lines r WHERE r.reverses_recorded = l.recorded AND r.reverses_seq = l.seq)
"""


async def open_lines(tx: Connection, women: Collection[UUID]) -> list[Written]:
    """Lines of these records that nothing has reversed."""
    return [_written(row) for row in await tx.fetch(STILL_OPEN, list(women))]


async def append(tx: Connection, lines: Sequence[Written]) -> None:
    """Add lines; reversing ones with negative times, quantity and fen, so that every figure is a plain sum."""
    if lines:
        await tx.copy_records_to_table("lines", columns=COLUMNS, records=[_record(each) for each in lines])


def _written(row: Record) -> Written:
    line = Line(
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        measure_kind=row["measure_kind"],
        measure_class=row["measure_class"],
        measure_id=row["measure_id"],
        phase=row["phase"],
        unit=row["unit"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        source=row["source"],
        event_id=row["event_id"],
        times=row["times"],
        quantity=row["quantity"],
        quantity_unit=row["quantity_unit"],
        fen=row["fen"],
        need=row["need"],
        funding=row["funding"],
    )
    return Written((row["recorded"], row["seq"]), line, row["cause"])


def _record(each: Written) -> tuple[object, ...]:
    line, sign = each.line, each.sign
    reverses: Place | tuple[None, None] = each.reverses or (None, None)
    return (
        *each.place, line.subject_kind, line.subject_id, line.measure_kind, line.measure_class, line.measure_id,
        line.phase, line.need, line.unit, line.valid_from, line.valid_to, sign * line.times, sign * line.quantity,
        line.quantity_unit, sign * line.fen, line.funding, line.source, line.event_id, each.cause, *reverses,
    )  # fmt: skip
