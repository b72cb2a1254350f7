"""The tasks that read other services: one for each consumer, woken by a publisher of this process or by polling."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime

from libs.events.chain import Fork
from libs.events.consumer import Reading
from libs.events.ending import end, told_to_end
from libs.events.group_reader import GroupReader
from libs.events.status import describe
from libs.events.transport import NotYet
from libs.events.wake import LONGEST, REST, Patience, Polling, Pulse, until

HOLE_ALARM = 30.0  # seconds that a hole may last before it is an error

_log = logging.getLogger("jinguo.events")


class FactTasks:
    """Moves the consumers; a failing one tries again, ever more slowly; a fork stops it until a person acts."""

    def __init__(self, polling: Polling | None = None) -> None:
        """Nothing runs before `start`."""
        self._polling = polling or Polling()
        self.errors: dict[str, str] = {}
        self.forks: set[str] = set()
        self._readers: dict[str, Reading] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._moved = Pulse()

    def start(self, reader: Reading, published: Pulse) -> None:
        """Begin to move one consumer."""
        name = reader.consumer.name
        self._readers[name] = reader
        self._tasks.append(asyncio.create_task(self._move(reader, published), name=f"consumer.{name}"))

    async def stop(self) -> None:
        """End all tasks; what was in a transaction is rolled back and read again."""
        await end(self._tasks)
        self._tasks = []

    def readers(self) -> Iterable[Reading]:
        """The consumers."""
        return self._readers.values()

    async def refresh(self) -> None:
        """Let consumers that are read by a group learn how far the group is."""
        for reader in self._readers.values():
            await reader.refresh()

    def __contains__(self, name: object) -> bool:
        """Whether this process moves the consumer of this name."""
        return name in self._readers

    async def reached(self, name: str) -> tuple[int, datetime | None] | None:
        """How far a consumer of this process, or its group, has read; None before it knows."""
        reader = self._readers.get(name)
        if reader is None:
            return None
        await reader.refresh()
        return (reader.through, reader.through_at) if reader.through_at else None

    async def wait(self, name: str, number: int, timeout: float) -> bool:
        """Wait until a consumer has taken everything up to `number`."""
        reader = self._readers[name]

        async def reached() -> bool:
            return await reader.reached(number)

        return await until(reached, self._moved, timeout, self._polling)

    async def _move(self, reader: Reading, published: Pulse) -> None:
        name, poison = reader.consumer.name, reader.consumer.poison
        patience, retry = self._polling.patience(), Patience(poison.first, poison.longest)
        resumed = False
        while True:
            seen = published.count
            try:
                if not resumed:
                    await reader.resume()
                    resumed = True
                moved = await self._drain(reader)
                await self._held(reader)
                retry.found()
                (patience.found if moved else patience.nothing)()
                await reader.arrived(published, seen, self._polling.longest if reader.told else patience.seconds)
            except NotYet as reason:
                resumed = False
                if retry.seconds >= poison.longest:
                    self.errors[name] = describe(reason)  # somebody else has to begin first: said when it takes long
                await asyncio.sleep(min(retry.seconds, LONGEST))
                retry.nothing()
            except Fork as fork:
                self.errors[name] = describe(fork)
                self.forks.add(name)
                reader.metrics.failed(fork)
                _log.critical("consumer %s stopped for good: %s", name, describe(fork))
                return
            except (Exception, asyncio.CancelledError) as error:  # a consumer never dies silently: it tries again
                if told_to_end():
                    raise
                resumed = False
                self.errors[name] = describe(error)
                reader.metrics.failed(error)
                _log.error("consumer %s stopped: %s; next try in %.2f s", name, describe(error), retry.seconds)
                await asyncio.sleep(retry.seconds)
                retry.nothing()

    async def _drain(self, reader: Reading) -> bool:
        moved = False
        before, handled = reader.through, reader.handled
        while await reader.step():
            moved = True
            if not reader.holes:
                self.errors.pop(reader.consumer.name, None)
            self._moved.beat()
            if reader.handled - handled < reader.batch:
                await asyncio.sleep(REST)
            handled = reader.handled
        if reader.through != before:
            self._moved.beat()
        return moved

    async def _held(self, reader: Reading) -> None:
        """A hole is read again until it closes; when it lasts, it is an error that everybody sees."""
        name = reader.consumer.name
        if isinstance(reader, GroupReader):
            if reader.held_for() > HOLE_ALARM:
                self.errors[name] = f"records are missing in partitions {sorted(reader.holes)}"
            await reader.mend()
            if not reader.holes:
                self.errors.pop(name, None)
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        while reader.holes and not reader.paused:
            if loop.time() - began > HOLE_ALARM:
                self.errors[name] = f"records are missing in partitions {sorted(reader.holes)}"
            await asyncio.sleep(LONGEST)
            if await reader.step():
                self._moved.beat()
        self.errors.pop(name, None)
