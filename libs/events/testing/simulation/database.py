"""A modelled PostgreSQL server: tables, backends, a clock that may jump. What a statement does is a model apart."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeAlias

import asyncpg

from libs.events.testing.simulation.loop import VirtualLoop
from libs.events.testing.simulation.table import Table, Values, Version
from libs.events.testing.simulation.transactions import EPOCH, Transaction, Transactions
from libs.events.types import Snapshot

IDLE_IN_TRANSACTION = 60.0  # seconds, as `make_pool` sets it

Rows: TypeAlias = list[Values]
Model: TypeAlias = Callable[..., Awaitable[Rows]]


class UnknownStatement(Exception):
    """There is no model of this SQL: write one beside those of the kernel and prove it against PostgreSQL."""


class Pauses(Protocol):
    """Where within a statement others may come in between."""

    async def pause(self) -> None:
        """Let others run, or not."""


class NoPauses:
    """Each statement in one go, for tests that choose the order themselves."""

    async def pause(self) -> None:
        """Go on at once."""


class Call:
    """A running statement: where it reads and in whose transaction."""

    __slots__ = ("backend", "database", "tx")

    def __init__(self, database: "Database", backend: "Backend", tx: Transaction) -> None:
        """Made for each statement."""
        self.database = database
        self.backend = backend
        self.tx = tx

    @property
    def snapshot(self) -> Snapshot:
        """A new one, as each statement of READ COMMITTED takes."""
        return self.database.transactions.snapshot(self.tx)

    def rows(self, table: Table) -> Rows:
        """What a SELECT finds."""
        return [version.values for version in self.shown(table)]

    def shown(self, table: Table) -> list[Version]:
        """The versions that a SELECT finds."""
        return table.shown(self.snapshot, self.tx)

    async def pause(self) -> None:
        """A point between two steps of the statement."""
        await self.database.pauses.pause()

    def found(self, table: Table, keys: Iterable[Any]) -> list[Version]:
        """The versions of these primary keys, as `shown`."""
        snapshot, tx = self.snapshot, self.tx
        return [version for key in keys if (version := table.find(key, snapshot, tx)) is not None]

    async def update(
        self,
        table: Table,
        where: Callable[[Values], bool],
        change: Callable[[Values], Mapping[str, Any]],
        among: list[Version] | None = None,
    ) -> Rows:
        """UPDATE: rows found by a snapshot, each locked and looked at again before it is changed."""
        changed = []
        for version in await self.lock(table, where, among=among):
            changed.append(table.change(self.tx, version, change(version.values)).values)
        return changed

    async def lock(
        self,
        table: Table,
        where: Callable[[Values], bool],
        order: str = "",
        *,
        skip_locked: bool = False,
        among: list[Version] | None = None,
    ) -> list[Version]:
        """SELECT … FOR UPDATE: the newest versions that still match, of all that are shown or `among` some of them."""
        shown = self.shown(table) if among is None else among
        found = [version for version in shown if where(version.values)]
        if order:
            found.sort(key=lambda version: version.values[order])
        locked = []
        for version in found:
            if skip_locked and table.holder(self.tx, version) is not None:
                continue
            newest = await table.lock(self.tx, version)
            if newest is not None and where(newest.values):
                locked.append(newest)
        return locked


class Database:
    """One server with the tables of one service."""

    def __init__(self, loop: VirtualLoop | asyncio.AbstractEventLoop, models: Mapping[str, Model]) -> None:
        """`models`: SQL text → what it does."""
        self.loop = loop
        self.models = models
        self.names = {sql: model.__name__ for sql, model in models.items()}
        self.transactions = Transactions()
        self.tables: dict[str, Table] = {}
        self.sequences: dict[str, int] = {}
        self.values: dict[str, Any] = {}
        self.pauses: Pauses = NoPauses()
        self.down = False
        self.jumped = timedelta()
        self.name = "database"
        self.note: Callable[..., None] = _unnoticed
        self._backends: dict[Backend, None] = {}

    def table(self, name: str, **keys: tuple[str, ...]) -> Table:
        """Make a table."""
        self.tables[name] = Table(self.transactions, **keys)
        return self.tables[name]

    def now(self) -> datetime:
        """clock_timestamp()."""
        return EPOCH + timedelta(seconds=self.loop.time()) + self.jumped

    def begin(self) -> Transaction:
        """A transaction that begins now."""
        return Transaction(self.loop.time(), self.jumped)

    def next(self, sequence: str) -> int:
        """nextval: never taken back."""
        self.sequences[sequence] = self.sequences.get(sequence, 0) + 1
        return self.sequences[sequence]

    def connect(self, owner: object) -> "Backend":
        """A new backend; raises what asyncpg raises when nobody listens."""
        if self.down:
            raise ConnectionRefusedError(111, "Connection refused")
        backend = Backend(self, owner)
        self._backends[backend] = None
        return backend

    def forget(self, backend: "Backend") -> None:
        """It has ended."""
        self._backends.pop(backend, None)

    def backends(self, owner: object = None) -> list["Backend"]:
        """All, or those of one client process."""
        return [each for each in self._backends if owner is None or each.owner is owner]

    def crash(self) -> None:
        """The server dies: what was not committed is gone, what was committed stays."""
        self.down = True
        for backend in self.backends():
            backend.terminate(asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"))


class Backend:
    """A server process: runs the statements of one connection, one after another."""

    def __init__(self, database: Database, owner: object) -> None:
        """No transaction yet; `owner` is the client's process."""
        self.owner = owner
        self._who = getattr(owner, "name", owner)
        self.alive = True
        self.end_reason: Exception | None = None
        self._database = database
        self._tx: Transaction | None = None
        self._block = False
        self._task: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[Rows] | None = None
        self._left = False
        self._limit: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._outside = database.loop.outside() if isinstance(database.loop, VirtualLoop) else None

    def serve(self, sql: str, args: Iterable[Any], answer: asyncio.Future[Rows]) -> None:
        """Run a statement for a client; it goes on when the client is gone."""
        loop, coro = self._database.loop, self._serve(self._task, sql, args, answer)
        if self._outside is None:
            self._task = loop.create_task(coro)
            return
        self._task = None
        try:
            first = self._outside.run(coro.send, None)
        except StopIteration:
            return  # most statements wait for nobody
        self._task = loop.create_task(_rest(coro, first), context=self._outside)

    def cancel(self) -> None:
        """The client asks to cancel what runs."""
        if self._task is not None:
            self._task.cancel()

    def leave(self) -> None:
        """The client is gone: end after the present statement."""
        self._left = True
        if self._task is None or self._task.done():
            self.terminate(None)

    def terminate(self, reason: Exception | None) -> None:
        """End at once and roll back."""
        if not self.alive:
            return
        self.alive = False
        self.end_reason = reason
        self._finish(commit=False)
        self._database.forget(self)
        if self._task is not None:
            self._task.cancel()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(reason or _closed())

    def limit(self, seconds: float) -> None:
        """transaction_timeout for the transaction that runs."""
        self._cancel_limit()
        self._limit = self._later(seconds, _late_transaction)

    async def _serve(
        self, before: asyncio.Task[None] | None, sql: str, args: Iterable[Any], answer: asyncio.Future[Rows]
    ) -> None:
        if before is not None and not before.done():
            await asyncio.wait((before,))
        if not self.alive:
            return _fail(answer, self.end_reason or _closed())
        self._answer = answer
        if self._idle is not None:
            self._idle.cancel()
        try:
            rows = await self._run(sql, args)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - every error of a statement is an answer
            failure = self._failed(error)
            self._note(sql, type(failure).__name__, failure)
            _fail(answer, failure)
        else:
            self._note(sql, len(rows))
            if not answer.done():
                answer.set_result(rows)
        if self._left and self.alive:
            self._task = None
            self.terminate(None)
        elif self._block and self.alive:
            self._idle = self._later(IDLE_IN_TRANSACTION, _idle_transaction)

    async def _run(self, sql: str, args: Iterable[Any]) -> Rows:
        if sql in {"BEGIN", "COMMIT", "ROLLBACK"}:
            return await self._control(sql)
        if self._tx is None:
            self._tx = self._database.begin()
        if self._tx.failed:
            raise asyncpg.InFailedSQLTransactionError("current transaction is aborted")
        model = self._database.models.get(sql)
        if model is None:
            raise UnknownStatement(f"no model of this statement: {sql}")
        rows = await model(Call(self._database, self, self._tx), *args)
        if not self._block:
            await self._commit()
        return rows

    async def _control(self, sql: str) -> Rows:
        if sql == "BEGIN":
            self._block = True
            self._tx = self._database.begin()
        elif sql == "COMMIT" and self._tx is not None and not self._tx.failed:
            await self._commit()
        else:
            self._finish(commit=False)
        return []

    async def _commit(self) -> None:
        if self._tx is not None and self._tx.xid is not None:
            await self._database.pauses.pause()
        self._finish(commit=True)

    def _note(self, sql: str, *result: object) -> None:
        database = self._database
        database.note(database.name, self._who, database.names.get(sql, sql), *result)

    def _failed(self, error: BaseException) -> Exception:
        if self._block and self._tx is not None:
            self._tx.failed = True
            self._database.transactions.end(self._tx, commit=False)
        else:
            self._finish(commit=False)
        if isinstance(error, asyncio.CancelledError):
            return asyncpg.QueryCanceledError("canceling statement due to user request")
        assert isinstance(error, Exception)
        return error

    def _finish(self, *, commit: bool) -> None:
        self._cancel_limit()
        if self._idle is not None:
            self._idle.cancel()
        tx, self._tx, self._block = self._tx, None, False
        if tx is not None:
            self._database.transactions.end(tx, commit=commit)

    def _later(self, seconds: float, error: Callable[[], Exception]) -> asyncio.TimerHandle:
        return self._database.loop.call_later(seconds, self._end, error, context=self._outside)

    def _end(self, error: Callable[[], Exception]) -> None:
        self.terminate(error())

    def _cancel_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


class _Rest:
    """What is left of a coroutine that was begun without a task and now waits for `first`."""

    def __init__(self, coro: Coroutine[Any, Any, None], first: Any) -> None:
        self._coro = coro
        self._waits_for = first

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001 - passed on to whom it is for
                step = partial(self._coro.throw, error)
            else:
                step = partial(self._coro.send, None)
            try:
                waits_for = step()
            except StopIteration:
                return


async def _rest(coro: Coroutine[Any, Any, None], first: Any) -> None:
    await _Rest(coro, first)


def _unnoticed(*_what: object) -> None:
    """Where nobody keeps a trace."""


def _closed() -> Exception:
    return asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


def _late_transaction() -> Exception:
    return asyncpg.TransactionTimeoutError("terminating connection due to transaction timeout")


def _idle_transaction() -> Exception:
    return asyncpg.IdleInTransactionSessionTimeoutError("terminating connection due to idle transaction")


def _fail(answer: asyncio.Future[Rows], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
