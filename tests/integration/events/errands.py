"""A tiny service that reacts: an errand for every note it hears of, three for a stream, and a reminder later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid5

from libs.events.codec import Codec
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.decider import Decider
from libs.events.process import Call, CancelTimer, Process, Reaction, Refusal, SetTimer, Step, Turn
from libs.events.service import Service
from libs.events.store import Recorded
from libs.events.timers import Timer
from libs.values.errors import Refused
from tests.integration.events import counting

LIMIT = 3
START = datetime(2016, 5, 3, 8, tzinfo=UTC)
LATER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Ran:
    """An errand was run; `n` counts them."""

    stream: UUID
    n: int


@dataclass(frozen=True, slots=True)
class Declined:
    """An errand that the rules refused, for a person to see."""

    stream: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """Time has passed."""

    stream: UUID


@dataclass(frozen=True, slots=True)
class Run:
    """Run one errand more."""

    stream: UUID


@dataclass(frozen=True, slots=True)
class Keep:
    """Record an event as it is."""

    event: Declined | Reminded


class ErrandRan(Contract):
    """What the world hears of an errand."""

    topic: ClassVar[str] = "errands"
    type: ClassVar[str] = "errands.ran.v1"

    stream: UUID
    n: int


def _decide(count: int, command: Run | Keep) -> list[Any]:
    if isinstance(command, Keep):
        return [command.event]
    if count >= LIMIT:
        raise Refused("errands.enough", f"{count} errands are enough")
    return [Ran(command.stream, count + 1)]


errand: Decider[int, Run | Keep, Any] = Decider(0, _decide, lambda count, event: count + isinstance(event, Ran))


def stream_of(note: UUID) -> UUID:
    """The errands of a stream of notes."""
    return uuid5(note, "errands")


def timer_of(note: UUID) -> UUID:
    """The reminder of a stream of notes."""
    return uuid5(note, "reminder")


async def react(turn: Turn, fact: Fact[counting.NoteTaken]) -> Sequence[Step]:
    note = fact.body.stream
    return [
        Reaction(errand, stream_of(note), Run(note)),
        SetTimer(timer_of(note), turn.now + LATER, {"note": str(note)}),
    ]


def refused(refusal: Refusal) -> Sequence[Step]:
    stream = refusal.reaction.command.stream
    return [Reaction(errand, refusal.reaction.stream_id, Keep(Declined(stream, refusal.error.code)))]


async def timeout(_turn: Turn, timer: Timer) -> Sequence[Step]:
    note = UUID(timer.payload["note"])
    return [Reaction(errand, stream_of(note), Keep(Reminded(note))), Call("bell", {"note": str(note)})]


async def settle(_turn: Turn, recorded: Recorded[Declined]) -> Sequence[Step]:
    """A refused errand is a person's affair: no reminder any more."""
    return [CancelTimer(timer_of(recorded.event.stream))]


def publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:
    if isinstance(recorded.event, Ran):
        yield Outgoing(recorded.event.stream, ErrandRan(stream=recorded.event.stream, n=recorded.event.n))


def codec() -> Codec:
    return Codec().add("ran", Ran).add("declined", Declined).add("reminded", Reminded)


RUNNING = Process("errands.run", (counting.NoteTaken,), react, refused, "notes", timeout)
SETTLING = Process("errands.settle", (Declined,), settle, refused)


def errands() -> Service:
    return Service("errands", codec(), publish, processes=(RUNNING, SETTLING), migrations=counting.MIGRATIONS)


def without_facts() -> Service:
    """The same, listening to nobody: for tests of timers alone."""
    return replace(errands(), processes=(replace(RUNNING, source=None, handles=()), SETTLING))
