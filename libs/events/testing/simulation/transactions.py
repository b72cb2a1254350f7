"""Transactions of a modelled PostgreSQL: ids drawn at the first write, snapshots, waiting for each other, deadlocks.

The rules are PostgreSQL's under READ COMMITTED, held to the real server by `test_model_against_postgres.py`.
"""

import asyncio
from collections.abc import Callable, Hashable
from datetime import datetime

import asyncpg

from libs.events.types import Snapshot

FIRST_XID = 700
DEADLOCK_TIMEOUT = 1.0  # seconds, PostgreSQL's default


class Transaction:
    """One transaction of one backend."""

    def __init__(self, began: datetime) -> None:
        """`began` is its now()."""
        self.began = began
        self.xid: int | None = None
        self.ended = False
        self.failed = False
        self.locks: set[Hashable] = set()
        self.waits_for: Transaction | None = None
        self.waiting: list[asyncio.Future[None]] = []
        self.when_committed: list[Callable[[], None]] = []


class Transactions:
    """All transactions of a server: what is in flight, what was committed."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.next_xid = FIRST_XID
        self.last_ended = FIRST_XID - 1
        self.committed: dict[int, int] = {}  # in the order of commits
        self._running: dict[int, Transaction] = {}
        self._advisory: dict[Hashable, Transaction] = {}

    def draw(self, tx: Transaction) -> int:
        """The id of a transaction, drawn when it first writes or locks."""
        if tx.xid is None:
            tx.xid = self.next_xid
            self.next_xid += 1
            self._running[tx.xid] = tx
        return tx.xid

    def snapshot(self, tx: Transaction | None = None) -> Snapshot:
        """What `tx` would see now; its own id is never listed, but counts for xmin."""
        high = self.last_ended + 1
        in_flight = tuple(xid for xid in self._running if xid < high)
        own = tx.xid if tx else None
        low = min((*in_flight, high))
        return low, high, tuple(xid for xid in in_flight if xid != own)

    def end(self, tx: Transaction, *, commit: bool) -> None:
        """Commit or roll back: visible at once, locks gone, everybody who waited looks again."""
        if tx.ended:
            return
        tx.ended = True
        if tx.xid is not None:
            del self._running[tx.xid]
            self.last_ended = max(self.last_ended, tx.xid)
            if commit:
                self.committed[tx.xid] = len(self.committed)
                for retire in tx.when_committed:
                    retire()
        for lock in tx.locks:
            del self._advisory[lock]
        for future in tx.waiting:
            if not future.done():
                future.set_result(None)

    def try_advisory(self, tx: Transaction, key: Hashable) -> bool:
        """pg_try_advisory_xact_lock."""
        if self._advisory.setdefault(key, tx) is not tx:
            return False
        tx.locks.add(key)
        return True

    def running(self, xid: int) -> Transaction | None:
        """The transaction of an id, while it is in flight."""
        return self._running.get(xid)

    def visible(self, xid: int, snapshot: Snapshot, tx: Transaction | None) -> bool:
        """Whether rows of `xid` are seen: our own, and what a snapshot shows of what was committed."""
        if xid in self.committed:
            return xid < snapshot[0] or (xid < snapshot[1] and xid not in snapshot[2])
        return tx is not None and xid == tx.xid

    async def wait(self, tx: Transaction, other: Transaction) -> None:
        """Wait until another transaction has ended; raises DeadlockDetectedError when it waits for us."""
        loop = asyncio.get_running_loop()
        tx.waits_for = other
        try:
            while not other.ended:
                future: asyncio.Future[None] = loop.create_future()
                other.waiting.append(future)
                await asyncio.wait((future,), timeout=DEADLOCK_TIMEOUT)
                if not other.ended and _circle(tx):
                    raise asyncpg.DeadlockDetectedError("deadlock detected")
        finally:
            tx.waits_for = None


def _circle(tx: Transaction) -> bool:
    other, seen = tx.waits_for, {id(tx)}
    while other is not None and id(other) not in seen:
        seen.add(id(other))
        other = other.waits_for
    return other is tx
