"""Consumers and parked events of a data folder, for the command line: looks and acts whether jinguo runs or not.

Everything is done in the databases, under the locks that the running readers take too.
"""

import getpass
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

from jinguo.databases import running_server
from jinguo.folder import DataFolder
from jinguo.postgres import EmbeddedPostgres
from jinguo.services import every_service, opened
from libs.events import control, parked
from libs.events.consumer import stored
from libs.events.control import Beginning, ConsumerState
from libs.events.pool import make_pool
from libs.events.runtime import Runtime
from libs.events.service import Consumer, Service
from libs.events.types import Pool
from libs.values.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Line:
    """A consumer as listed; `state` is None for one that has not begun to read."""

    name: str
    source: str
    head: int
    state: ConsumerState | None


@dataclass(frozen=True, slots=True)
class Move:
    """What starting a consumer elsewhere would do.

    It has taken everything up to `number` of `head`; it would never take `skipped` events, and `again` a second time.
    """

    name: str
    number: int
    head: int
    skipped: int
    again: int


class Desk:
    """One folder's consumers; made by `desk`."""

    def __init__(self, folder: DataFolder, server: EmbeddedPostgres, *, alone: bool) -> None:
        """`alone`: this process holds the folder, so no reader runs."""
        self._folder = folder
        self._server = server
        self._alone = alone
        self.by = _user()

    async def lines(self) -> list[Line]:
        """Every consumer there is."""
        found: list[Line] = []
        for service in _services():
            async with self._open(service) as runtime:
                states = await control.states(runtime.pool)
            for consumer in runtime.consumers:
                async with self._source(consumer) as source:
                    head = await control.head(source)
                found.append(Line(consumer.name, consumer.source, head.number, states.get(consumer.name)))
        return found

    async def pause(self, name: str, reason: str) -> bool:
        """See `control.pause`; a consumer that never began is paused before it does."""
        async with self.consumer(name) as (pool, consumer):
            if name not in await control.states(pool):
                async with self._source(consumer) as source:
                    await control.subscribe(pool, name, (await control.head(source)).log_id)
            return await control.pause(pool, name, reason, self.by)

    async def resume(self, name: str) -> None:
        """See `control.resume`."""
        async with self.consumer(name) as (pool, _):
            await control.resume(pool, name, self.by)

    async def plan(self, name: str, at: int) -> Move:
        """What `start` would do; raises what it would raise, and changes nothing."""
        async with self.consumer(name) as (pool, consumer), self._source(consumer) as source:
            where = await control.beginning(source, at)
            state = (await control.states(pool)).get(name)
            if state and not state.paused and not self._alone:
                raise control.reading(name)
            number, _ = await stored(pool, name)
            return Move(name, number, where.head, *await control.moved(pool, source, name, where))

    async def start(self, name: str, at: int) -> Beginning:
        """See `control.start_at`."""
        async with self.consumer(name) as (pool, consumer), self._source(consumer) as source:
            where = await control.beginning(source, at)
            await control.start_at(pool, name, where, self.by, alone=self._alone)
            return where

    async def parked_events(self, name: str | None, *, discarded: bool) -> list[parked.ParkedEvent]:
        """What is parked for one consumer, or for all."""
        if name is not None:
            async with self.consumer(name) as (pool, _):
                return await parked.listed(pool, name, discarded=discarded)
        found: list[parked.ParkedEvent] = []
        for service in _services():
            async with self._open(service) as runtime:
                found += await parked.listed(runtime.pool, discarded=discarded)
        return found

    @asynccontextmanager
    async def consumer(self, name: str) -> AsyncIterator[tuple[Pool, Consumer]]:
        """A consumer and the pool of its database; raises NotFound with the names there are."""
        names = [each for service in _services() for each in sources(service)]
        if name not in names:
            raise NotFound(
                "consumer.unknown", f"There is no consumer {name}.", field="name", value=name, right=", ".join(names)
            )
        service = next(each for each in _services() if name in sources(each))
        async with self._open(service) as runtime:
            yield runtime.pool, next(each for each in runtime.consumers if each.name == name)

    def _open(self, service: Service) -> AbstractAsyncContextManager[Runtime]:
        return opened(service, self._server.dsn, self._folder.secret("master.key"))

    @asynccontextmanager
    async def _source(self, consumer: Consumer) -> AsyncIterator[Pool]:
        pool = await make_pool(self._server.dsn(consumer.source), name="jinguo-consumers", max_size=1)
        try:
            yield pool
        finally:
            await pool.close()


@contextmanager
def desk(folder: DataFolder) -> Iterator[Desk]:
    """The folder's consumers, with its PostgreSQL started for as long as it is needed; raises Invalid, Conflict."""
    owned = folder.is_owned()
    if owned and folder.running() is None:
        raise Conflict("data.busy", f"jinguo is starting or stopping on {folder.path}: try again in a few seconds.")
    with running_server(folder) as server:
        yield Desk(folder, server, alone=not owned)


def _services() -> list[Service]:
    return [service for service in every_service() if sources(service)]


def sources(service: Service) -> dict[str, str]:
    """A service's readers of others' facts, consumers and processes, and whom each of them reads."""
    processes = {process.name: process.source for process in service.processes if process.source is not None}
    return {consumer.name: consumer.source for consumer in service.consumers} | processes


def _user() -> str:
    """Who works at this machine, kept beside what is done."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in many containers
        return f"user {os.getuid()}"
