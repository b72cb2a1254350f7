"""Consumers over a modelled broker: one that looks by itself, and a member of a group with its heartbeats."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka.errors import IllegalStateError, KafkaError  # type: ignore[import-untyped]
from aiokafka.structs import TopicPartition  # type: ignore[import-untyped]

from libs.events.testing.simulation.broker import Message
from libs.events.testing.simulation.group import Share
from libs.events.testing.simulation.wire import Wire

BACKOFF = 0.1  # seconds between two tries
JOIN_MORE = 5.0  # seconds longer than a rebalance may take that an answer to a join is waited for
NO_TIME = 1e-9

Messages = dict[Any, list[Message]]


class Reader:
    """Reads the partitions assigned to it, from the places it was told."""

    def __init__(self, wire: Wire) -> None:
        """See SimulatedKafka."""
        self._wire = wire
        self._topic = ""
        self._places: dict[int, int] = {}
        self._seen = -1  # arrivals at the broker when nothing was left

    async def start(self) -> None:
        """Raises KafkaError while the broker is away."""
        await self._wire.ask(lambda: None)

    async def stop(self) -> None:
        """Nothing to do."""

    async def cut(self) -> None:
        """Nothing to do."""

    def assign(self, partitions: Sequence[Any]) -> None:
        """These, from their beginnings."""
        self._topic = partitions[0].topic
        self._places = {each.partition: 0 for each in partitions}

    def seek(self, there: Any, offset: int) -> None:
        """Go on from an offset; raises IllegalStateError for another's partition."""
        self._mine(there)
        self._places[there.partition] = offset
        self._seen = -1

    async def position(self, there: Any) -> int:
        """The next offset; raises IllegalStateError for another's partition."""
        self._mine(there)
        return self._places[there.partition]

    async def beginning_offsets(self, partitions: Sequence[Any]) -> dict[Any, int]:
        """All 0: nothing is cut off."""
        await self._wire.ask(lambda: None)
        return dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: Sequence[Any]) -> dict[Any, int]:
        """The offset after the last record of each."""
        if not partitions:
            return {}
        ends = await self._wire.ask(partial(self._wire.broker.ends, partitions[0].topic))
        return {each: ends[each.partition] for each in partitions}

    async def getmany(self, *partitions: Any, timeout_ms: int, max_records: int = 500) -> Messages:
        """Records by partition, each in order, with their end after `timeout_ms`; empty while the broker is away."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1000
        wanted = [each.partition for each in partitions]
        while True:
            await self._settled()
            found = await self._fetch(wanted or list(self._places), max_records)
            left = deadline - loop.time()
            if found or left <= NO_TIME:
                return found
            await self._wire.broker.arrivals.after(self._seen, left)
            if self._seen != self._wire.broker.arrivals.count and not await self._pause(deadline):
                return {}

    async def _pause(self, deadline: float) -> bool:
        """What has arrived is told by an answer that is on its way; False when that is too late."""
        loop = asyncio.get_running_loop()
        if self._seen < 0:
            await asyncio.sleep(min(BACKOFF, max(0.0, deadline - loop.time())))
        return loop.time() < deadline

    async def _settled(self) -> None:
        """A reader without a group always knows what is its own."""

    async def _fetch(self, wanted: Sequence[int], most: int) -> Messages:
        broker = self._wire.broker
        if self._seen == broker.arrivals.count:
            return {}  # the request that waits at the broker has no answer yet
        asked = {each: self._places[each] for each in wanted}
        try:
            self._seen, found = await self._wire.ask(partial(broker.fetch, self._topic, asked))
        except KafkaError:
            self._seen = -1
            return {}
        kept: Messages = {}
        for partition, messages in found.items():
            if self._places.get(partition) == asked[partition] and most > 0:
                kept[TopicPartition(self._topic, partition)] = taken = messages[:most]
                self._places[partition] = taken[-1].offset + 1
                most -= len(taken)
        if found:
            self._seen = -1  # there may be more
        return kept

    def _mine(self, there: Any) -> None:
        if there.topic != self._topic or there.partition not in self._places:
            raise IllegalStateError(f"No current assignment for partition {there}")


class Member(Reader):
    """Reads what its group gives it: it asks for a share, gives signs of life, and asks anew when told to."""

    def __init__(self, wire: Wire, group: str, topic: str, listener: Any, session: float) -> None:
        """`listener` hears of each change of the share."""
        super().__init__(wire)
        self._topic = topic
        self._group = wire.broker.group(group)
        self._listener = listener
        self._session = session
        self._share: Share | None = None
        self._id: int | None = None
        self._sharing = asyncio.Event()
        self._belonging: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Waits for the first share, for ever if need be."""
        await super().start()
        self._belonging = asyncio.get_running_loop().create_task(self._belong(), name="member")
        await self._sharing.wait()

    async def stop(self) -> None:
        """Leave the group, if the broker hears of it."""
        await self.cut()
        if self._id is not None:
            await self._wire.ask(partial(self._group.leave, self._id))

    async def cut(self) -> None:
        """No more signs of life."""
        if self._belonging is not None:
            self._belonging.cancel()
            await asyncio.wait((self._belonging,))

    async def commit(self, places: Mapping[Any, int]) -> None:
        """Raises IllegalStateError for another's partition, CommitFailedError when the share is no longer right."""
        for each in places:
            self._mine(each)
        share = self._share
        if not places or share is None:
            return
        told = {each.partition: place for each, place in places.items()}
        await self._wire.ask(partial(self._group.commit, share.member, share.generation, told))

    async def _settled(self) -> None:
        await self._sharing.wait()

    async def _belong(self) -> None:
        while True:
            self._listener.on_partitions_revoked(self._there())
            try:
                share: Share = await self._wire.ask(self._join, timeout=self._session + JOIN_MORE)
            except KafkaError:
                await asyncio.sleep(BACKOFF)
                continue
            self._id, self._share, self._seen = share.member, share, -1
            self._places = {each: self._group.committed.get(each, 0) for each in share.partitions}
            self._listener.on_partitions_assigned(self._there())
            self._sharing.set()
            await self._live(share)
            self._sharing.clear()

    def _join(self) -> "asyncio.Future[Share]":
        return self._group.join(self._id, self._session)

    async def _live(self, share: Share) -> None:
        """Until the share is no longer right."""
        beat = partial(self._group.heartbeat, share.member, share.generation)
        while True:
            await asyncio.sleep(self._session / 4)
            try:
                if not await self._wire.ask(beat):
                    return
            except KafkaError:
                continue
            except KeyError:  # forgotten: a stranger to the group
                self._id = None
                return

    def _there(self) -> Iterable[Any]:
        return [TopicPartition(self._topic, each) for each in self._places]
