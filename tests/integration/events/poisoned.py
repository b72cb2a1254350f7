"""A consumer that cannot take the notes listed in its table `poison`, and what must hold of what it did.

`python -m tests.integration.events.poisoned TARGET SOURCE [retry|discard]` is a process that is killed while it parks,
retries or discards.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from uuid_utils.compat import uuid7

from libs.events import parked
from libs.events.codec import Codec
from libs.events.contract import Fact
from libs.events.poison import Poison
from libs.events.runtime import Runtime
from libs.events.service import Consumer, Service
from libs.events.status import ReaderStatus
from libs.events.store import ANY, Append
from libs.events.types import Connection, Pool
from libs.events.vault import MemoryVault
from libs.events.wake import Pulse, until
from tests.integration.events import counting

QUICK = Poison(tries=2, first=0.001, longest=0.01)
KEEP = "INSERT INTO applied (number, stream, n) SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::int[])"
ORDER = "SELECT stream, array_agg(n ORDER BY nth) AS ns FROM applied GROUP BY stream"
calls: list[int] = []  # sizes of the batches that were tried


async def apply(tx: Connection, facts: Sequence[Fact[counting.NoteTaken]]) -> None:
    """Keep every note, then find that one of them is poison."""
    calls.append(len(facts))
    notes = [(fact.number, fact.body.stream, fact.body.n) for fact in facts]
    await tx.execute(KEEP, *map(list, zip(*notes, strict=True)))
    bad = await tx.fetchval("SELECT n FROM poison WHERE n = ANY($1) LIMIT 1", [n for _, _, n in notes])
    if bad is not None:
        raise ValueError(f"杨花 and note {bad}")


CONSUMER = Consumer("notes", "notes", (counting.NoteTaken,), apply, QUICK)


def service(consumer: Consumer = CONSUMER) -> Service:
    return Service("reader", Codec(), lambda _: (), consumers=(consumer,), migrations=counting.MIGRATIONS)


async def numbers(pool: Pool, query: str) -> list[int]:
    return [row["number"] for row in await pool.fetch(query)]


async def nothing_is_lost(source: Pool, target: Pool) -> dict[UUID, list[int]]:
    """Applied, parked and discarded are what was published, each once, and in order by key; what was applied."""
    applied = await numbers(target, "SELECT number FROM applied")
    aside = await numbers(target, "SELECT number FROM parked")
    assert sorted([*applied, *aside]) == await numbers(source, "SELECT number FROM published ORDER BY number")
    count = "SELECT sum(parked) FROM offsets"
    assert await target.fetchval(count) == len(aside)
    found = {row["stream"]: row["ns"] for row in await target.fetch(ORDER)}
    assert all(ns == sorted(ns) for ns in found.values())
    return found


async def read_again(pool: Pool, first: int, last: int) -> None:
    """Wait until what was emptied holds these numbers again, each once: a moved reader learns of it within a second."""

    async def done() -> bool:
        return await numbers(pool, "SELECT number FROM applied ORDER BY number") == list(range(first, last + 1))

    assert await until(done, Pulse(), 60)


@dataclass
class House:
    """A publisher of notes and a reader that cannot take some of them."""

    publisher: Runtime
    reader: Runtime
    source: str
    target: str

    async def start(self) -> None:
        await self.publisher.start()
        await self.reader.start({"notes": self.source})

    async def append(self, *notes: tuple[UUID, Sequence[int]]) -> int:
        """The published number of the last one."""
        appends = [Append(stream, ANY, [counting.Noted(stream, n) for n in ns], counting.META) for stream, ns in notes]
        done = await self.publisher.store.append_many(appends)
        number = await self.publisher.wait_published(max(each.xid for each in done), 20)
        assert number is not None
        return number

    async def taken(self, number: int) -> None:
        assert await self.reader._wait_taken("notes", number, 20), (await self.reader.status()).consumers

    async def poison(self, *ns: int) -> None:
        await self.reader.pool.executemany("INSERT INTO poison VALUES ($1)", [(n,) for n in ns])

    async def mend(self) -> None:
        await self.reader.pool.execute("DELETE FROM poison")

    async def applied(self) -> dict[UUID, list[int]]:
        return await nothing_is_lost(self.publisher.pool, self.reader.pool)

    async def shown(self, wanted: Callable[[ReaderStatus], bool]) -> ReaderStatus:
        async with asyncio.timeout(20):
            while True:
                (found,) = (await self.reader.status()).consumers
                if wanted(found):
                    return found
                await asyncio.sleep(0.01)


async def main(target: str, source: str, work: str = "") -> None:
    """Consume until killed, or do what a person would."""
    tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7}
    reader = await Runtime.open(service(), target, **tools)
    if work == "retry":
        for key in await parked.keys_of(reader.pool, "notes"):
            await parked.retry_key(reader.pool, CONSUMER, key, "test")
    elif work == "discard":
        for row in await parked.listed(reader.pool):
            await parked.discard(reader.pool, "notes", row.number, "a test", "test")
    else:
        await reader.start({"notes": source})
        await asyncio.Event().wait()
    await reader.stop()


def patient(**more: object) -> Consumer:
    """The consumer under another policy."""
    return replace(CONSUMER, poison=replace(QUICK, **more))  # type: ignore[arg-type]


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
