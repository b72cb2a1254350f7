"""Between the processes and the servers: delays, lost connections, and a transport as unkind as Kafka may be."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from uuid import UUID

from aiokafka.errors import (  # type: ignore[import-untyped]
    NotLeaderForPartitionError,
    OutOfOrderSequenceNumber,
)

from libs.events.testing.shuffled import mixed
from libs.events.testing.simulation.database import Backend
from libs.events.testing.simulation.faults import Faults
from libs.events.testing.simulation.loop import VirtualLoop
from libs.events.transport import Head, Numbered, Published

QUICK = 0.003  # seconds


class Weather:
    """Draws what happens to each statement; `calm` ends all faults."""

    def __init__(self, loop: VirtualLoop, rng: random.Random, faults: Faults) -> None:
        """Rough until it is calm."""
        self.rng = rng
        self.faults = faults
        self.rough = True
        self._loop = loop
        self._cuts: dict[str, float] = {}
        self._outage = 0.0

    def calm(self) -> None:
        """From now on nothing goes wrong."""
        self.rough = False
        self._cuts = {}
        self._outage = 0.0

    def cut(self, process: str, seconds: float) -> None:
        """A process cannot reach its servers for a while; it hears nothing, not even an error."""
        self._cuts[process] = self._loop.time() + seconds

    def out(self, seconds: float) -> None:
        """The transport is away for a while."""
        self._outage = self._loop.time() + seconds

    def chance(self, probability: float) -> bool:
        """Whether something goes wrong now."""
        return self.rough and probability > 0 and self.rng.random() < probability

    async def pause(self) -> None:
        """A point between two steps of a statement (see `Pauses`)."""
        if self.chance(self.faults.pause) and (seconds := self._delay()):
            await asyncio.sleep(seconds)

    async def travel(self, process: str) -> None:
        """The way to a server, or back."""
        if seconds := self.way(process):
            await asyncio.sleep(seconds)

    def way(self, process: str) -> float:
        """Seconds that a request is on its way."""
        seconds = self._delay()
        if self.rough and self._cuts:
            seconds += max(0.0, self._cuts.get(process, 0.0) - self._loop.time())
        return seconds

    async def reach_transport(self) -> None:
        """Raises OSError while the transport is away."""
        if self.is_out():
            raise ConnectionResetError(104, "Connection reset by peer")

    def is_out(self) -> bool:
        """Whether the transport is away."""
        return self.rough and self._outage > self._loop.time()

    def _delay(self) -> float:
        """Seconds; none at all as often as not."""
        if self.chance(self.faults.slow):
            return self.rng.uniform(0, self.faults.late)
        return self.rng.uniform(0, QUICK) if self.rng.random() < 0.4 else 0.0

    def leave(self, backend: Backend) -> None:
        """A client's connection is gone; the server hears of it now or much later."""
        if self.chance(self.faults.silent):
            self._loop.call_later(self.rng.uniform(0, 30), backend.leave, context=self._loop.outside())
        else:
            backend.leave()


class Line:
    """The network of one process (see `Network`)."""

    def __init__(self, weather: Weather, process: str) -> None:
        """`process` is its name."""
        self._weather = weather
        self._process = process

    async def connecting(self) -> None:
        """Slow or refused now and then."""
        await self._weather.travel(self._process)
        if self._weather.chance(self._weather.faults.lost_before):
            raise TimeoutError

    async def there(self, _sql: str) -> bool:
        """Whether the statement arrives."""
        await self._weather.travel(self._process)
        return not self._weather.chance(self._weather.faults.lost_before)

    async def back(self, _sql: str) -> bool:
        """Whether the answer arrives."""
        return not self._weather.chance(self._weather.faults.lost_after)

    def cancels(self) -> bool:
        """Half of the requests to cancel come too late."""
        return self._weather.rng.random() < 0.5

    def gone(self, backend: Backend) -> None:
        """See `Weather.leave`."""
        self._weather.leave(backend)


class BrokerLine:
    """The way of one process to the broker (see `wire.Weather`)."""

    def __init__(self, weather: Weather, process: str) -> None:
        """`process` is its name."""
        self._weather = weather
        self._process = process

    def way(self) -> float:
        """As to any server."""
        return self._weather.way(self._process)

    def away(self) -> bool:
        """While the transport is."""
        return self._weather.is_out()

    def arrives(self) -> bool:
        """Now and then not."""
        return not self._weather.chance(self._weather.faults.lost_before)

    def returns(self) -> bool:
        """Now and then not."""
        return not self._weather.chance(self._weather.faults.lost_after)

    def refused(self) -> Exception | None:
        """One that passes, or one after which a producer is of no use any more."""
        weather = self._weather
        if not weather.chance(weather.faults.refused):
            return None
        error: Exception = weather.rng.choice([NotLeaderForPartitionError, OutOfOrderSequenceNumber])()
        return error


class UnkindTransport:
    """Order within a partition only, duplicates, records that come later than others; sometimes away."""

    def __init__(self, inner: Numbered, weather: Weather) -> None:
        """Wraps a transport that is kind."""
        self._inner = inner
        self._weather = weather
        self._before: list[Published] = []

    async def head(self) -> Head:
        """See `Transport.head`."""
        await self._weather.reach_transport()
        return await self._inner.head()

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        """See `Transport.read`."""
        await self._weather.reach_transport()
        weather, rng = self._weather, self._weather.rng
        withhold = weather.chance(weather.faults.withhold)
        records = list(await self._inner.read(positions, limit + withhold))
        if withhold:  # one more was read, so that fewer than `limit` still means that there is no more
            records = _without_one(records, rng)[:limit]
        if weather.faults.shuffle:
            records = mixed(records, rng)
        known = [record for record in self._before if record.number <= positions.get(record.partition, 0)]
        if known and weather.chance(weather.faults.duplicate):
            again = rng.sample(known, min(len(known), 3))
            records = [*sorted(again, key=lambda record: record.number), *records]
        self._before = [*self._before, *records][-20:]
        return records

    async def at(self, number: int) -> UUID | None:
        """See `Numbered.at`."""
        await self._weather.reach_transport()
        return await self._inner.at(number)

    async def number_of(self, event_id: UUID) -> int | None:
        """See `Numbered.number_of`."""
        await self._weather.reach_transport()
        return await self._inner.number_of(event_id)

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._inner.close()


def _without_one(records: list[Published], rng: random.Random) -> list[Published]:
    """One record comes later than its successors of the same partition."""
    last = {record.partition: record.number for record in records}
    early = [record for record in records if record.number != last[record.partition]]
    if not early:
        return records
    missing = rng.choice(early)
    return [record for record in records if record is not missing]
