"""How one record came into units and left them, by valid date as known now. Pure, whatever came first.

Each change happens on the last day on which it may have happened: when it is sure. A register says where she is from
its day on; of two registers of one day the later told one holds, so a new code of her village moves nobody. A merged
record is out from the day of the merge and back from that of an un-merge, both as corrections.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from libs.values.valid_date import ValidDate
from services.reporting.domain.mapping.row import Body, Leaves, Merges, Registers, Rejoins, Row, Unmerges

CORRECTION: Final = "correction"
MOVED: Final = "moved"
DEREGISTERED: Final = "deregistered"
IDENTIFIED: Final = "identified"
LEAVING: Final = frozenset({"died", "married_out", "moved_out", DEREGISTERED, CORRECTION})


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that may move a record; `number` is the publisher's, the order in which it told its facts."""

    number: int
    event_id: UUID
    row: Row
    body: Body


@dataclass(frozen=True, slots=True)
class Movement:
    """On `day` the record went from one village to another; None: not of the register. `kind` says why."""

    day: date
    kind: str
    from_division: str | None
    to_division: str | None
    event_id: UUID

    @property
    def division(self) -> str:
        """Where she went, else where she was."""
        return self.to_division or self.from_division or ""


@dataclass(frozen=True, slots=True)
class _Change:
    day: date
    number: int
    kind: str
    event_id: UUID
    division: str | None = None
    poor: bool | None = None
    here: bool | None = None
    single: bool | None = None


def movements(told: Iterable[Told]) -> tuple[Movement, ...]:
    """All movements of one record, in the order of their days."""
    division: str | None = None
    poor, here, single = False, True, True
    before: str | None = None
    found: list[Movement] = []
    for change in sorted(_changes(told), key=lambda each: (each.day, each.number)):
        division = change.division or division
        poor = poor if change.poor is None else change.poor
        here = here if change.here is None else change.here
        single = single if change.single is None else change.single
        after = division if poor and here and single else None
        if after != before:
            kind = MOVED if before and after else change.kind if after else _left(change.kind)
            found.append(Movement(change.day, kind, before, after, change.event_id))
        before = after
    return tuple(found)


def _left(kind: str) -> str:
    """Who stands in a register as merely watched has been taken out of the registered poor (剔除)."""
    return kind if kind in LEAVING else DEREGISTERED


def _changes(told: Iterable[Told]) -> list[_Change]:
    registers: dict[date, _Change] = {}
    others: list[_Change] = []
    for each in sorted(told, key=lambda one: one.number):
        change = _change(each)
        if not isinstance(each.row.effect, Registers):
            others.append(change)
            continue
        same_day = registers.get(change.day)
        registers[change.day] = change if same_day is None else replace(change, kind=same_day.kind)
    return [*registers.values(), *others]


def _change(told: Told) -> _Change:
    body, number, event_id = told.body, told.number, told.event_id
    match told.row.effect:
        case Registers(outside):
            kind = body.get("came") or IDENTIFIED
            day = date.fromisoformat(body["as_of"])
            return _Change(day, number, kind, event_id, division=body["division"], poor=not outside)
        case Leaves():
            return _Change(ValidDate.parse(body["valid"]).last, number, body["why"], event_id, here=False)
        case Rejoins():
            return _Change(ValidDate.parse(body["valid"]).last, number, body["how"], event_id, here=True)
        case Merges() | Unmerges() as effect:
            day = date.fromisoformat(body["on"])
            return _Change(day, number, CORRECTION, event_id, single=isinstance(effect, Unmerges))
        case _:
            raise AssertionError(f"{told.row.word} moves nobody")


def moved_by(row: Row, body: Body) -> UUID | None:
    """The record that a fact may move; None: it moves none."""
    match row.effect:
        case Registers() | Leaves() | Rejoins():
            return UUID(str(body["woman_id"]))
        case Merges(merged) | Unmerges(merged):
            return UUID(str(body[merged]))
        case _:
            return None
