"""A tiny publisher and a tiny reader for the kernel's tests: tallies of notes per stream."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from uuid_utils.compat import uuid7

from libs.events.codec import Codec
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.meta import Meta
from libs.events.service import Consumer, Projection, Service
from libs.events.store import Append, Expected, Recorded
from libs.events.types import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Noted:
    """A private event; `n` counts up within its stream."""

    stream: UUID
    n: int


class NoteTaken(Contract):
    """What the world hears of a note."""

    topic: ClassVar[str] = "notes"
    type: ClassVar[str] = "notes.taken.v1"

    stream: UUID
    n: int


META = Meta("test", "tester", "000000000000", uuid7())
TALLY = """
INSERT INTO tally (place, stream, count, total, last)
SELECT $1, * FROM unnest($2::uuid[], $3::int[], $4::bigint[], $5::int[])
ON CONFLICT (place, stream) DO UPDATE SET count = tally.count + excluded.count, total = tally.total + excluded.total,
    last = excluded.last, broken = tally.broken OR excluded.last - excluded.count <> tally.last
"""


def clock() -> datetime:
    return datetime.now(UTC)


def codec() -> Codec:
    return Codec().add("noted", Noted)


def publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:
    event: Noted = recorded.event
    yield Outgoing(event.stream, NoteTaken(stream=event.stream, n=event.n))


async def tally(tx: Connection, place: str, notes: Sequence[tuple[UUID, int]]) -> None:
    """Count, sum up and check the order of the notes of each stream."""
    groups: defaultdict[UUID, list[int]] = defaultdict(list)
    for stream, n in notes:
        groups[stream].append(n)
    rows = sorted((stream, len(ns), sum(ns), ns[-1]) for stream, ns in groups.items())
    await tx.execute(TALLY, place, *map(list, zip(*rows, strict=True)))


async def project(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    await tally(tx, "projection", [(each.stream_id, each.event.n) for each in events])


async def consume(tx: Connection, facts: Sequence[Fact[NoteTaken]]) -> None:
    await tally(tx, "consumer", [(fact.body.stream, fact.body.n) for fact in facts])


def notes() -> Service:
    return Service(
        "notes", codec(), publish, (Projection("tally", (Noted,), project, tables=("tally",)),), migrations=MIGRATIONS
    )


def reader() -> Service:
    return Service(
        "reader",
        Codec(),
        lambda _: (),
        consumers=(Consumer("notes", "notes", (NoteTaken,), consume),),
        migrations=MIGRATIONS,
    )


def note(stream: UUID, n: int, expected: Expected) -> Append:
    return Append(stream, expected, [Noted(stream, n)], META)
