"""Clients that send commands over a network which loses requests and answers, and send them again until answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from libs.events.commands import Idempotency, Receipt
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.testing.simulation.nodes import Node, Surroundings
from libs.events.testing.simulation.tallies import Put, account
from libs.values.errors import Conflict, Refused, Unavailable

PATIENCE = 1.5  # seconds a client waits for an answer
WAIT = 1.0  # seconds a client waits for its own write to be seen


class Violated(Exception):
    """A guarantee of the kernel does not hold."""


@dataclass
class Request:
    """One command of a client and what it was told."""

    command_id: UUID
    put: Put
    bodies: list[bytes] = field(default_factory=list)
    event_ids: tuple[UUID, ...] = ()
    refused: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back: the stored bytes, or a refusal for good."""

    body: bytes
    receipt: Receipt | None
    refused: bool = False


class Client:
    """Sends its requests one after another; some of them twice at once, some again after they were answered."""

    def __init__(self, name: str, world: Surroundings, publishers: Sequence[Node], readers: Sequence[Node]) -> None:
        """Asks any of the publishers."""
        self.name = name
        self.requests: list[Request] = []
        self.waited = 0
        self._world = world
        self._publishers = publishers
        self._readers = readers

    async def run(self, puts: Sequence[Put]) -> None:
        """Every command, until each is answered."""
        rng = self._world.rng
        for put in puts:
            request = Request(self._world.ids(), put)
            self.requests.append(request)
            asking = [self._until_answered(request)]
            if rng.random() < 0.2:
                asking.append(self._until_answered(request))
            await asyncio.gather(*asking)
            if rng.random() < 0.3:
                await self._until_answered(request)
            await asyncio.sleep(rng.uniform(0, 0.3))

    async def _until_answered(self, request: Request) -> None:
        while True:
            answer = await self._ask(request)
            if answer is not None:
                break
            await asyncio.sleep(self._world.rng.uniform(0.05, 0.5))
        if answer.refused:
            request.refused = True
            return
        assert answer.receipt is not None
        request.bodies.append(answer.body)
        request.event_ids = answer.receipt.event_ids
        self._world.trace.note(self.name, "answered", answer.body)

    async def _ask(self, request: Request) -> Answer | None:
        """One try; None when no answer came, for whatever reason."""
        world, up = self._world, [node for node in self._publishers if node.up]
        if not up or world.weather.chance(world.faults.lost_before):
            return None
        node = world.rng.choice(up)
        answered: asyncio.Future[Answer | Exception | None] = world.loop.create_future()
        world.loop.spawn(node.process, self._serve(node, request, answered))
        done, _ = await asyncio.wait((answered,), timeout=PATIENCE)
        if not done or world.weather.chance(world.faults.lost_after):
            return None
        answer = answered.result()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _serve(self, node: Node, request: Request, answered: "asyncio.Future[Answer | Exception | None]") -> None:
        """What a route does, in the publisher's process."""
        answer: Answer | Exception | None
        assert node.runtime is not None
        try:
            answer = await self._handle(node.runtime, request)
            if answer.receipt is not None and self._world.rng.random() < 0.3:
                await self._sees_its_write(node.runtime, request, answer.receipt)
        except Refused:
            answer = Answer(b"", None, refused=True)
        except (Unavailable, Conflict):
            answer = None
        except Exception as error:  # noqa: BLE001 - anything else is a finding
            answer = error
        if not answered.done():
            answered.set_result(answer)

    async def _handle(self, runtime: Runtime, request: Request) -> Answer:
        meta = Meta("simulated", "client", "000000000000", request.command_id)
        receipt = await self._commands(runtime, request, meta)
        body = _body(receipt) if receipt.replayed is None else receipt.replayed
        return Answer(body, receipt)

    async def _commands(self, runtime: Runtime, request: Request, meta: Meta) -> Receipt:
        idempotency = Idempotency(request.command_id, self.name, repr(request.put))
        put = request.put
        return await runtime.commands.handle(account, put.stream, put, meta, idempotency=idempotency, respond=_body)

    async def _sees_its_write(self, runtime: Runtime, request: Request, receipt: Receipt) -> None:
        """Read-your-writes: when a wait says yes, the write is seen."""
        source = self._world.databases[0]
        stream, version = request.put.stream, receipt.version
        if await runtime.wait_projected(receipt.xid, "tally", WAIT):
            self.waited += 1
            self._shown(source.tables["tally"].find(("projection", stream), source.transactions.snapshot()), version)
        number = await runtime.wait_published(receipt.xid, WAIT)
        reader = self._world.rng.choice(self._readers)
        if number is None or not reader.up:
            return
        self._published(number)
        assert reader.runtime is not None
        heard: asyncio.Future[bool] = self._world.loop.create_future()
        self._world.loop.spawn(reader.process, self._consumed(reader.runtime, number, stream, version, heard))
        await asyncio.wait((heard,), timeout=WAIT * 2)

    async def _consumed(
        self, runtime: Runtime, number: int, stream: UUID, version: int, heard: "asyncio.Future[bool]"
    ) -> None:
        try:
            seen = await runtime.wait_consumed("tally", number, WAIT)
        except Unavailable:
            seen = False
        if seen:
            target = self._world.databases[1]
            self.waited += 1
            self._shown(target.tables["tally"].find(("consumer", stream), target.transactions.snapshot()), version)
        if not heard.done():
            heard.set_result(seen)

    def _published(self, number: int) -> None:
        told = self._world.databases[0].tables["published"].committed()
        found = max((row["number"] for row in told), default=0)
        if found < number or len([row for row in told if row["number"] <= number]) != number:
            self._world.violations.append(f"wait_published said {number}, the log ends at {found}")

    def _shown(self, row: object, version: int) -> None:
        count = getattr(row, "values", {"count": 0})["count"]
        if count < version:
            self._world.violations.append(f"{self.name}: a wait said that version {version} is seen, {count} is")


def _body(receipt: Receipt) -> bytes:
    return f"version {receipt.version} at {receipt.position}".encode()
