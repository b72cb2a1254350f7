"""A tiny service for simulations: accounts that take amounts; read models that count, sum up and check the order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from libs.events.codec import Codec
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.decider import Decider
from libs.events.recorded import next_numbers
from libs.events.service import Consumer, Projection, Service
from libs.events.store import Recorded
from libs.events.testing.simulation.database import Call, Database, Model, Rows
from libs.events.testing.simulation.table import Values
from libs.events.types import Connection
from libs.values.errors import Refused

TABLES = """
CREATE TABLE tally (
    place text NOT NULL, stream uuid NOT NULL, count int NOT NULL, total bigint NOT NULL, last int NOT NULL,
    broken boolean NOT NULL DEFAULT false, PRIMARY KEY (place, stream)
);
CREATE TABLE kept (recorded bigint PRIMARY KEY, event_id uuid NOT NULL UNIQUE, key uuid NOT NULL, n int NOT NULL);
"""
TALLY = """
INSERT INTO tally (place, stream, count, total, last)
SELECT $1, * FROM unnest($2::uuid[], $3::int[], $4::bigint[], $5::int[])
ON CONFLICT (place, stream) DO UPDATE SET count = tally.count + excluded.count, total = tally.total + excluded.total,
    last = excluded.last, broken = tally.broken OR excluded.last - excluded.count <> tally.last
"""
KEEP = """
INSERT INTO kept (recorded, event_id, key, n)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::int[])
"""


@dataclass(frozen=True, slots=True)
class Account:
    """How many amounts, and their sum."""

    count: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Put:
    """Put amounts into an account, all or none; the sum stays below `limit`."""

    stream: UUID
    amounts: tuple[int, ...]
    limit: int = 1_000_000


@dataclass(frozen=True, slots=True)
class AmountPut:
    """`n` counts up within the account."""

    stream: UUID
    n: int
    amount: int


class AmountTold(Contract):
    """What the world hears of it."""

    topic: ClassVar[str] = "accounts"
    type: ClassVar[str] = "accounts.amount-told.v1"

    stream: UUID
    n: int
    amount: int


def decide(state: Account, command: Put) -> list[AmountPut]:
    """One event for each amount."""
    if state.total + sum(command.amounts) > command.limit:
        raise Refused("accounts.full", "The account is full.", right="put less")
    numbered = enumerate(command.amounts, start=state.count + 1)
    return [AmountPut(command.stream, n, amount) for n, amount in numbered]


def evolve(state: Account, event: AmountPut) -> Account:
    """Count and add; a gap is a broken stream."""
    assert event.n == state.count + 1, f"event {event.n} follows {state.count}"
    return replace(state, count=event.n, total=state.total + event.amount)


account: Decider[Account, Put, AmountPut] = Decider(Account(), decide, evolve)


def publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:
    """Every amount is told."""
    event: AmountPut = recorded.event
    yield Outgoing(event.stream, AmountTold(stream=event.stream, n=event.n, amount=event.amount))


async def tally(tx: Connection, place: str, items: Sequence[tuple[UUID, int, int]]) -> None:
    """Count, sum up and check the order of each stream's amounts."""
    groups: dict[UUID, list[tuple[int, int]]] = {}
    for stream, n, amount in items:
        groups.setdefault(stream, []).append((n, amount))
    rows = sorted((key, len(each), sum(a for _, a in each), each[-1][0]) for key, each in groups.items())
    await tx.execute(TALLY, place, *map(list, zip(*rows, strict=True)))


async def project(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """The publisher's own read model."""
    await tally(tx, "projection", [(e.event.stream, e.event.n, e.event.amount) for e in events])


async def consume(tx: Connection, facts: Sequence[Fact[AmountTold]]) -> None:
    """The reader's read model."""
    await tally(tx, "consumer", [(fact.body.stream, fact.body.n, fact.body.amount) for fact in facts])


async def keep(tx: Connection, facts: Sequence[Fact[AmountTold]]) -> None:
    """Another of the reader's: each fact under a recorded number."""
    numbers = await next_numbers(tx, "kept", len(facts))
    rows = zip(numbers, facts, strict=True)
    columns = [(number, fact.event_id, fact.body.stream, fact.body.n) for number, fact in rows]
    await tx.execute(KEEP, *map(list, zip(*columns, strict=True)))


def codec() -> Codec:
    """Of the one event."""
    return Codec().add("amount-put", AmountPut)


def accounts() -> Service:
    """The publisher."""
    return Service("accounts", codec(), publish, (Projection("tally", (AmountPut,), project),))


def reader() -> Service:
    """The reader."""
    handles = (AmountTold,)
    consumers = (Consumer("tally", "accounts", handles, consume), Consumer("kept", "accounts", handles, keep))
    return Service("reader", Codec(), lambda _: (), consumers=consumers)


async def _tally(call: Call, place: str, *columns: Sequence[Any]) -> Rows:
    made = []
    for stream, count, total, last in zip(*columns, strict=True):
        new = {"place": place, "stream": stream, "count": count, "total": total, "last": last, "broken": False}
        made.append(await call.database.tables["tally"].upsert(call.tx, new, partial(_merged, new)))
        await call.pause()
    return [version.values for version in made]


def _merged(new: Values, row: Values) -> Values:
    broken = row["broken"] or new["last"] - new["count"] != row["last"]
    sums = {"count": row["count"] + new["count"], "total": row["total"] + new["total"]}
    return {**sums, "last": new["last"], "broken": broken}


async def _keep(call: Call, *columns: Sequence[Any]) -> Rows:
    made = []
    for row in zip(*columns, strict=True):
        values = dict(zip(("recorded", "event_id", "key", "n"), row, strict=True))
        made.append(await call.database.tables["kept"].insert(call.tx, values))
        await call.pause()
    return [version.values for version in made]


def add_tallies(database: Database) -> None:
    """The tables of `TABLES`."""
    database.table("tally", tally_pkey=("place", "stream"))
    database.table("kept", kept_pkey=("recorded",), kept_event_id_key=("event_id",))


TALLY_MODELS: dict[str, Model] = {TALLY: _tally, KEEP: _keep}
