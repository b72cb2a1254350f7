"""A woman of the register (女性人口): registered once, changed by newer registers, exited, returned, merged, erased.

Plain facts carry no identity; name, ids, phone and details are sealed with her own key.
"""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.values.errors import Conflict, NotFound, Refused
from libs.values.valid_date import ValidDate
from services.registry.domain import presence
from services.registry.domain.correction import CorrectWoman, correct
from services.registry.domain.erasure import Reason
from services.registry.domain.keys import exit_key
from services.registry.domain.presence import (
    KeepWoman,
    NoteMissing,
    PresenceCommand,
    ReportLeft,
    ReportRejoined,
    erased,
    present,
)
from services.registry.domain.woman_events import (
    Event,
    Facts,
    WomanChanged,
    WomanErased,
    WomanExited,
    WomanRecoded,
    WomanRegistered,
    WomanReturned,
)
from services.registry.domain.woman_state import Erased, Merged, Registered, State, Unknown, evolve
from services.registry.domain.words import Came, Clear, Source, differing, personal

# Commands


@dataclass(frozen=True, slots=True)
class TakeEntry:
    """A register as of a day says this of her; `source` is the import it stands in.

    `came`: how she came here if she is new. Not `states_poverty`: the status is only for whom nobody knew.
    """

    woman_id: UUID
    facts: Facts
    personal: Clear
    as_of: date
    source: UUID
    came: Came = "identified"
    states_poverty: bool = True


@dataclass(frozen=True, slots=True)
class ReportExit:
    """She left poverty, as the office or a process (with its `exit_id`) says; `valid`: day, month, year, interval."""

    woman_id: UUID
    valid: ValidDate
    source: Source
    reason: str
    today: date
    exit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReportReturn:
    """She fell back (返贫), as the poverty office or a process says."""

    woman_id: UUID
    valid: ValidDate
    source: Source
    reason: str
    today: date


@dataclass(frozen=True, slots=True)
class RecodeDivision:
    """The village she is registered in is `division` since `valid`."""

    woman_id: UUID
    division: str
    change_id: str
    valid: str


@dataclass(frozen=True, slots=True)
class EraseWoman:
    """Her key has been destroyed (PIPL art. 47)."""

    woman_id: UUID
    reason: Reason


Command: TypeAlias = (
    TakeEntry | RecodeDivision | CorrectWoman | ReportExit | ReportReturn | EraseWoman | PresenceCommand
)


def decide(state: State, command: Command) -> list[Event]:  # noqa: PLR0911 - one answer a command
    """What follows from a command; refusals name their rule."""
    match command:
        case TakeEntry():
            return _take(state, command)
        case RecodeDivision():
            return _recode(state, command)
        case CorrectWoman():
            return correct(state, command)
        case ReportExit():
            return _exit(present(state), command)
        case ReportReturn():
            return _return(present(state), command)
        case EraseWoman():
            return _erase(state, command)
        case NoteMissing() | KeepWoman() | ReportLeft() | ReportRejoined():
            return presence.decide(state, command)
        case _:
            assert_never(command)


def _take(state: State, command: TakeEntry) -> list[Event]:
    match state:
        case Unknown():
            out = command.facts.status == "exited"
            sealed = personal(command.woman_id, command.personal)
            return [
                WomanRegistered(
                    command.woman_id, command.facts, out, command.as_of, command.source, sealed, command.came
                )
            ]
        case Registered():
            return _update(state, command)
        case Merged():
            return []  # her entry is the survivor's
        case Erased():
            raise erased()
        case _:
            assert_never(state)


def _update(state: Registered, command: TakeEntry) -> list[Event]:
    if command.as_of < state.as_of:
        return []  # an older register never overwrites a newer one
    facts = command.facts
    if command.as_of < state.status_since or not command.states_poverty:
        facts = replace(facts, status=state.facts.status)  # what the office reported since is newer
    told = differing(state.personal, command.personal)
    plain = [item.name for item in fields(Facts) if getattr(facts, item.name) != getattr(state.facts, item.name)]
    dated = ["as_of"] if command.as_of != state.as_of else []
    if not (told or plain or dated):
        return []
    entered = state.facts.status == "monitored" and facts.status != "monitored"
    first = entered or command.as_of == state.first
    changed = WomanChanged(
        command.woman_id,
        facts,
        command.facts.status == "exited" if first and command.states_poverty else state.baseline_exit,
        command.as_of,
        command.source,
        (*plain, *sorted(told), *dated),
        personal(command.woman_id, told),
    )
    back = presence.listed_again(state, command.woman_id, command.as_of)
    return [*back, changed] if first else [*back, changed, *_moves(state, facts, command)]


def _moves(state: Registered, facts: Facts, command: TakeEntry) -> list[Event]:
    """An exit or return between two registers has an interval as its date: (old as-of, new as-of]."""
    start = state.as_of if command.as_of > state.as_of else state.before
    if facts.status == state.facts.status or start >= command.as_of:
        return []
    valid = str(ValidDate.after(start, command.as_of))
    if facts.status == "exited":
        exit_id = exit_key(command.woman_id, valid)
        return [WomanExited(command.woman_id, facts.household_id, valid, "register", exit_id=exit_id)]
    if facts.status == "returned":
        return [WomanReturned(command.woman_id, facts.household_id, valid, "register", exit_id=state.exit_id)]
    return []


def _recode(state: State, command: RecodeDivision) -> list[Event]:
    """Also of a merged or erased record: each is counted where it stands."""
    match state:
        case Unknown():
            raise NotFound("common.not_found", "no such woman in your units")
        case Registered():
            known = state
        case Merged() | Erased():
            known = state.was
        case _:
            assert_never(state)
    if known.facts.division == command.division:
        return []
    facts = replace(known.facts, division=command.division)
    valid = command.valid
    return [WomanRecoded(command.woman_id, facts, known.baseline_exit, known.as_of, command.change_id, valid)]


def _exit(state: Registered, command: ReportExit) -> list[Event]:
    _check_report(state, command.valid, command.today)
    if state.facts.status == "monitored":
        raise Conflict(
            "registry.only_monitored",
            "Her household is watched and not registered as poor, so it cannot leave poverty.",
            rule="who leaves poverty was registered as poor (建档立卡)",
        )
    if state.facts.status == "exited":
        raise Conflict(
            "registry.already_exited",
            "She has left poverty already; a second exit needs a return (返贫) before it.",
            field="valid",
            rule="exit follows identification or return",
        )
    valid, sealed = str(command.valid), personal(command.woman_id, {"reason": command.reason})
    exit_id = command.exit_id or exit_key(command.woman_id, valid)
    return [WomanExited(command.woman_id, state.facts.household_id, valid, command.source, sealed, exit_id)]


def _return(state: Registered, command: ReportReturn) -> list[Event]:
    _check_report(state, command.valid, command.today)
    if state.facts.status != "exited":
        raise Conflict(
            "registry.not_exited",
            "She has not left poverty, so she cannot fall back into it.",
            field="valid",
            rule="a return follows an exit",
        )
    sealed = personal(command.woman_id, {"reason": command.reason})
    valid, exit_id = str(command.valid), state.exit_id
    return [WomanReturned(command.woman_id, state.facts.household_id, valid, command.source, sealed, exit_id)]


def _check_report(state: Registered, valid: ValidDate, today: date) -> None:
    presence.check_happened(valid, today)
    presence.check_here(state, valid)
    if valid.last < state.status_since:
        raise Refused(
            "registry.older_than_known",
            f"The date {valid} is before the day her present state was known ({state.status_since}).",
            field="valid",
            value=str(valid),
            rule="an older as-of never overwrites a newer one",
            right=f"a date from {state.status_since} on",
        )


def _erase(state: State, command: EraseWoman) -> list[Event]:
    match state:
        case Unknown():
            raise NotFound("common.not_found", "no such woman in your units")
        case Registered() | Merged():
            return [WomanErased(command.woman_id, command.reason)]
        case Erased():
            return []
        case _:
            assert_never(state)


woman: Decider[State, Command, Event] = Decider(Unknown(), decide, evolve)
