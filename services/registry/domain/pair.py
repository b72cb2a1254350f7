"""Two records that may be one woman: found by a scan, decided by people, found again when what they knew changes.

Both units of a pair across units say what they think; it is settled when they agree, or by a unit above both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.values.division import Division
from libs.values.errors import Conflict, NotFound, Refused
from services.registry.domain.likeness import Found
from services.registry.domain.pair_events import (
    Answer,
    Event,
    Lost,
    PairChanged,
    PairClosed,
    PairDecided,
    PairFound,
    PairProposed,
    PairReopened,
    Settled,
    Side,
    Why,
)

# Commands


@dataclass(frozen=True, slots=True)
class Find:
    """A scan says: likely one woman, for these reasons. `one` is the smaller id of the two."""

    pair_id: UUID
    one: UUID
    other: UUID
    found: Found


@dataclass(frozen=True, slots=True)
class Lose:
    """A scan says: not likely any more, or one record stands for nobody of its own."""

    pair_id: UUID
    why: Lost


@dataclass(frozen=True, slots=True)
class Propose:
    """The unit of one side says what it thinks; `print` is of the data as they are now."""

    pair_id: UUID
    side: Side
    unit: str
    answer: Answer
    print: str


@dataclass(frozen=True, slots=True)
class Decide:
    """A unit to which both records belong decides."""

    pair_id: UUID
    unit: str
    answer: Answer
    print: str


@dataclass(frozen=True, slots=True)
class Undo:
    """The decision was wrong. `side` is None for a unit to which both records belong."""

    pair_id: UUID
    side: Side | None


Command: TypeAlias = Find | Lose | Propose | Decide | Undo

# State


@dataclass(frozen=True, slots=True)
class Unknown:
    """Never found."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the unit of one side says."""

    unit: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Known:
    """Which records, and why they are alike."""

    pair_id: UUID
    one: UUID
    other: UUID
    found: Found


@dataclass(frozen=True, slots=True)
class Open:
    """Waits for people."""

    known: Known
    proposals: Mapping[Side, Proposal] = field(default_factory=dict)

    @property
    def disputed(self) -> bool:
        """Whether both sides have spoken; had they agreed it would be decided."""
        return len(self.proposals) == 2


@dataclass(frozen=True, slots=True)
class Decided:
    """Settled on data with this print."""

    known: Known
    answer: Answer
    settled: Settled
    print: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing to decide any more."""

    known: Known
    why: Lost


State: TypeAlias = Unknown | Open | Decided | Closed


def decide(state: State, command: Command) -> list[Event]:
    """What follows from a command; refusals name their rule."""
    match command:
        case Find():
            return _find(state, command)
        case Lose():
            return [PairClosed(command.pair_id, command.why)] if isinstance(state, Open) else []
        case Propose():
            return _propose(_waiting(state), command)
        case Decide():
            _check(_waiting(state), command.answer)
            settled: Settled = "decision"
            return [PairDecided(command.pair_id, command.answer, settled, command.unit, command.print)]
        case Undo():
            return _undo(state, command)
        case _:
            assert_never(command)


def _find(state: State, command: Find) -> list[Event]:
    found = command.found
    match state:
        case Unknown():
            return [PairFound(command.pair_id, command.one, command.other, found)]
        case Open():
            return [] if state.known.found == found else [PairChanged(command.pair_id, found)]
        case Decided():
            if state.answer.verdict == "same":  # both live: the merge was undone on her own record
                return [PairReopened(command.pair_id, "separated", found)]
            return [] if state.print == found.print else [PairReopened(command.pair_id, "data_changed", found)]
        case Closed():
            return [PairReopened(command.pair_id, "alike_again", found)]
        case _:
            assert_never(state)


def _propose(state: Open, command: Propose) -> list[Event]:
    _check(state, command.answer)
    mine = state.proposals.get(command.side)
    if mine is not None and mine.unit != command.unit and Division(mine.unit).covers(Division(command.unit)):
        raise Conflict(
            "registry.pair_spoken_above",
            f"The unit above yours ({mine.unit}) has said what this side thinks.",
            rule="a unit does not overrule the unit above it",
            right=f"ask {mine.unit} to change it",
        )
    if mine == Proposal(command.unit, command.answer):
        return []
    said = PairProposed(command.pair_id, command.side, command.unit, command.answer)
    theirs = state.proposals.get("other" if command.side == "one" else "one")
    if theirs is None or theirs.answer != command.answer:
        return [said]
    return [said, PairDecided(command.pair_id, command.answer, "agreement", command.unit, command.print)]


def _undo(state: State, command: Undo) -> list[Event]:
    match state:
        case Unknown():
            raise _nobody()
        case Open() | Closed():
            raise Conflict("registry.pair_not_decided", "This pair is not decided.", rule="undo follows a decision")
        case Decided():
            if command.side is not None and state.settled != "agreement":
                raise Refused(
                    "registry.pair_decided_above",
                    "A unit above both records decided this pair; only such a unit takes it back.",
                    rule="what both units agreed on either takes back; what was decided above them only a unit above",
                )
            why: Why = "undone"
            return [PairReopened(command.pair_id, why, state.known.found)]
        case _:
            assert_never(state)


def _waiting(state: State) -> Open:
    match state:
        case Unknown():
            raise _nobody()
        case Open():
            return state
        case Decided():
            raise Conflict(
                "registry.pair_decided",
                f"This pair is decided already: {state.answer.verdict}.",
                rule="a pair is decided once",
                right="undo the decision first",
            )
        case Closed():
            raise Conflict(
                "registry.pair_closed",
                f"There is nothing to decide any more: {state.why}.",
                rule="a pair of which one record was merged or erased, or that is no longer alike, is closed",
            )
        case _:
            assert_never(state)


def _check(state: Open, answer: Answer) -> None:
    """`same` names the record that stays, `different` none."""
    if (answer.verdict == "same") != (answer.survivor is not None):
        raise Refused(
            "registry.pair_survivor",
            "The record that stays is named with `same`, and only then.",
            field="survivor",
            rule="same: one or other; different: none",
            right="one",
        )
    del state


def _nobody() -> NotFound:
    return NotFound("common.not_found", "no such pair in your units")


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    match event:
        case PairFound():
            return Open(Known(event.pair_id, event.one, event.other, event.found))
        case PairChanged():
            return _found_otherwise(state, event.found)
        case PairProposed():
            assert isinstance(state, Open)
            return replace(state, proposals={**state.proposals, event.side: Proposal(event.unit, event.answer)})
        case PairDecided():
            return Decided(_known(state), event.answer, event.settled, event.print)
        case PairReopened():
            return Open(replace(_known(state), found=event.found))
        case PairClosed():
            return Closed(_known(state), event.why)
        case _:
            assert_never(event)


def _found_otherwise(state: State, found: Found) -> Open:
    """What was proposed on other data than these is not said of these."""
    assert isinstance(state, Open)
    kept = state.proposals if state.known.found.print == found.print else {}
    return Open(replace(state.known, found=found), kept)


def _known(state: State) -> Known:
    assert not isinstance(state, Unknown), "the log names a pair before it was found"
    return state.known


pair: Decider[State, Command, Event] = Decider(Unknown(), decide, evolve)
