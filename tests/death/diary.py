"""The service that dies: a diary of numbered entries about persons, published, tallied, and read by another service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from libs.events.codec import Codec
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.decider import Decider
from libs.events.personal import Personal
from libs.events.service import Consumer, Projection, Service
from libs.events.store import Recorded
from libs.events.types import Connection
from libs.values.errors import Invalid
from tests.integration.events.counting import tally

MIGRATIONS = Path(__file__).parent / "migrations"
TAKE = """
INSERT INTO taken (event_id, number, stream, n) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::int[])
"""


@dataclass(frozen=True, slots=True)
class Written:
    """The n-th entry of a stream, and something nobody else may read."""

    n: int
    words: Personal[str]


@dataclass(frozen=True, slots=True)
class Write:
    """A command: entry `n` may follow only entry n - 1."""

    stream: UUID
    n: int


class EntryWritten(Contract):
    """What the world hears of an entry."""

    topic: ClassVar[str] = "diary"
    type: ClassVar[str] = "diary.entry-written.v1"

    stream: UUID
    n: int


def _decide(last: int, command: Write) -> list[Written]:
    if command.n != last + 1:
        raise Invalid("diary.order", f"entry {command.n} cannot follow entry {last}")
    return [Written(command.n, Personal(command.stream, f"secret {command.n}"))]


DECIDER: Decider[int, Write, Written] = Decider(0, _decide, lambda _last, event: event.n)


def _publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:
    yield Outgoing(recorded.stream_id, EntryWritten(stream=recorded.stream_id, n=recorded.event.n))


async def _project(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    await tally(tx, "projection", [(each.stream_id, each.event.n) for each in events])


async def _consume(tx: Connection, facts: Sequence[Fact[EntryWritten]]) -> None:
    await tally(tx, "consumer", [(fact.body.stream, fact.body.n) for fact in facts])
    rows = [(fact.event_id, fact.number, fact.body.stream, fact.body.n) for fact in facts]
    await tx.execute(TAKE, *map(list, zip(*rows, strict=True)))


def diary() -> Service:
    """The publisher."""
    codec = Codec().add("written", Written)
    return Service("diary", codec, _publish, (Projection("tally", (Written,), _project),), migrations=MIGRATIONS)


def reader() -> Service:
    """The other service."""
    consumer = Consumer("reader.diary", "diary", (EntryWritten,), _consume)
    return Service("reader", Codec(), lambda _: (), consumers=(consumer,), migrations=MIGRATIONS)
