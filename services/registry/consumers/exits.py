"""The clock of an exit, and what goes on around it: notices and after-care end, the office's word counts.

It runs over the registry's own log. Timers end a notice and the after-care, once and never early; when the office (by
report or register) takes the household out, or nobody of it is left, a running process ends with that; when office and
process say otherwise, the difference stands on the worklist until both agree or a person has settled it.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.process import CancelTimer, Process, Reaction, Refusal, SetTimer, Step, Turn
from libs.events.store import Recorded
from libs.events.timers import Timer
from services.registry.domain import woman_events as w
from services.registry.domain.exits import commands as c
from services.registry.domain.exits import events as e
from services.registry.domain.exits.process import exit_process
from services.registry.domain.exits.rules import after
from services.registry.domain.exits.state import CONFIRMED, NotProposed, State, step_of
from services.registry.domain.keys import exit_timer_id
from services.registry.domain.words import Source, Status
from services.registry.handlers.households import OF_WOMAN, last_exit, women_of

NOTICE: Final = "notice"
AFTERCARE: Final = "aftercare"
HANDLES = (
    e.NoticeStarted,
    e.NoticeInterrupted,
    e.ExitConfirmed,
    e.ExitRefused,
    e.ExitWithdrawn,
    e.ExitOvertaken,
    e.HouseholdReturned,
    w.WomanExited,
    w.WomanReturned,
    w.WomanChanged,
    w.WomanErased,
    w.WomanMergedInto,
    w.WomanLeft,
)
GONE: Final[dict[type, e.OvertakenBy]] = {
    w.WomanErased: "erased",
    w.WomanMergedInto: "merged",
    w.WomanLeft: "left",
}


async def react(turn: Turn, recorded: Recorded[Any]) -> Sequence[Step]:  # noqa: PLR0911 - one answer a kind of event
    """What follows from one event of the registry's log."""
    match recorded.event:
        case e.NoticeStarted() as event:
            return [_timer(event.process_id, NOTICE, event.until, turn=event.turn)]
        case e.ExitConfirmed() as event:
            return [_timer(event.process_id, AFTERCARE, event.until)]
        case e.NoticeInterrupted() | e.ExitRefused() | e.ExitWithdrawn() | e.ExitOvertaken() | e.HouseholdReturned():
            ended: UUID = recorded.event.process_id
            return [CancelTimer(exit_timer_id(ended, NOTICE)), CancelTimer(exit_timer_id(ended, AFTERCARE))]
        case w.WomanExited() as event:
            return await _office(turn, event.household_id, "exited", event.valid, event.source)
        case w.WomanReturned() as event:
            return await _office(turn, event.household_id, "returned", event.valid, event.source)
        case w.WomanChanged() as event:
            if "status" not in event.changed:
                return []
            facts = event.facts
            return await _office(turn, facts.household_id, facts.status, str(event.as_of), "register")
        case event:
            return await _gone(turn, event)


async def timeout(_turn: Turn, timer: Timer) -> Sequence[Step]:
    """The last day of a notice or of after-care is over."""
    process_id, until = UUID(timer.payload["process_id"]), date.fromisoformat(timer.payload["until"])
    command: c.Command = c.CloseExit(process_id, until)
    if "turn" in timer.payload:
        command = c.EndNotice(process_id, timer.payload["turn"], until)
    return [Reaction(exit_process, process_id, command)]


def refused(refusal: Refusal) -> Sequence[Step]:
    """What clock and office say is never refused: said too late, it changes nothing."""
    raise AssertionError(f"the exit refused what it may not: {refusal.error.code}") from refusal.error


async def _office(turn: Turn, household_id: UUID, said: Status, valid: str, source: Source) -> Sequence[Step]:
    """The state of a woman of the household was told, by the office or by the process itself."""
    _ordinal, process_id, state = await last_exit(turn, household_id)
    if isinstance(state, NotProposed):
        return []
    assert turn.tx is not None
    women = await women_of(turn.tx, turn, household_id)
    if said == "exited":
        all_out = all(each.facts.status == "exited" for each in women.values())
        return _all_out(process_id, state, valid, source) if all_out else []
    commands: list[c.Command] = []
    if said == "returned" and source != "process":
        commands.append(c.ReturnHousehold(process_id, valid, source))
    commands.append(c.CompareWithOffice(process_id, said, valid, source))
    return _reactions(process_id, commands)


def _all_out(process_id: UUID, state: State, valid: str, source: Source) -> Sequence[Step]:
    assert not isinstance(state, NotProposed)
    if source != "process" and step_of(state) not in CONFIRMED:
        overtaken = c.OvertakeExit(process_id, "office", valid, source)
        return _reactions(process_id, [overtaken])
    return _reactions(process_id, [c.CompareWithOffice(process_id, "exited", valid, source)])


async def _gone(turn: Turn, event: w.WomanErased | w.WomanMergedInto | w.WomanLeft) -> Sequence[Step]:
    """A record of a household is no more; with its last one the process has nobody left."""
    assert turn.tx is not None
    household_id = await turn.tx.fetchval(OF_WOMAN, event.woman_id)
    _ordinal, process_id, state = await last_exit(turn, household_id)
    if isinstance(state, NotProposed) or await women_of(turn.tx, turn, household_id):
        return []
    return _reactions(process_id, [c.OvertakeExit(process_id, GONE[type(event)])])


def _reactions(process_id: UUID, commands: Collection[c.Command]) -> list[Step]:
    return [Reaction(exit_process, process_id, command) for command in commands]


def _timer(process_id: UUID, what: str, until: date, **more: int) -> SetTimer:
    payload = {"process_id": str(process_id), "until": until.isoformat(), **more}
    return SetTimer(exit_timer_id(process_id, what), after(until), payload)


PROCESS = Process("registry.exits", HANDLES, react, refused, timeout=timeout)
