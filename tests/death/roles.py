"""The processes that die: `python -m tests.death.roles ROLE SPECIFICATION` runs one until it is stopped or killed.

A client writes entries and notes in a file which were acknowledged; killed, its successor goes on after the last of
them with the same command ids, as a caller with an Idempotency-Key does.
"""

import asyncio
import itertools
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

from libs.events import parked
from libs.events.commands import Commands, Idempotency, Receipt
from libs.events.forwarder import ForwarderTuning
from libs.events.kafka import Kafka
from libs.events.meta import Meta
from libs.events.pool import is_lost, make_pool
from libs.events.postgres import PostgresStore
from libs.events.rebuild import Rebuild, source_of
from libs.events.runtime import Runtime, Tuning
from libs.events.service import Consumer, Service
from libs.events.store import NO_STREAM, Append
from libs.events.types import Pool
from libs.events.vault import MemoryVault
from libs.events.vault_postgres import PostgresVault
from libs.values.errors import Conflict, NotFound, Refused, Unavailable
from tests.death import diary
from tests.integration.events.counting import clock

T = TypeVar("T")
LEASE = timedelta(seconds=1)
SESSION = 2.0  # seconds after which a silent member's partitions go to others
TUNING = Tuning(LEASE, forwarder=ForwarderTuning(page=50, check_every=2.0), refetch_after=2.0)
MEND = "INSERT INTO mended (stream) VALUES ($1) ON CONFLICT DO NOTHING"
MASTER_KEY = bytes(32)
WRITERS = 4


@dataclass(frozen=True)
class Specification:
    """Where the world of a round lies."""

    run: UUID
    source: str
    target: str
    keys: str
    acknowledged: Path
    kafka: str = ""  # a broker's address; without one the reader asks the publisher's table
    poison: bool = False  # whether the reader stumbles

    def cluster(self) -> Kafka | None:
        """The broker, with topics of this world's own."""
        if not self.kafka:
            return None
        return Kafka(self.kafka, prefix=f"death-{self.run.hex[:12]}.", session_timeout=SESSION, request_timeout=SESSION)

    def dumps(self) -> str:
        """As one argument."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def loads(cls, text: str) -> "Specification":
        """The reverse of `dumps`."""
        given = json.loads(text)
        return cls(UUID(given.pop("run")), acknowledged=Path(given.pop("acknowledged")), **given)


def stream_of(run: UUID, writer: int, nth: int) -> UUID:
    """The stream of a writer's n-th entry."""
    return uuid5(run, f"{writer} {nth // diary.ENTRIES}")


def command_of(run: UUID, writer: int, nth: int) -> UUID:
    """Its command id, whoever sends it and however often."""
    return uuid5(run, f"command {writer} {nth}")


class Writer:
    """Sends the entries of its number one after another, each until it is answered. The last one appends by itself."""

    def __init__(self, store: PostgresStore, run: UUID, number: int) -> None:
        """`run` makes all ids, so that a successor makes the same."""
        self._store = store
        self._commands = Commands(store)
        self._run = run
        self.number = number

    async def write(self, nth: int) -> None:
        """Entry `nth`, by command or as an import does, expecting the version it read."""
        stream, command_id = stream_of(self._run, self.number, nth), command_of(self._run, self.number, nth)
        command = diary.Write(stream, nth)
        meta = Meta("death", "tester", "000000000000", self._run, command_id)
        if self.number == WRITERS - 1:
            await self._append(command, meta)
        else:
            key = Idempotency(command_id, "client", str(nth))
            respond = _by_version if nth % 2 else _by_position
            await self._commands.handle(diary.DECIDER, stream, command, meta, idempotency=key, respond=respond)

    async def _append(self, command: diary.Write, meta: Meta) -> None:
        there = await self._store.load(command.stream)
        if len(there) < command.n:
            events = diary.DECIDER.decide(len(there), command)
            await self._store.append_many([Append(command.stream, len(there) or NO_STREAM, events, meta)])


def _by_version(receipt: Receipt) -> bytes:
    """Known before the append, so that one statement does all."""
    return b"%d" % receipt.version


def _by_position(receipt: Receipt) -> bytes:
    """Known after it, so that a transaction lies around both."""
    return b"%d at %d" % (receipt.version, receipt.position)


async def client(world: Specification, stopped: asyncio.Event) -> None:
    """Writers, each going on where its predecessor was last answered."""
    vault = await _patiently(lambda: PostgresVault.open(world.keys, MASTER_KEY))
    pool = await make_pool(world.source, name="client", frozen=LEASE)
    store = PostgresStore(pool, diary.diary().codec, vault, ids=uuid7)
    done = _answered(world.acknowledged)
    with world.acknowledged.open("a", buffering=1) as answers:

        async def write(writer: Writer) -> None:
            for nth in itertools.count(done[writer.number]):
                if stopped.is_set():
                    return
                await _patiently(partial(writer.write, nth))
                answers.write(f"{writer.number} {nth}\n")
                await asyncio.sleep(0.03)  # the rate of this writer

        await asyncio.gather(*(write(Writer(store, world.run, number)) for number in range(WRITERS)))
    await pool.close()
    await vault.close()


def _answered(acknowledged: Path) -> list[int]:
    """How many entries of each writer were answered; two clients, one of them thawed, may both have noted one."""
    done = [0] * WRITERS
    for line in acknowledged.read_text().splitlines():
        writer, nth = map(int, line.split())
        done[writer] = max(done[writer], nth + 1)
    return done


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await ask()
        except Exception as error:
            if not isinstance(error, (Unavailable, Conflict)) and not is_lost(error):
                raise
            await asyncio.sleep(0.05)  # a server is away: asked again, as a caller would


async def publisher(world: Specification, stopped: asyncio.Event) -> None:
    """Publishes, forwards, projects its own log, and is woken by timers."""
    await _run(diary.diary(), world, world.source, stopped)


async def consumer(world: Specification, stopped: asyncio.Event) -> None:
    """Reads what the publisher tells."""
    await _run(diary.reader(stumbles=world.poison), world, world.target, stopped)


async def _run(service: Service, world: Specification, dsn: str, stopped: asyncio.Event) -> None:
    tools: dict[str, Any] = {"vault": MemoryVault(), "clock": clock, "ids": uuid7, "tuning": TUNING}
    runtime = await _patiently(lambda: Runtime.open(service, dsn, kafka=world.cluster(), **tools))
    await _patiently(lambda: runtime.start({"diary": world.source}))
    await stopped.wait()
    await runtime.stop()


async def warden(world: Specification, stopped: asyncio.Event) -> None:
    """Looks after what was parked: of each second key the first event is discarded, all else is mended and retried."""
    pool = await make_pool(world.target, name="warden", frozen=LEASE)
    [listening] = diary.reader(stumbles=True).consumers
    while not stopped.is_set():
        await _patiently(lambda: _look_after(pool, listening))
        await asyncio.sleep(0.1)  # how often a warden looks
    await pool.close()


async def _look_after(pool: Pool, listening: Consumer) -> None:
    for event in await parked.listed(pool, listening.name):
        with suppress(NotFound):  # a predecessor that was frozen may have been quicker
            if event.error is not None and event.key.int % 2 and event.event["data"]["n"] == 1:
                await parked.discard(pool, listening.name, event.number, "for good", "warden")
            await pool.execute(MEND, event.key)
            await parked.retry_key(pool, listening, event.key, "warden")


async def rebuilder(world: Specification, stopped: asyncio.Event) -> None:
    """Rebuilds the tally, swaps it in, drops the old one, and begins anew."""
    source = source_of(diary.diary(), "tally")
    while not stopped.is_set():
        await _patiently(lambda: _rebuild(Rebuild(world.source, source, page=50)))
        await asyncio.sleep(0.2)  # else its sessions take what the others need


async def _rebuild(work: Rebuild) -> None:
    try:
        await work.build()
        await work.swap()
    except Refused as refused:
        if refused.code == "projection.never_read":  # the publisher has not begun yet
            return await asyncio.sleep(0.1)  # asked again
        if refused.code != "projection.state":
            raise  # else the kept version of a predecessor who was killed before it could drop it
    await work.drop()


ROLES = {
    "client": client,
    "publisher": publisher,
    "consumer": consumer,
    "warden": warden,
    "rebuilder": rebuilder,
}


async def main(role: str, specification: str) -> None:
    """Until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await ROLES[role](Specification.loads(specification), stopped)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
