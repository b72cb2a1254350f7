"""What is known of a woman after her events: not registered, registered, merged into another record, erased."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.values.valid_date import ValidDate
from services.registry.domain.woman_events import (
    Event,
    Facts,
    WomanAbsorbed,
    WomanChanged,
    WomanCorrected,
    WomanErased,
    WomanExited,
    WomanKept,
    WomanLeft,
    WomanMergedInto,
    WomanMissing,
    WomanRecoded,
    WomanRegistered,
    WomanRejoined,
    WomanReleased,
    WomanReturned,
    WomanSeparated,
)
from services.registry.domain.words import Left, Sealed, Status


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not registered."""


@dataclass(frozen=True, slots=True)
class Gone:
    """She left the register for a reason that is no exit from poverty."""

    why: Left
    valid: ValidDate


@dataclass(frozen=True, slots=True)
class Registered:
    """`first` is the day of the register that brought her; `before` the as-of day before the present one.

    `missing` is the day of a full register that did not name her, until somebody says why; `noted` the last such day.
    `exit_id`: of her last exit, while she is out.
    """

    woman_id: UUID
    facts: Facts
    baseline_exit: bool
    first: date
    as_of: date
    before: date
    status_since: date
    personal: Sealed
    absorbed: frozenset[UUID] = frozenset()
    missing: date | None = None
    noted: date | None = None
    gone: Gone | None = None
    exit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """Another record of the woman `into`; `was` comes back with an un-merge."""

    into: UUID
    was: Registered


@dataclass(frozen=True, slots=True)
class Erased:
    """Nothing more may be kept; `was` says where she is counted, and nothing of who she was."""

    was: Registered


State: TypeAlias = Unknown | Registered | Merged | Erased


def evolve(state: State, event: Event) -> State:  # noqa: PLR0911, C901 - one return an event
    """The state after an event."""
    if isinstance(event, WomanMissing | WomanKept | WomanLeft | WomanRejoined):
        return _presence(_registered(state), event)
    match event:
        case WomanRegistered():
            as_of = event.as_of
            return Registered(
                event.woman_id, event.facts, event.baseline_exit, as_of, as_of, as_of, as_of, dict(event.personal)
            )
        case WomanChanged():
            return _changed(_registered(state), event)
        case WomanRecoded():
            return _recoded(state, event)
        case WomanCorrected():
            known = _registered(state)
            return replace(known, facts=event.facts, personal={**known.personal, **event.personal})
        case WomanExited():
            return replace(_moved(_registered(state), "exited", event.valid), exit_id=event.exit_id)
        case WomanReturned():
            return replace(_moved(_registered(state), "returned", event.valid), exit_id=None)
        case WomanMergedInto():
            return Merged(event.survivor_id, _registered(state))
        case WomanSeparated():
            assert isinstance(state, Merged)
            return state.was
        case WomanAbsorbed() | WomanReleased():
            survivor, other = _registered(state), {event.merged_id}
            mine = survivor.absorbed | other if isinstance(event, WomanAbsorbed) else survivor.absorbed - other
            return replace(survivor, absorbed=mine)
        case WomanErased():
            return Erased(replace(state.was if isinstance(state, Merged) else _registered(state), personal={}))
        case _:
            assert_never(event)


def _presence(state: Registered, event: WomanMissing | WomanKept | WomanLeft | WomanRejoined) -> Registered:
    match event:
        case WomanMissing():
            return replace(state, missing=event.as_of, noted=event.as_of)
        case WomanKept():
            return replace(state, missing=None)
        case WomanLeft():
            return replace(state, missing=None, gone=Gone(event.why, ValidDate.parse(event.valid)))
        case WomanRejoined():
            return replace(state, gone=None)
        case _:
            assert_never(event)


def _changed(state: Registered, event: WomanChanged) -> Registered:
    newer = event.as_of > state.as_of
    seen_again = state.missing is None or event.as_of >= state.missing
    entered = state.facts.status == "monitored" and event.facts.status != "monitored"
    return replace(
        state,
        facts=event.facts,
        first=event.as_of if entered else state.first,
        missing=None if seen_again else state.missing,
        baseline_exit=event.baseline_exit,
        as_of=event.as_of,
        before=state.as_of if newer else state.before,
        status_since=max(event.as_of, state.status_since),
        personal={**state.personal, **event.personal},
        exit_id=state.exit_id if event.facts.status == "exited" else None,
    )


def _recoded(state: State, event: WomanRecoded) -> State:
    if isinstance(state, Merged | Erased):
        return replace(state, was=replace(state.was, facts=event.facts))
    return replace(_registered(state), facts=event.facts)


def _moved(state: Registered, status: Status, valid: str) -> Registered:
    since = max(state.status_since, ValidDate.parse(valid).last)
    return replace(state, facts=replace(state.facts, status=status), status_since=since)


def _registered(state: State) -> Registered:
    assert isinstance(state, Registered), "the log names a woman before she was registered"
    return state
