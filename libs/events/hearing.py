"""What a write said to the world, and whether others have heard it: one event's id followed across services."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from libs.events.codec import Codec
from libs.events.pool import database, is_lost
from libs.events.publisher import event_id_of
from libs.events.rows import COLUMNS, to_recorded
from libs.events.service import Consumer, Publish
from libs.events.transport import Numbered
from libs.events.types import Pool
from libs.events.wake import Polling, published_pulse, until
from libs.values.errors import Unavailable

WRITTEN: Final = f"SELECT {COLUMNS} FROM events WHERE xid = $1 ORDER BY position DESC LIMIT 100"  # noqa: S608 - our words


async def last_said(pool: Pool, codec: Codec, publish: Publish, xid: int) -> UUID | None:
    """Id of the last record that a transaction's events publish; None when they publish nothing.

    Known at once, before the publisher has passed them, because publishing is a pure function.
    """
    with database():
        rows = await pool.fetch(WRITTEN, xid)
    for row in rows:
        recorded = to_recorded(codec, row)
        if said := sum(1 for _ in publish(recorded)):
            return event_id_of(recorded.event_id, said - 1)
    return None


class Hearing:
    """Finds a publisher's record by its id, and waits until this service's consumers have taken it."""

    def __init__(
        self,
        consumers: Sequence[Consumer],
        transport: Callable[[str, str], Awaitable[Numbered]],
        taken: Callable[[str, int, float], Awaitable[bool]],
        polling: Polling,
    ) -> None:
        """`transport` opens the one of a publisher at a DSN; `taken` is `Runtime.wait_consumed`."""
        self._consumers = consumers
        self._transport = transport
        self._taken = taken
        self._polling = polling
        self.dsns: Mapping[str, str] = {}  # publisher → where its published log may be read

    @property
    def sources(self) -> frozenset[str]:
        """The publishers this service listens to."""
        return frozenset(each.source for each in self._consumers)

    async def wait(self, source: str, event_id: UUID, timeout: float) -> bool:
        """Wait until every consumer of `source` has taken the record; False when the time is over.

        False too when the publisher's log cannot be asked for the record's number: then nobody can say more.
        Raises EventParked when the record was set aside.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        number = await self._number(source, event_id, timeout)
        if number is None:
            return False
        for consumer in self._consumers:
            left = max(0.0, deadline - asyncio.get_running_loop().time())
            if consumer.source == source and not await self._taken(consumer.name, number, left):
                return False
        return True

    async def _number(self, source: str, event_id: UUID, timeout: float) -> int | None:
        dsn, number = self.dsns.get(source, ""), None
        try:
            transport = await self._transport(source, dsn)
        except ValueError:
            return None  # a process that was not told where the log is

        async def found() -> bool:
            nonlocal number
            number = await transport.number_of(event_id)
            return number is not None

        try:
            await until(found, published_pulse(dsn), timeout, self._polling)
        except Exception as error:
            if not (is_lost(error) or isinstance(error, Unavailable)):
                raise
            return None  # the publisher's database is away, ours is not: its older data are still an answer
        return number
