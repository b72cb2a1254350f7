"""Timers: a process asks to be woken. Set and cancelled inside the caller's transaction; fired once, also after a kill.

To fire is one transaction: the row is locked (others skip it), the process decides and appends, the row is deleted. The
clock is handed in. A firing that fails is tried again ever more slowly, behind all others, and says why in the list.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

from libs.events import failpoints
from libs.events.meta import Meta, meta_from_json, meta_to_json
from libs.events.pool import database
from libs.events.status import describe
from libs.events.store import VersionConflict, retried
from libs.events.types import Connection, Pool

LONGEST_REST: Final = timedelta(hours=1)  # between two tries of a firing that fails

SET = """
INSERT INTO timeouts (id, process, due_at, payload, meta, next_at) VALUES ($1, $2, $3, $4, $5, $3)
ON CONFLICT (id) DO UPDATE SET process = excluded.process, due_at = excluded.due_at, payload = excluded.payload,
    meta = excluded.meta, next_at = excluded.next_at, attempts = 0, error = NULL
"""
CANCEL = "DELETE FROM timeouts WHERE id = $1"
NEXT = "SELECT next_at FROM timeouts WHERE process = ANY($1) ORDER BY next_at, id LIMIT 1"
LOCK = """
SELECT id, process, due_at, payload, meta, next_at, attempts, error FROM timeouts
WHERE process = ANY($1) AND next_at <= $2 ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
POSTPONE = "UPDATE timeouts SET attempts = attempts + 1, next_at = $3, error = $4 WHERE id = $1 AND due_at = $2"
LIST = """
SELECT id, process, due_at, payload, meta, next_at, attempts, error FROM timeouts ORDER BY next_at, id LIMIT $1
"""
STATUS = """
SELECT count(*) AS waiting, count(*) FILTER (WHERE next_at <= $1) AS due, min(next_at) AS next_at,
       (array_agg(error ORDER BY next_at) FILTER (WHERE error IS NOT NULL))[1] AS error
FROM timeouts
"""


@dataclass(frozen=True, slots=True)
class Timer:
    """`payload` is JSON of ids and figures, never of a person. `meta` tells who caused it; it stays with what follows.

    `next_at` is `due_at` until a firing failed; `attempts` counts the failures, `error` is the last one.
    """

    id: UUID
    process: str
    due_at: datetime
    payload: Mapping[str, Any]
    meta: Meta
    next_at: datetime
    attempts: int = 0
    error: str | None = None


Fire: TypeAlias = Callable[[Any, Timer], Awaitable[None]]  # gets the transaction that deletes the timer


class Timers(Protocol):
    """Keeps timers. `tx` is the caller's transaction, None where the store has none."""

    async def set(self, tx: Connection | None, timer: Timer) -> None:
        """Set a timer; one of the same id is moved."""

    async def cancel(self, tx: Connection | None, timer_id: UUID) -> None:
        """Take a timer back; one that is not there, or has fired, is none."""

    async def next_at(self, processes: Collection[str]) -> datetime | None:
        """When there is something to do for these processes; None while there is nothing to wait for."""

    async def fire(self, now: datetime, processes: Collection[str], fire: Fire) -> Timer | None:
        """Fire the first that is due and not being fired elsewhere; None when there is none.

        What `fire` writes and the end of the timer are one transaction. When it raises, the timer is put off and given
        back with its error.
        """

    async def list(self, limit: int = 1_000) -> list[Timer]:
        """Those that wait, the next one first."""


def new_timer(timer_id: UUID, process: str, due_at: datetime, payload: Mapping[str, Any], meta: Meta) -> Timer:
    """A timer that has not failed yet; `due_at` must have an offset."""
    if due_at.tzinfo is None:
        raise ValueError("a timer's time needs an offset")
    return Timer(timer_id, process, due_at, payload, meta, next_at=due_at)


def put_off(timer: Timer, now: datetime, error: Exception) -> Timer:
    """The same timer after a failure: tried again after 1, 2, 4 … seconds, at most every hour."""
    rest = min(timedelta(seconds=2 ** min(timer.attempts, 12)), LONGEST_REST)
    return replace(timer, attempts=timer.attempts + 1, next_at=now + rest, error=describe(error))


class _Failed(Exception):
    """What a timer led to went wrong; its transaction is rolled back and the timer put off."""

    def __init__(self, timer: Timer, error: Exception) -> None:
        self.timer = timer
        self.error = error


class PostgresTimers:
    """Timers of one service's database. `changed` is called when one was set, before its transaction commits."""

    def __init__(self, pool: Pool, *, changed: Callable[[], None] = lambda: None) -> None:
        """The service's pool."""
        self._pool = pool
        self._changed = changed

    async def set(self, tx: Connection | None, timer: Timer) -> None:
        """See `Timers.set`."""
        meta = meta_to_json(timer.meta)
        with database():
            await (tx or self._pool).execute(SET, timer.id, timer.process, timer.due_at, dict(timer.payload), meta)
        self._changed()

    async def cancel(self, tx: Connection | None, timer_id: UUID) -> None:
        """See `Timers.cancel`."""
        with database():
            await (tx or self._pool).execute(CANCEL, timer_id)

    async def next_at(self, processes: Collection[str]) -> datetime | None:
        """See `Timers.next_at`; draws no transaction id."""
        with database():
            found: datetime | None = await self._pool.fetchval(NEXT, list(processes))
        return found

    async def fire(self, now: datetime, processes: Collection[str], fire: Fire) -> Timer | None:
        """See `Timers.fire`."""
        try:
            with database():
                timer = await retried(lambda: self._once(now, processes, fire))
        except _Failed as failed:
            later = put_off(failed.timer, now, failed.error)
            with database():
                await self._pool.execute(POSTPONE, later.id, later.due_at, later.next_at, later.error)
            return later
        failpoints.passing("timer.committed")
        return timer

    async def _once(self, now: datetime, processes: Collection[str], fire: Fire) -> Timer | None:
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(LOCK, list(processes), now)
            if row is None:
                return None
            timer = timer_of(row)
            failpoints.passing("timer.locked")
            try:
                await fire(connection, timer)
            except VersionConflict:
                raise  # somebody appended to the stream first: all of it is decided anew
            except Exception as error:
                raise _Failed(timer, error) from error
            failpoints.passing("timer.appended")
            await connection.execute(CANCEL, timer.id)
            failpoints.passing("timer.deleted")
        return timer

    async def list(self, limit: int = 1_000) -> list[Timer]:
        """See `Timers.list`."""
        with database():
            return [timer_of(row) for row in await self._pool.fetch(LIST, limit)]


@dataclass
class MemoryTimers:
    """Timers in a dict, for tests without a database."""

    _waiting: dict[UUID, Timer] = field(default_factory=dict)

    async def set(self, tx: Connection | None, timer: Timer) -> None:
        """See `Timers.set`; `tx` means nothing here."""
        del tx
        self._waiting[timer.id] = timer

    async def cancel(self, tx: Connection | None, timer_id: UUID) -> None:
        """See `Timers.cancel`."""
        del tx
        self._waiting.pop(timer_id, None)

    async def next_at(self, processes: Collection[str]) -> datetime | None:
        """See `Timers.next_at`."""
        return min((each.next_at for each in self._waiting.values() if each.process in processes), default=None)

    async def fire(self, now: datetime, processes: Collection[str], fire: Fire) -> Timer | None:
        """See `Timers.fire`; what a failed `fire` had appended stays, because memory has no transaction."""
        due = [each for each in await self.list() if each.process in processes and each.next_at <= now]
        if not due:
            return None
        timer = self._waiting.pop(due[0].id)
        try:
            await fire(None, timer)
        except Exception as error:  # noqa: BLE001 - the same answer to every failure as the real one
            timer = self._waiting[timer.id] = put_off(timer, now, error)
        return timer

    async def list(self, limit: int = 1_000) -> list[Timer]:
        """See `Timers.list`."""
        return sorted(self._waiting.values(), key=lambda each: (each.next_at, each.id))[:limit]


def timer_of(row: Any) -> Timer:
    """A row of `timeouts`."""
    values = dict(row)
    return Timer(**values | {"meta": meta_from_json(values["meta"])})
