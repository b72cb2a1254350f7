"""Transactions of a modelled PostgreSQL: ids drawn at the first write, snapshots, waiting for each other, deadlocks.

The rules are PostgreSQL's under READ COMMITTED, held to the real server by `test_model_against_postgres.py`.
"""

import asyncio
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta

import asyncpg

from libs.events.types import Snapshot

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  # when loops begin
FIRST_XID = 700
DEADLOCK_TIMEOUT = 1.0  # seconds, PostgreSQL's default


class Transaction:
    """One transaction of one backend."""

    __slots__ = ("_began", "_jumped", "ended", "failed", "locks", "waiting", "waits_for", "when_committed", "xid")

    def __init__(self, began: float, jumped: timedelta) -> None:
        """`began` by the loop's time, `jumped` is by how much the server's clock was wrong then."""
        self._began = began
        self._jumped = jumped
        self.xid: int | None = None
        self.ended = False
        self.failed = False
        self.locks: set[Hashable] = set()
        self.waits_for: Transaction | None = None
        self.waiting: list[asyncio.Future[None]] = []
        self.when_committed: list[Callable[[], None]] = []

    @property
    def began(self) -> datetime:
        """Its now()."""
        return EPOCH + timedelta(seconds=self._began) + self._jumped


class Transactions:
    """All transactions of a server: what is in flight, what was committed."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.next_xid = FIRST_XID
        self.last_ended = FIRST_XID - 1
        self.committed: dict[int, int] = {}  # in the order of commits
        self._running: dict[int, Transaction] = {}
        self._shared: Snapshot | None = None  # the snapshot of all who have no id, until one is drawn or ends
        self._advisory: dict[Hashable, Transaction] = {}

    def draw(self, tx: Transaction) -> int:
        """The id of a transaction, drawn when it first writes or locks."""
        if tx.xid is None:
            tx.xid = self.next_xid
            self.next_xid += 1
            self._running[tx.xid] = tx
            self._shared = None
        return tx.xid

    def snapshot(self, tx: Transaction | None = None) -> Snapshot:
        """What `tx` would see now; its own id is never listed, but counts for xmin.

        The very same object while nothing changes and `tx` has no id, so that what it shows may be remembered.
        """
        if tx is not None and tx.xid is not None:
            return self._snapshot(tx.xid)
        if self._shared is None:
            self._shared = self._snapshot(None)
        return self._shared

    def _snapshot(self, own: int | None) -> Snapshot:
        high = self.last_ended + 1
        in_flight = tuple(xid for xid in self._running if xid < high)
        low = min((*in_flight, high))
        return low, high, tuple(xid for xid in in_flight if xid != own)

    def end(self, tx: Transaction, *, commit: bool) -> None:
        """Commit or roll back: visible at once, locks gone, everybody who waited looks again."""
        if tx.ended:
            return
        tx.ended = True
        if tx.xid is not None:
            del self._running[tx.xid]
            self._shared = None
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
