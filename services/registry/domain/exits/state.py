"""Where the exit of a household stands, and what may be done then; folded from its events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, assert_never
from uuid import UUID

from services.registry.domain.exits import events as e
from services.registry.domain.words import Status

Step = Literal["proposed", "checked", "agreed", "noticed", "notice_ended", "township_checked", "monitored"]
Outcome = Literal["declined", "refused", "withdrawn", "overtaken", "returned", "closed"]
Action = Literal[
    "check", "agree", "notice", "interrupt", "object", "decide", "township_check", "confirm", "refuse", "withdraw",
    "return",
]  # fmt: skip
_NO: Final[tuple[Action, ...]] = ("refuse", "withdraw")
ALLOWED: Final[Mapping[Step | Outcome, tuple[Action, ...]]] = MappingProxyType(
    {
        "proposed": ("check", *_NO),
        "checked": ("agree", *_NO),
        "agreed": ("notice", *_NO),
        "noticed": ("object", "decide", "interrupt", *_NO),
        "notice_ended": ("object", "decide", "township_check", *_NO),
        "township_checked": ("confirm", *_NO),
        "monitored": ("return",),
        "closed": ("return",),
        "declined": (),
        "refused": (),
        "withdrawn": (),
        "overtaken": (),
        "returned": (),
    }
)
"""What people may do at each step; notices and after-care are ended by the clock."""
CONFIRMED: Final[frozenset[str]] = frozenset({"monitored", "closed"})


@dataclass(frozen=True, slots=True)
class NotProposed:
    """No such process."""


@dataclass(frozen=True, slots=True)
class Running:
    """`since`: the first day on which the next step may lie; `first` and `until`: of the notice, or of after-care.

    `division`: the village in which the household is, by the code it bears now.
    """

    household_id: UUID
    step: Step
    since: date
    agreed: bool = False
    turn: int = 0
    first: date | None = None
    until: date | None = None
    lodged: frozenset[UUID] = frozenset()
    pending: frozenset[UUID] = frozenset()
    rejected: frozenset[UUID] = frozenset()
    confirmed: date | None = None
    office: Status | None = None
    """What the office says otherwise, while that is on the worklist."""
    division: str = ""


@dataclass(frozen=True, slots=True)
class Over:
    """`was` is the last step; what is found out later about it may still stand on the worklist."""

    household_id: UUID
    outcome: Outcome
    since: date
    confirmed: date | None = None
    office: Status | None = None
    division: str = ""


State: TypeAlias = NotProposed | Running | Over


def step_of(state: Running | Over) -> Step | Outcome:
    """The word for where it stands."""
    return state.step if isinstance(state, Running) else state.outcome


def evolve(state: State, event: e.Event) -> State:  # noqa: C901, PLR0911, PLR0912 - one answer an event
    """Where it stands after an event."""
    match event:
        case e.ExitProposed():
            return Running(event.household_id, "proposed", event.on, division=event.division)
        case e.ExitChecked():
            return replace(_running(state), step="checked", since=event.on)
        case e.HouseholdAgreed():
            return replace(_running(state), step="agreed", since=event.on, agreed=True)
        case e.NoticeStarted():
            was = _running(state)
            return replace(
                was, step="noticed", turn=event.turn, since=event.first, first=event.first, until=event.until
            )
        case e.NoticeInterrupted():
            return replace(_running(state), step="agreed", since=event.on, first=None, until=None)
        case e.NoticeEnded():
            return replace(_running(state), step="notice_ended", since=event.on + timedelta(days=1))
        case e.ObjectionLodged():
            was, new = _running(state), {event.objection_id}
            return replace(was, lodged=was.lodged | new, pending=was.pending | new)
        case e.ObjectionDecided():
            was = _running(state)
            done = {event.objection_id}
            rejected = was.rejected if event.upheld else was.rejected | done
            return replace(was, pending=was.pending - done, rejected=rejected)
        case e.TownshipChecked():
            return replace(_running(state), step="township_checked", since=event.on)
        case e.ExitConfirmed():
            was = _running(state)
            return replace(was, step="monitored", since=event.on, first=event.on, until=event.until, confirmed=event.on)
        case e.HouseholdDeclined():
            return _over(state, "declined", event.on)
        case e.ExitRefused():
            return _over(state, "refused", event.on)
        case e.ExitWithdrawn():
            return _over(state, "withdrawn", event.on)
        case e.ExitOvertaken():
            return _over(state, "overtaken", None)
        case e.ExitClosed():
            return _over(state, "closed", event.on)
        case e.HouseholdReturned():
            return _over(state, "returned", None)
        case e.ExitRecoded():
            return replace(_known(state), division=event.division)
        case e.DifferenceFound():
            return replace(_known(state), office=event.office)
        case e.DifferenceSettled() | e.DifferenceGone():
            return replace(_known(state), office=None)
        case _:
            assert_never(event)


def _over(state: State, outcome: Outcome, on: date | None) -> Over:
    was = _known(state)
    return Over(was.household_id, outcome, on or was.since, was.confirmed, was.office, was.division)


def _running(state: State) -> Running:
    assert isinstance(state, Running), "the log goes on with a process that is over"
    return state


def _known(state: State) -> Running | Over:
    assert not isinstance(state, NotProposed), "the log names a process before it was proposed"
    return state
