"""Ledger lines: what is true of a subject, written once; a correction reverses a line and writes another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `unit` is her village at the act's date (unit then), None while she is not known.

    `times` counts the act itself (人次), `quantity` its size in `quantity_unit`, `fen` its money. `event_id` is the
    event that gave the line and does not take part in comparisons: the same content is the same line.
    """

    subject_kind: str
    subject_id: UUID
    measure_kind: str
    measure_class: str
    measure_id: UUID
    phase: str
    unit: str | None
    valid_from: date
    valid_to: date
    source: str
    event_id: UUID = field(compare=False)
    times: int = 1
    quantity: int = 0
    quantity_unit: str | None = None
    fen: int = 0
    need: str | None = None
    funding: str | None = None


LineKey: TypeAlias = tuple[UUID, str, UUID]
Place: TypeAlias = tuple[int, int]  # recorded number, and which line of that number


@dataclass(frozen=True, slots=True)
class Written:
    """A line at its place in the ledger, and the event on which it was written.

    A reversing line carries the same content and names the line it takes back.
    """

    place: Place
    line: Line
    cause: UUID
    reverses: Place | None = None

    @property
    def sign(self) -> int:
        """+1, or −1 for a reversing line."""
        return 1 if self.reverses is None else -1


def key(line: Line) -> LineKey:
    """At most one line of a key is open at a time."""
    return (line.subject_id, line.measure_kind, line.measure_id)


def difference(
    held: Mapping[LineKey, Written], wanted: Iterable[Line], recorded: int, cause: UUID, seq: int
) -> list[Written]:
    """What to write at `recorded`, numbered from `seq`, so that of the held and the wanted only the wanted are open."""
    target = {key(line): line for line in wanted}
    reversing = [each for line_key, each in held.items() if target.get(line_key) != each.line]
    reversing.sort(key=lambda each: each.place)
    new = [line for line_key, line in target.items() if line_key not in held or held[line_key].line != line]
    new.sort(key=lambda line: (line.measure_kind, line.measure_id, line.subject_id))
    pairs: list[tuple[Line, Place | None]] = [(each.line, each.place) for each in reversing]
    pairs += [(line, None) for line in new]
    return [Written((recorded, seq + n), line, cause, reverses) for n, (line, reverses) in enumerate(pairs)]
