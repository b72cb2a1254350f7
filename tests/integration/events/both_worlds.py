"""Sends the same statements to PostgreSQL and to its model, and compares what comes back.

Transaction ids differ between the two, so ids are paired as they become known, and snapshots are compared by what
they show of the paired ids. A statement that waits in one world must wait in the other.
"""

import asyncio
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from libs.events.testing.simulation.connections import Connection, Perfect
from libs.events.testing.simulation.database import Database
from libs.events.testing.simulation.transactions import Transaction
from libs.events.types import Snapshot
from libs.events.windows import shows

TIMES = {"recorded_at", "lease_until", "at", "newest", "now"}  # of two clocks and two clusters
SNAPSHOTS = {"o_cur", "prev", "cur"}
IDS = {"o_xid"}
JSON = {"data", "meta"}  # as text its form may differ
XID = "SELECT pg_current_xact_id_if_assigned()"
BLOCKED = "SELECT cardinality(pg_blocking_pids($1))"


@dataclass(frozen=True)
class Pair:
    """A value as each world knows it."""

    model: Any
    real: Any


@dataclass
class Session:
    """One connection in each world."""

    name: str
    model: Connection
    real: Any
    block: bool = False
    failed: bool = False
    asked: "tuple[str, asyncio.Task[Any], asyncio.Task[Any]] | None" = None

    @property
    def tx(self) -> Transaction | None:
        """The model's transaction."""
        return self.model.backend._tx


class Differ(AssertionError):
    """The model is not what PostgreSQL is."""


class Worlds:
    """The sessions, and what is known of both sides."""

    def __init__(self, database: Database, sessions: Sequence[Session], watcher: Any) -> None:
        self.database = database
        self.sessions = sessions
        self.snapshots: list[Pair] = [Pair((1, 1, ()), (1, 1, ()))]
        self.log: list[str] = []
        self.waits = 0
        self.refused = 0
        self.compared = 0
        self._ids: dict[int, int] = {}
        self._watcher = watcher

    def waiting(self) -> Session | None:
        """The session whose statement waits for another."""
        return next((session for session in self.sessions if session.asked is not None), None)

    def holder(self, waiting: Session) -> Session:
        """For whom it waits."""
        assert waiting.tx is not None
        return next(session for session in self.sessions if session.tx is waiting.tx.waits_for)

    async def ask(self, session: Session, sql: str, *args: Any) -> None:
        """Run a statement in both worlds; it may stay waiting."""
        self.log.append(f"{session.name}: {' '.join(sql.split())[:70]} {args}")
        model = session.model.ask(sql, [each.model if isinstance(each, Pair) else each for each in args])
        real = session.real.fetch(sql, *(each.real if isinstance(each, Pair) else each for each in args))
        session.asked = (sql, asyncio.ensure_future(model), asyncio.ensure_future(real))
        await self._settle(session)
        waiting = self.waiting()
        if waiting is not None and waiting is not session:
            await self._settle(waiting)

    async def _settle(self, session: Session) -> None:
        assert session.asked is not None
        sql, model, real = session.asked
        for _ in range(30):
            await asyncio.sleep(0)
        if not model.done():
            self.waits += 1
            return await self._waits_too(session, real)
        session.asked = None
        done, _ = await asyncio.wait((real,), timeout=10)
        if not done:
            raise Differ(f"PostgreSQL waits, the model does not: {self._story()}")
        self._compare(sql, model, real)
        if sql == "BEGIN":
            session.block, session.failed = True, False
        elif sql in {"COMMIT", "ROLLBACK"}:
            session.block = False
        elif session.block:
            session.failed = session.failed or model.exception() is not None
            if not session.failed:
                await self._pair_ids(session)

    async def _waits_too(self, session: Session, real: "asyncio.Task[Any]") -> None:
        pid = session.real.get_server_pid()
        async with asyncio.timeout(10):
            while not await self._watcher.fetchval(BLOCKED, pid):
                if real.done():
                    raise Differ(f"the model waits, PostgreSQL does not: {self._story()}")

    async def _pair_ids(self, session: Session) -> None:
        assert session.tx is not None
        model, real = session.tx.xid, await session.real.fetchval(XID)
        if (model is None) != (real is None):
            raise Differ(f"an id drawn in one world only ({model}, {real}): {self._story()}")
        if model is not None:
            self._pair(model, real)

    def _pair(self, model: int, real: int) -> None:
        if self._ids.setdefault(model, real) != real:
            raise Differ(f"transaction {model} is {self._ids[model]} and {real}: {self._story()}")

    def _compare(self, sql: str, model: "asyncio.Task[Any]", real: "asyncio.Task[Any]") -> None:
        self.compared += 1
        wrong = model.exception() or real.exception()
        if wrong is not None:
            self.refused += 1
            found = [_kind(each.exception()) for each in (model, real)]
            if found[0] != found[1]:
                raise Differ(f"{found[0]} in the model, {found[1]} in PostgreSQL: {self._story()}") from wrong
            return
        rows = [dict(row) for row in real.result()]
        if not sql.lstrip().startswith(("SELECT", "WITH")) and "RETURNING" not in sql:
            return  # gives no rows; the model's only count
        made = [{name: copy(row[name]) for name in rows[0]} if rows else row for row in model.result()]
        if len(made) != len(rows):
            raise Differ(f"model {made}\nPostgreSQL {rows}\n{self._story()}")
        for mine, theirs in zip(_ordered(made), _ordered(rows), strict=True):
            for name, value in theirs.items():
                self._same(name, mine[name], value)

    def _same(self, name: str, model: Any, real: Any) -> None:
        if name in TIMES:
            return
        if name in IDS and model and real:
            self._pair(model, real)
        elif name in SNAPSHOTS and model and real:
            self._same_snapshot(model, real)
        elif name == "status" and model and real:
            self._same("o_xid", int(model.pop("xid")), int(real.pop("xid")))
            self._same("answer", model, real)
        elif name in JSON and isinstance(real, str):
            self._same(name, orjson.loads(model), orjson.loads(real))
        elif model != real:
            raise Differ(f"{name}: {model!r} in the model, {real!r} in PostgreSQL: {self._story()}")

    def _same_snapshot(self, model: Snapshot, real: Snapshot) -> None:
        for mine, theirs in self._ids.items():
            if shows(model, mine) != shows(real, theirs):
                raise Differ(f"{model} shows {mine}: {shows(model, mine)}, {real} and {theirs}: {self._story()}")
        self.snapshots.append(Pair(model, real))

    def _story(self) -> str:
        return "\n".join(["", *self.log[-25:]])


def _kind(error: BaseException | None) -> tuple[str, str | None, str | None]:
    """Which error; the text may differ."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate
        return "PostgresError", state, getattr(error, "constraint_name", None) if state == "23505" else None
    return type(error).__name__, None, None


def _ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """RETURNING has no order of its own, nor has a SELECT that asks for none."""
    if rows and "name" in rows[0]:
        return sorted(rows, key=lambda row: row["name"])
    if rows and set(rows[0]) in ({"number", "partition", "event_id"}, {"partition", "beginning"}):
        return sorted(rows, key=lambda row: (row["partition"], row.get("number", 0)))
    return rows


def session(name: str, database: Database, real: Any) -> Session:
    """A connection in each world."""
    return Session(name, Connection(database.connect(name), Perfect()), real)
