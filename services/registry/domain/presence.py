"""Whether she is here: missing from a full register, kept, left (died, married out, moved, deregistered), back again.

Absence alone says nothing: a person decides what it means. Leaving is neither an exit from poverty nor a deletion.
"""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.values.errors import Conflict, NotFound, Refused
from libs.values.valid_date import ValidDate
from services.registry.domain.woman_events import Event, WomanKept, WomanLeft, WomanMissing, WomanRejoined
from services.registry.domain.woman_state import Erased, Merged, Registered, State, Unknown
from services.registry.domain.words import Came, Left, Source, personal

BACK: dict[Left, Came] = {
    "died": "correction",
    "married_out": "married_in",
    "moved_out": "moved_in",
    "deregistered": "identified",
}
"""How she is taken to have come back when a newer register names her."""


@dataclass(frozen=True, slots=True)
class NoteMissing:
    """A register that is full for her unit as of a day does not name her; `source` is the import."""

    woman_id: UUID
    as_of: date
    source: UUID


@dataclass(frozen=True, slots=True)
class KeepWoman:
    """She is still here: the register left her out by mistake."""

    woman_id: UUID
    reason: str
    on: date


@dataclass(frozen=True, slots=True)
class ReportLeft:
    """She died, married out, moved out or was deregistered; `valid` is a day, month, year or interval."""

    woman_id: UUID
    why: Left
    valid: ValidDate
    source: Source
    reason: str
    today: date


@dataclass(frozen=True, slots=True)
class ReportRejoined:
    """She is here again, or never left (`correction`)."""

    woman_id: UUID
    how: Came
    valid: ValidDate
    source: Source
    reason: str
    today: date


PresenceCommand: TypeAlias = NoteMissing | KeepWoman | ReportLeft | ReportRejoined


def decide(state: State, command: PresenceCommand) -> list[Event]:
    """What follows from a command; refusals name their rule."""
    match command:
        case NoteMissing():
            return _missing(state, command)
        case KeepWoman():
            return _keep(present(state), command)
        case ReportLeft():
            return _leave(present(state), command)
        case ReportRejoined():
            return _rejoin(present(state), command)
        case _:
            assert_never(command)


def _missing(state: State, command: NoteMissing) -> list[Event]:
    """Said once for each register; whom a newer register named, or who is gone already, is not missing."""
    if not isinstance(state, Registered) or state.gone or command.as_of <= state.as_of:
        return []
    if state.noted is not None and command.as_of <= state.noted:
        return []
    return [WomanMissing(command.woman_id, command.as_of, command.source)]


def _keep(state: Registered, command: KeepWoman) -> list[Event]:
    if state.missing is None:
        raise Conflict(
            "registry.not_missing",
            "No full register has left her out, so there is nothing to decide.",
            rule="a decision answers a register that did not name her",
        )
    return [WomanKept(command.woman_id, command.on, personal(command.woman_id, {"reason": command.reason}))]


def _leave(state: Registered, command: ReportLeft) -> list[Event]:
    check_happened(command.valid, command.today)
    if state.gone is not None:
        raise Conflict(
            "registry.left_already",
            f"She has left already ({state.gone.why}, {state.gone.valid}).",
            field="why",
            rule="who left comes back before leaving again",
        )
    if command.valid.last < state.first:
        raise Refused(
            "registry.before_registered",
            f"The date {command.valid} is before the register that first named her ({state.first}).",
            field="valid",
            value=str(command.valid),
            rule="she leaves after she came",
            right=f"a date from {state.first} on",
        )
    sealed = personal(command.woman_id, {"reason": command.reason})
    return [WomanLeft(command.woman_id, command.why, str(command.valid), command.source, sealed)]


def _rejoin(state: Registered, command: ReportRejoined) -> list[Event]:
    check_happened(command.valid, command.today)
    if state.gone is None:
        raise Conflict("registry.not_left", "She has not left.", rule="who comes back has left before")
    if command.how != "correction" and command.valid.last < state.gone.valid.first:
        raise Refused(
            "registry.back_before_leaving",
            f"The date {command.valid} is before she left ({state.gone.valid}).",
            field="valid",
            value=str(command.valid),
            rule="she comes back after she left; a mistake is a correction",
            right=f"a date from {state.gone.valid.first} on",
        )
    sealed = personal(command.woman_id, {"reason": command.reason})
    return [WomanRejoined(command.woman_id, command.how, str(command.valid), command.source, sealed)]


def listed_again(state: Registered, woman_id: UUID, as_of: date) -> list[Event]:
    """A register newer than her leaving names her: she is back, some day between the two."""
    if state.gone is None or as_of <= state.gone.valid.last:
        return []
    valid = str(ValidDate.after(state.gone.valid.last, as_of))
    return [WomanRejoined(woman_id, BACK[state.gone.why], valid, "register")]


def check_happened(valid: ValidDate, today: date) -> None:
    """A fact has happened: its date is over."""
    if valid.last > today:
        raise Refused(
            "registry.in_the_future",
            f"The date {valid} is not over yet (today is {today}).",
            field="valid",
            value=str(valid),
            rule="a fact has happened",
        )


def check_here(state: Registered, valid: ValidDate) -> None:
    """Nothing happens to her here after she left."""
    if state.gone is not None and valid.last > state.gone.valid.last:
        raise Conflict(
            "registry.left",
            f"She left ({state.gone.why}, {state.gone.valid}) before {valid}.",
            field="valid",
            value=str(valid),
            rule="facts of a woman end when she leaves",
        )


def present(state: State) -> Registered:
    """Her state; refusals for nobody, a merged and an erased record."""
    match state:
        case Unknown():
            raise NotFound("common.not_found", "no such woman in your units")
        case Registered():
            return state
        case Merged():
            raise Conflict(
                "registry.merged",
                f"This record was merged; the woman is {state.into}.",
                rule="facts are reported for the surviving record",
                right=str(state.into),
            )
        case Erased():
            raise erased()
        case _:
            assert_never(state)


def erased() -> Refused:
    """Nothing may be said about an erased woman."""
    return Refused("registry.erased", "Her data were erased; nothing new may be kept.", rule="erased stays erased")
