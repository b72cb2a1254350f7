"""What a roster's rows come to, given what is known already: pure, so that a dry run and the import say the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from libs.events.personal import Personal
from services.training.domain import roster_line as lines
from services.training.domain.course import Facts, Seat
from services.training.domain.enrolment import Attendance
from services.training.domain.keys import enrolment_id
from services.training.handlers.ports import SURE, Match

Outcome = Literal[
    "enrolled", "waiting", "not_in_register", "not_a_woman", "repeated", "not_attended", "refused", "too_many_days"
]


@dataclass(frozen=True, slots=True)
class Entry:
    """A person row of a roster with the registry's answer. Attendance is None where she was never there.

    `signed` is what she signed herself, `claimed` includes days another person signed (代) and counts once confirmed.
    `too_many`: she is said to have been there on more days than were held.
    """

    ref: str
    line_id: UUID
    sheet: str
    row: int
    name: str
    resident_id: str | None
    village: str | None
    woman: bool
    man: bool
    match: Match
    reasons: tuple[str, ...] = ()
    woman_id: UUID | None = None
    candidate: UUID | None = None
    division: str | None = None
    outside: bool = False
    signed: Attendance | None = None
    claimed: Attendance | None = None
    signed_by_other: int = 0
    certificate: str | None = None
    mark: str = ""
    too_many: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """One class as a file tells it, for the unit that imports it; `assessed`: it says results."""

    course_id: UUID
    facts: Facts
    unit: str
    entries: tuple[Entry, ...]
    assessed: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A registered woman the roster names: her seat, her attendance."""

    enrolment_id: UUID
    woman_id: UUID
    division: str
    attendance: Attendance
    certificate: str | None


@dataclass
class Settled:
    """What shall be so after the import."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    seat_of: dict[str, UUID] = field(default_factory=dict)
    named: dict[UUID, Named] = field(default_factory=dict)
    kept: dict[UUID, lines.KeepLine] = field(default_factory=dict)
    seats: dict[UUID, Seat] = field(default_factory=dict)
    closed: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Known:
    """What the log says now. `canonical` resolves merged ids, `enrolled` is canonical woman → her seat.

    `stuck` seats are not this importer's to free; `room` is how many others the course holds (None: any number).
    """

    lines: Mapping[UUID, lines.State]
    canonical: Mapping[UUID, UUID]
    enrolled: Mapping[UUID, Seat]
    room: int | None = None
    stuck: frozenset[UUID] = frozenset()


def settle(roster: Roster, known: Known) -> Settled:
    """Rows that are surely a woman first, so that a doubtful row of hers never takes their place."""
    settled = Settled()
    doubtful: list[Entry] = []
    for entry in roster.entries:
        if entry.too_many:
            settled.outcomes[entry.ref] = "too_many_days"
            settled.closed.add(entry.line_id)
        elif entry.claimed is None:
            settled.outcomes[entry.ref] = "not_a_woman" if entry.man else "not_attended"
            settled.closed.add(entry.line_id)
        elif _is_sure(entry):
            _name(settled, roster, known, entry)
        else:
            doubtful.append(entry)
    for entry in doubtful:
        _keep(settled, roster, known, entry)
    settled.closed -= settled.kept.keys()
    return settled


def _is_sure(entry: Entry) -> bool:
    return entry.woman_id is not None and entry.match in SURE and not entry.man and entry.signed is not None


def _name(settled: Settled, roster: Roster, known: Known, entry: Entry) -> None:
    assert entry.woman_id is not None
    assert entry.signed is not None
    confirmed = isinstance(known.lines.get(entry.line_id), lines.Confirmed)
    attendance = (confirmed and entry.claimed) or entry.signed
    if not _seat_woman(settled, roster, known, entry, entry.woman_id, attendance):
        return
    if entry.signed_by_other:
        settled.kept[entry.line_id] = _line(roster, entry, "waiting", seated=False)
    else:
        settled.closed.add(entry.line_id)


def _seat_woman(
    settled: Settled, roster: Roster, known: Known, entry: Entry, woman_id: UUID, attendance: Attendance
) -> bool:
    woman = known.canonical.get(woman_id, woman_id)
    seat = known.enrolled.get(woman) or Seat(enrolment_id(roster.course_id, woman), woman=True, woman_id=woman)
    seat_id = seat.seat_id
    if seat_id in settled.named:
        settled.outcomes[entry.ref] = "repeated"
        settled.closed.add(entry.line_id)
        return False
    if not _sit(settled, known, entry, seat):
        return False
    division = entry.division or roster.unit
    settled.named[seat_id] = Named(seat_id, woman, division, attendance, entry.certificate)
    settled.outcomes[entry.ref] = "enrolled"
    settled.seat_of[entry.ref] = seat_id
    return True


def _sit(settled: Settled, known: Known, entry: Entry, seat: Seat) -> bool:
    """A seat, unless the course is full: then the row is refused."""
    if seat.seat_id not in known.stuck and known.room is not None:
        taken = sum(seat_id not in known.stuck for seat_id in settled.seats)
        if taken >= known.room:
            settled.outcomes[entry.ref] = "refused"
            settled.closed.add(entry.line_id)
            return False
    settled.seats[seat.seat_id] = seat
    return True


def _keep(settled: Settled, roster: Roster, known: Known, entry: Entry) -> None:
    """A row that is nobody surely: confirmed earlier, waiting, or only a head."""
    state = known.lines.get(entry.line_id, lines.NoLine())
    if entry.line_id in settled.kept:
        settled.outcomes[entry.ref] = "repeated"
        return
    kind = _kind(entry)
    keep = _line(roster, entry, kind, seated=True)
    after = lines.roster_line.fold(lines.roster_line.decide(state, keep), state)
    if isinstance(after, lines.Confirmed):
        assert entry.claimed is not None
        if _seat_woman(settled, roster, known, entry, after.woman_id, entry.claimed):
            settled.kept[entry.line_id] = keep
        return
    if not _sit(settled, known, entry, Seat(entry.line_id, entry.woman)):
        return
    settled.kept[entry.line_id] = keep
    decided = isinstance(after, lines.Refused | lines.Erased) and kind == "waiting"
    settled.outcomes[entry.ref] = "not_in_register" if decided else kind


def _kind(entry: Entry) -> lines.Kind:
    if entry.man:
        return "not_a_woman"
    return "not_in_register" if entry.candidate is None and entry.woman_id is None else "waiting"


def _line(roster: Roster, entry: Entry, kind: lines.Kind, *, seated: bool) -> lines.KeepLine:
    assert entry.claimed is not None
    candidate = None if kind != "waiting" else entry.woman_id or entry.candidate
    said = lines.Said(
        unit=roster.unit,
        division=(entry.division or roster.unit) if candidate else roster.unit,
        kind=kind,
        match=entry.match,
        reasons=entry.reasons,
        candidate=candidate,
        woman=entry.woman,
        seated=seated,
        attendance=entry.claimed,
        signed_by_other=entry.signed_by_other,
        mark=entry.mark,
    )
    return lines.KeepLine(entry.line_id, roster.course_id, said, _words(entry), entry.sheet, entry.row)


def _words(entry: Entry) -> lines.Words:
    def sealed(value: str | None) -> Personal[str] | None:
        return Personal(entry.line_id, value, "roster") if value else None

    return lines.Words(
        Personal(entry.line_id, entry.name, "roster"),
        sealed(entry.resident_id),
        sealed(entry.village),
        sealed(entry.certificate),
    )
