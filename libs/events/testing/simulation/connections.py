"""The part of asyncpg that the kernel uses, over a modelled server: pools, connections, transactions, losses."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import asyncpg

from libs.events.testing.simulation.database import Backend, Database, Rows


class Network(Protocol):
    """What lies between a client and the server."""

    async def connecting(self) -> None:
        """The way to a new connection; may raise OSError."""

    async def there(self, sql: str) -> bool:
        """The way of a statement to the server; False when the connection breaks before it arrives."""

    async def back(self, sql: str) -> bool:
        """The way of the answer; False when the connection breaks although the statement was run."""

    def cancels(self) -> bool:
        """Whether a request to cancel comes in time."""

    def gone(self, backend: Backend) -> None:
        """The client's end of a connection is gone: let the server know, now or later."""


class Perfect:
    """No delay and no loss; a wish to cancel comes too late."""

    async def connecting(self) -> None:
        """At once."""

    async def there(self, _sql: str) -> bool:
        """It arrives."""
        return True

    async def back(self, _sql: str) -> bool:
        """It arrives."""
        return True

    def cancels(self) -> bool:
        """Too late."""
        return False

    def gone(self, backend: Backend) -> None:
        """The server notices at once."""
        backend.leave()


class Connection:
    """One connection; like asyncpg's, it is closed for good once it broke."""

    def __init__(self, backend: Backend, network: Network) -> None:
        """See `Pool`."""
        self.backend = backend
        self._network = network
        self.closed = False

    async def fetch(self, sql: str, *args: Any) -> Rows:
        """All rows."""
        return await self.ask(sql, args)

    async def fetchrow(self, sql: str, *args: Any) -> dict[str, Any] | None:
        """The first row."""
        rows = await self.ask(sql, args)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first value of the first row."""
        rows = await self.ask(sql, args)
        return next(iter(rows[0].values())) if rows else None

    async def execute(self, sql: str, *args: Any) -> str:
        """The tag of the command, with the count of rows."""
        return _tag(sql, await self.ask(sql, args))

    def transaction(self) -> "Block":
        """`async with connection.transaction():`."""
        return Block(self)

    def is_closed(self) -> bool:
        """Whether it broke."""
        return self.closed or not self.backend.alive

    async def ask(self, sql: str, args: Sequence[Any]) -> Rows:
        """Send a statement and wait for its answer; raises what asyncpg raises."""
        if self.is_closed():
            raise asyncpg.InterfaceError("connection is closed")
        if not await self._network.there(sql):
            raise self._break()
        answer: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        self.backend.serve(sql, args, answer)
        try:
            rows = await answer
        except asyncio.CancelledError:
            if self._network.cancels():
                self.backend.cancel()
            raise
        if not await self._network.back(sql):
            raise self._break()
        return rows

    def _break(self) -> Exception:
        self.closed = True
        self._network.gone(self.backend)
        return asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


class Block:
    """A transaction block, with asyncpg's behaviour at its end."""

    def __init__(self, connection: Connection) -> None:
        """Begins on entry."""
        self._connection = connection

    async def __aenter__(self) -> "Block":
        await self._connection.ask("BEGIN", ())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if self._connection.is_closed():
            raise asyncpg.InterfaceError("cannot call Transaction.__aexit__(): the underlying connection is closed")
        await self._connection.ask("COMMIT" if kind is None else "ROLLBACK", ())


class Pool:
    """Connections of one client process to one server."""

    def __init__(self, database: Database, owner: object, network: Network | None = None, max_size: int = 10) -> None:
        """Connections are made when first needed."""
        self.database = database
        self._owner = owner
        self._network = network or Perfect()
        self._free = max_size
        self._turns: list[asyncio.Future[None]] = []  # of those who wait for a connection
        self._idle: list[Connection] = []

    async def fetch(self, sql: str, *args: Any) -> Rows:
        """See `Connection.fetch`."""
        connection = await self.take()
        try:
            return await connection.ask(sql, args)
        finally:
            self.give(connection)

    async def fetchrow(self, sql: str, *args: Any) -> dict[str, Any] | None:
        """See `Connection.fetchrow`."""
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """See `Connection.fetchval`."""
        rows = await self.fetch(sql, *args)
        return next(iter(rows[0].values())) if rows else None

    async def execute(self, sql: str, *args: Any) -> str:
        """See `Connection.execute`."""
        return _tag(sql, await self.fetch(sql, *args))

    def acquire(self) -> AbstractAsyncContextManager[Connection]:
        """`async with pool.acquire() as connection:`."""
        return _Acquired(self)

    async def close(self) -> None:
        """Close what is idle."""
        for connection in self._idle:
            connection.backend.leave()
        self._idle = []

    async def take(self) -> Connection:
        """A connection that is open, as far as anybody knows."""
        while not self._free:
            await self._turn()
        self._free -= 1
        try:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
            await self._network.connecting()
            return Connection(self.database.connect(self._owner), self._network)
        except BaseException:
            self._leave()
            raise

    def give(self, connection: Connection) -> None:
        """Back to the others, unless it broke."""
        if not connection.is_closed():
            self._idle.append(connection)
        self._leave()

    async def _turn(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        await turn

    def _leave(self) -> None:
        """One connection fewer is in use: whoever waits looks again."""
        self._free += 1
        turns, self._turns = self._turns, []
        for turn in turns:
            if not turn.done():
                turn.set_result(None)


class _Acquired(AbstractAsyncContextManager[Connection]):
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: Connection | None = None

    async def __aenter__(self) -> Connection:
        self._connection = await self._pool.take()
        return self._connection

    async def __aexit__(self, *_error: object) -> None:
        assert self._connection is not None
        self._pool.give(self._connection)


def _tag(sql: str, rows: Rows) -> str:
    return f"{sql.split(maxsplit=1)[0]} {len(rows)}"
