"""Our side of the comparisons: the kernel as a service uses it, over the counting service of its tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.disks import Server
from bench.rounds import Sample, tasks
from libs.events.commands import Idempotency, Receipt
from libs.events.decider import Decider
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append
from libs.events.vault import MemoryVault
from tests.integration.events import counting


def _decide(count: int, stream: UUID) -> list[counting.Noted]:
    return [counting.Noted(stream, count + 1)]


noting: Decider[int, UUID, counting.Noted] = Decider(0, _decide, lambda _count, event: event.n)


@dataclass
class Ours:
    """An opened publisher whose readers rest."""

    runtime: Runtime
    dsn: str
    streams: list[UUID] = field(default_factory=list)
    turn: int = 0

    async def append(self, clients: int, seconds: float) -> Sample:
        """One event to a new stream: meta, codec, expected version, one call of the server."""
        store = self.runtime.store
        return await tasks(clients, seconds, lambda: store.append(counting.note(uuid7(), 1, NO_STREAM)))

    async def append_batches(self, size: int, seconds: float) -> Sample:
        """`size` events to one new stream in each append; counted in events."""

        async def once() -> None:
            stream = uuid7()
            events = [counting.Noted(stream, n) for n in range(1, size + 1)]
            await self.runtime.store.append(Append(stream, NO_STREAM, events, counting.META))

        sample = await tasks(1, seconds, once)
        return Sample(sample.rate * size, sample.waits)

    async def commands(self, clients: int, seconds: float, streams: int) -> Sample:
        """Whole commands on streams of one event: look for the key, load, decide, append with key and answer."""
        fresh = [uuid7() for _ in range(streams)]
        await self.runtime.store.append_many([counting.note(stream, 1, NO_STREAM) for stream in fresh])
        self.streams, self.turn = fresh, 0
        return await tasks(clients, seconds, self._command)

    async def _command(self) -> Receipt:
        stream = self.streams[self.turn % len(self.streams)]
        self.turn += 1
        key = Idempotency(uuid7(), "bench", "fingerprint")
        return await self.runtime.commands.handle(
            noting,
            stream,
            stream,
            counting.META,
            idempotency=key,
            respond=lambda receipt: b'{"version":%d}' % receipt.version,
        )

    async def fill(self, events: int, per_stream: int) -> int:
        """Write a past of this size; the transaction that wrote last."""
        last = 0
        streams = [uuid7() for _ in range(events // per_stream)]
        for begin in range(0, len(streams), 2_000 // per_stream):
            part = streams[begin : begin + 2_000 // per_stream]
            done = await self.runtime.store.append_many(
                [
                    Append(each, NO_STREAM, [counting.Noted(each, n) for n in range(1, per_stream + 1)], counting.META)
                    for each in part
                ]
            )
            last = done[-1].xid
        return last


@asynccontextmanager
async def ours(server: Server, disk: str, clients: int = 10) -> AsyncIterator[Ours]:
    """On a fresh database, with as many connections as clients."""
    dsn = server.dsn(await server.database("ours", disk))
    runtime = await Runtime.open(
        counting.notes(), dsn, vault=MemoryVault(), clock=counting.clock, ids=uuid7, pool_size=max(clients, 4)
    )
    try:
        yield Ours(runtime, dsn)
    finally:
        await runtime.stop()
