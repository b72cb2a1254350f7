"""A roster line that is no registered woman, or not surely one: sealed, waiting for a person, or only a head.

Each line is a person of its own to the vault: erasing a line blinds it and nothing else.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.events.personal import Personal
from libs.values.errors import Conflict, NotFound
from services.training.domain.enrolment import Attendance

Kind = Literal["waiting", "not_in_register", "not_a_woman"]


@dataclass(frozen=True, slots=True)
class Said:
    """What the roster says and how it was understood; equal when nothing a person would decide on has changed.

    `division` is the unit that may decide: the candidate's, or the importing unit's where there is none.
    `mark` is the blind index of the sealed words. `attendance` is what counts once a person confirms.
    """

    unit: str
    division: str
    kind: Kind
    match: str
    reasons: tuple[str, ...]
    candidate: UUID | None
    woman: bool
    seated: bool
    attendance: Attendance
    signed_by_other: int
    mark: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the line, sealed with the line's own key."""

    name: Personal[str]
    resident_id: Personal[str] | None = None
    village: Personal[str] | None = None
    certificate: Personal[str] | None = None


@dataclass(frozen=True, slots=True)
class LineKept:
    line_id: UUID
    course_id: UUID
    said: Said
    words: Words
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class LineConfirmed:
    """A person says: this is she. `woman_id` is the one she was known by at that moment."""

    line_id: UUID
    course_id: UUID
    woman_id: UUID
    reason: Personal[str] | None = None


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A person says: this is not she."""

    line_id: UUID
    course_id: UUID
    candidate: UUID | None
    reason: Personal[str] | None = None


@dataclass(frozen=True, slots=True)
class LineDropped:
    """The corrected roster no longer has this line, or a registered woman was found for it."""

    line_id: UUID
    course_id: UUID


@dataclass(frozen=True, slots=True)
class LineErased:
    """The woman behind the line is erased (PIPL): its key is destroyed, only the head remains."""

    line_id: UUID
    course_id: UUID


Event: TypeAlias = LineKept | LineConfirmed | LineRefused | LineDropped | LineErased


@dataclass(frozen=True, slots=True)
class KeepLine:
    line_id: UUID
    course_id: UUID
    said: Said
    words: Words
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class ConfirmLine:
    line_id: UUID
    woman_id: UUID
    reason: Personal[str] | None = None


@dataclass(frozen=True, slots=True)
class RefuseLine:
    line_id: UUID
    reason: Personal[str] | None = None


@dataclass(frozen=True, slots=True)
class DropLine:
    line_id: UUID


@dataclass(frozen=True, slots=True)
class EraseLine:
    line_id: UUID


Command: TypeAlias = KeepLine | ConfirmLine | RefuseLine | DropLine | EraseLine


@dataclass(frozen=True, slots=True)
class NoLine:
    pass


@dataclass(frozen=True, slots=True)
class Kept:
    """Waits for a person (`said.kind` is waiting) or is only a head."""

    course_id: UUID
    said: Said
    words: Words


@dataclass(frozen=True, slots=True)
class Confirmed:
    course_id: UUID
    said: Said
    woman_id: UUID


@dataclass(frozen=True, slots=True)
class Refused:
    course_id: UUID
    said: Said
    candidate: UUID | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """`before` holds a person's decision, which stands when the line comes back."""

    course_id: UUID
    before: Confirmed | Refused | None


@dataclass(frozen=True, slots=True)
class Erased:
    """Nothing is kept about this line any more, whatever roster comes."""


State: TypeAlias = NoLine | Kept | Confirmed | Refused | Dropped | Erased


def waits(state: State) -> bool:
    """Whether a person has to decide."""
    return isinstance(state, Kept) and state.said.kind == "waiting"


def decide(state: State, command: Command) -> list[Event]:
    """The rules of a roster line."""
    match command:
        case KeepLine():
            return _keep(state, command)
        case ConfirmLine():
            return _confirm(state, command)
        case RefuseLine():
            return _refuse(state, command)
        case DropLine():
            return _drop(state, command)
        case EraseLine():
            return _erase(state, command)
        case _:
            assert_never(command)


def evolve(state: State, event: Event) -> State:
    """The next state of a roster line."""
    match event:
        case LineKept():
            if isinstance(state, Dropped) and _stands(state.before, event.said):
                return _again(state.before, event.said)
            return Kept(event.course_id, event.said, event.words)
        case LineConfirmed():
            assert isinstance(state, Kept)
            return Confirmed(state.course_id, state.said, event.woman_id)
        case LineRefused():
            assert isinstance(state, Kept)
            return Refused(state.course_id, state.said, event.candidate)
        case LineDropped():
            assert isinstance(state, Kept | Confirmed | Refused)
            return Dropped(state.course_id, state if isinstance(state, Confirmed | Refused) else None)
        case LineErased():
            return Erased()
        case _:
            assert_never(event)


def _keep(state: State, command: KeepLine) -> list[Event]:
    if isinstance(state, Confirmed | Refused) and _stands(state, command.said):
        return []
    if isinstance(state, Erased) or (isinstance(state, Kept) and state.said == command.said):
        return []
    return [LineKept(command.line_id, command.course_id, command.said, command.words, command.sheet, command.row)]


def _stands(before: Confirmed | Refused | None, said: Said) -> bool:
    """A decision answers one question: a refusal of one candidate says nothing about another."""
    if isinstance(before, Refused):
        return said.candidate is None or said.candidate == before.candidate
    return isinstance(before, Confirmed)


def _again(before: Confirmed | Refused | None, said: Said) -> State:
    if isinstance(before, Confirmed):
        return Confirmed(before.course_id, said, before.woman_id)
    assert isinstance(before, Refused)
    return Refused(before.course_id, said, before.candidate)


def _confirm(state: State, command: ConfirmLine) -> list[Event]:
    if isinstance(state, Confirmed):
        return []
    kept = _waiting(state)
    return [LineConfirmed(command.line_id, kept.course_id, command.woman_id, command.reason)]


def _refuse(state: State, command: RefuseLine) -> list[Event]:
    if isinstance(state, Refused):
        return []
    kept = _waiting(state)
    return [LineRefused(command.line_id, kept.course_id, kept.said.candidate, command.reason)]


def _drop(state: State, command: DropLine) -> list[Event]:
    if isinstance(state, NoLine | Dropped | Erased):
        return []
    return [LineDropped(command.line_id, state.course_id)]


def _erase(state: State, command: EraseLine) -> list[Event]:
    if isinstance(state, NoLine | Erased):
        return []
    return [LineErased(command.line_id, state.course_id)]


def _waiting(state: State) -> Kept:
    if isinstance(state, Confirmed | Refused):
        raise Conflict("training.decided_otherwise", "这一行已有相反的决定，决定不再更改", rule="每一行只决定一次")
    if isinstance(state, Kept) and state.said.kind == "waiting":
        return state
    raise NotFound("training.line_not_found", "没有这一待定行，或它不属于您的单位")


roster_line: Decider[State, Command, Event] = Decider(NoLine(), decide, evolve)
