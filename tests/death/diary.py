"""The service that dies: a diary of numbered entries about persons, published, tallied, and read by another service.

Every third entry of a stream sets a timer that leaves an echo; some streams are poison to the reader until somebody
mends them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid5

from libs.events.codec import Codec
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.decider import Decider
from libs.events.personal import Personal
from libs.events.poison import Poison
from libs.events.process import Process, Reaction, Refusal, SetTimer, Step, Turn
from libs.events.service import Consumer, Projection, Service
from libs.events.store import Recorded
from libs.events.timers import Timer
from libs.events.types import Connection
from libs.values.errors import Invalid
from tests.integration.events.counting import tally

MIGRATIONS = Path(__file__).parent / "migrations"
ENTRIES = 15  # of a stream; then the writer begins another, about another person
ECHOED = 3
LATER = timedelta(seconds=0.1)
TAKE = """
INSERT INTO taken (event_id, number, stream, n) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::int[])
"""
UNMENDED = "SELECT s FROM unnest($1::uuid[]) s WHERE NOT EXISTS (SELECT FROM mended WHERE stream = s)"


@dataclass(frozen=True, slots=True)
class Written:
    """The n-th entry of a stream, the nth of its writer, and something nobody else may read."""

    n: int
    nth: int
    words: Personal[str]


@dataclass(frozen=True, slots=True)
class Echoed:
    """What a timer leaves behind."""

    stream: UUID


@dataclass(frozen=True, slots=True)
class Write:
    """A command: the writer's nth entry, which may follow only the one before it in its stream."""

    stream: UUID
    nth: int

    @property
    def n(self) -> int:
        """Its place in the stream."""
        return self.nth % ENTRIES + 1


class EntryWritten(Contract):
    """What the world hears of an entry."""

    topic: ClassVar[str] = "diary"
    type: ClassVar[str] = "diary.entry-written.v1"

    stream: UUID
    n: int
    nth: int


def _decide(last: int, command: Write) -> list[Written]:
    if command.n != last + 1:
        raise Invalid("diary.order", f"entry {command.n} cannot follow entry {last}")
    return [Written(command.n, command.nth, Personal(command.stream, f"secret {command.n}"))]


DECIDER: Decider[int, Write, Written] = Decider(0, _decide, lambda _last, event: event.n)
ECHO: Decider[int, Echoed, Echoed] = Decider(0, lambda _count, echo: [echo], lambda count, _event: count + 1)


def echo_of(stream: UUID) -> UUID:
    """The stream in which a diary's timer leaves its echo; also the timer's id."""
    return uuid5(stream, "echo")


async def _react(turn: Turn, recorded: Recorded[Written]) -> Sequence[Step]:
    if recorded.event.n != ECHOED:
        return []
    stream = recorded.stream_id
    return [SetTimer(echo_of(stream), turn.now + LATER, {"stream": str(stream)})]


async def _echo(_turn: Turn, timer: Timer) -> Sequence[Step]:
    stream = UUID(timer.payload["stream"])
    return [Reaction(ECHO, echo_of(stream), Echoed(stream))]


def _refused(refusal: Refusal) -> Sequence[Step]:
    raise AssertionError(f"an echo is never refused: {refusal.error}")


def _publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:
    if isinstance(recorded.event, Written):
        event, stream = recorded.event, recorded.stream_id
        yield Outgoing(stream, EntryWritten(stream=stream, n=event.n, nth=event.nth))


async def _project(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    await tally(tx, "projection", [(each.stream_id, each.event.n) for each in events])


async def _consume(tx: Connection, facts: Sequence[Fact[EntryWritten]]) -> None:
    await tally(tx, "consumer", [(fact.body.stream, fact.body.n) for fact in facts])
    rows = [(fact.event_id, fact.number, fact.body.stream, fact.body.n) for fact in facts]
    await tx.execute(TAKE, *map(list, zip(*rows, strict=True)))


def is_poison(nth: int) -> bool:
    """Whether the stream of a writer's nth entry is one of the bad ones: every second, from the second on."""
    return nth // ENTRIES % 2 == 1


async def _stumble(tx: Connection, facts: Sequence[Fact[EntryWritten]]) -> None:
    bad = {fact.body.stream for fact in facts if is_poison(fact.body.nth)}
    if bad and await tx.fetch(UNMENDED, list(bad)):
        raise ValueError("poison")
    await _consume(tx, facts)


def diary() -> Service:
    """The publisher."""
    codec = Codec().add("written", Written).add("echoed", Echoed)
    projection = Projection("tally", (Written,), _project, tables=("tally",))
    process = Process("echo", (Written,), _react, _refused, timeout=_echo)
    return Service("diary", codec, _publish, (projection,), processes=(process,), migrations=MIGRATIONS)


def reader(*, stumbles: bool = False) -> Service:
    """The other service; it may stumble over poison."""
    policy = Poison(tries=2, first=0.01, longest=0.05)
    consumer = Consumer("reader.diary", "diary", (EntryWritten,), _consume)
    if stumbles:
        consumer = replace(consumer, apply=_stumble, poison=policy)
    return Service("reader", Codec(), lambda _: (), consumers=(consumer,), migrations=MIGRATIONS)
