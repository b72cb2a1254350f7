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
from services.registry.domain.erasure import Reason
from services.registry.domain.woman_events import (
    Event,
    Facts,
    WomanAbsorbed,
    WomanChanged,
    WomanErased,
    WomanExited,
    WomanMergedInto,
    WomanRegistered,
    WomanReleased,
    WomanReturned,
    WomanSeparated,
)
from services.registry.domain.words import Clear, Sealed, Source, Status, differing, personal

# Commands


@dataclass(frozen=True, slots=True)
class TakeEntry:
    """A register as of a day says this of her; `source` is the import it stands in."""

    woman_id: UUID
    facts: Facts
    personal: Clear
    as_of: date
    source: UUID


@dataclass(frozen=True, slots=True)
class ReportExit:
    """The poverty office reports that she left poverty; `valid` is a day, month, year or interval."""

    woman_id: UUID
    valid: ValidDate
    source: Source
    reason: str
    today: date


@dataclass(frozen=True, slots=True)
class ReportReturn:
    """The poverty office reports that she fell back (返贫)."""

    woman_id: UUID
    valid: ValidDate
    source: Source
    reason: str
    today: date


@dataclass(frozen=True, slots=True)
class EraseWoman:
    """Her key has been destroyed (PIPL art. 47)."""

    woman_id: UUID
    reason: Reason


Command: TypeAlias = TakeEntry | ReportExit | ReportReturn | EraseWoman

# State


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not registered."""


@dataclass(frozen=True, slots=True)
class Registered:
    """`first` is the day of the register that brought her; `before` the as-of day before the present one."""

    woman_id: UUID
    facts: Facts
    baseline_exit: bool
    first: date
    as_of: date
    before: date
    status_since: date
    personal: Sealed
    absorbed: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Merged:
    """Another record of the woman `into`; `was` comes back with an un-merge."""

    into: UUID
    was: Registered


@dataclass(frozen=True, slots=True)
class Erased:
    """Nothing more may be kept."""


State: TypeAlias = Unknown | Registered | Merged | Erased


def decide(state: State, command: Command) -> list[Event]:
    """What follows from a command; refusals name their rule."""
    match command:
        case TakeEntry():
            return _take(state, command)
        case ReportExit():
            return _exit(_present(state), command)
        case ReportReturn():
            return _return(_present(state), command)
        case EraseWoman():
            return _erase(state, command)
        case _:
            assert_never(command)


def _take(state: State, command: TakeEntry) -> list[Event]:
    match state:
        case Unknown():
            out = command.facts.status == "exited"
            sealed = personal(command.woman_id, command.personal)
            entry = WomanRegistered(command.woman_id, command.facts, out, command.as_of, command.source, sealed)
            return [entry]
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
    if command.as_of < state.status_since:
        facts = replace(facts, status=state.facts.status)  # what the office reported since is newer
    told = differing(state.personal, command.personal)
    plain = [item.name for item in fields(Facts) if getattr(facts, item.name) != getattr(state.facts, item.name)]
    dated = ["as_of"] if command.as_of != state.as_of else []
    if not (told or plain or dated):
        return []
    first = command.as_of == state.first
    changed = WomanChanged(
        command.woman_id,
        facts,
        command.facts.status == "exited" if first else state.baseline_exit,
        command.as_of,
        command.source,
        (*plain, *sorted(told), *dated),
        personal(command.woman_id, told),
    )
    return [changed] if first else [changed, *_moves(state, facts, command)]


def _moves(state: Registered, facts: Facts, command: TakeEntry) -> list[Event]:
    """An exit or return between two registers has an interval as its date: (old as-of, new as-of]."""
    start = state.as_of if command.as_of > state.as_of else state.before
    if facts.status == state.facts.status or start >= command.as_of:
        return []
    valid = str(ValidDate.after(start, command.as_of))
    if facts.status == "exited":
        return [WomanExited(command.woman_id, facts.household_id, valid, "register")]
    if facts.status == "returned":
        return [WomanReturned(command.woman_id, facts.household_id, valid, "register")]
    return []


def _exit(state: Registered, command: ReportExit) -> list[Event]:
    _check_report(state, command.valid, command.today)
    if state.facts.status == "exited":
        raise Conflict(
            "registry.already_exited",
            "She has left poverty already; a second exit needs a return (返贫) before it.",
            field="valid",
            rule="exit follows identification or return",
        )
    sealed = personal(command.woman_id, {"reason": command.reason})
    return [WomanExited(command.woman_id, state.facts.household_id, str(command.valid), command.source, sealed)]


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
    return [WomanReturned(command.woman_id, state.facts.household_id, str(command.valid), command.source, sealed)]


def _check_report(state: Registered, valid: ValidDate, today: date) -> None:
    if valid.last > today:
        raise Refused(
            "registry.in_the_future",
            f"The date {valid} is not over yet (today is {today}).",
            field="valid",
            value=str(valid),
            rule="a fact has happened",
        )
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


def _present(state: State) -> Registered:
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


def evolve(state: State, event: Event) -> State:  # noqa: PLR0911 - one return an event
    """The state after an event."""
    match event:
        case WomanRegistered():
            as_of = event.as_of
            return Registered(
                event.woman_id, event.facts, event.baseline_exit, as_of, as_of, as_of, as_of, dict(event.personal)
            )
        case WomanChanged():
            return _changed(_registered(state), event)
        case WomanExited():
            return _moved(_registered(state), "exited", event.valid)
        case WomanReturned():
            return _moved(_registered(state), "returned", event.valid)
        case WomanMergedInto():
            return Merged(event.survivor_id, _registered(state))
        case WomanSeparated():
            assert isinstance(state, Merged)
            return state.was
        case WomanAbsorbed():
            known = _registered(state)
            return replace(known, absorbed=known.absorbed | {event.merged_id})
        case WomanReleased():
            known = _registered(state)
            return replace(known, absorbed=known.absorbed - {event.merged_id})
        case WomanErased():
            return Erased()
        case _:
            assert_never(event)


def _changed(state: Registered, event: WomanChanged) -> Registered:
    newer = event.as_of > state.as_of
    return replace(
        state,
        facts=event.facts,
        baseline_exit=event.baseline_exit,
        as_of=event.as_of,
        before=state.as_of if newer else state.before,
        status_since=max(event.as_of, state.status_since),
        personal={**state.personal, **event.personal},
    )


def _moved(state: Registered, status: Status, valid: str) -> Registered:
    since = max(state.status_since, ValidDate.parse(valid).last)
    return replace(state, facts=replace(state.facts, status=status), status_since=since)


def _registered(state: State) -> Registered:
    assert isinstance(state, Registered), "the log names a woman before she was registered"
    return state


woman: Decider[State, Command, Event] = Decider(Unknown(), decide, evolve)
