"""Tables of a modelled PostgreSQL: versions of rows, row locks, unique keys."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import asyncpg

from libs.events.testing.simulation.transactions import Transaction, Transactions
from libs.events.types import Snapshot

Values = dict[str, Any]


class Row(Values):
    """Like asyncpg's Record: a value by its name or place, several by a slice."""

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) if key.__class__ is str else tuple(self.values())[key]


class Version:
    """One version of a row: made by a transaction, perhaps ended by one, perhaps locked by one that runs."""

    __slots__ = ("ended_by", "locker", "made_by", "next", "values")

    def __init__(self, values: Values, made_by: int) -> None:
        """The newest version."""
        self.values = values
        self.made_by = made_by
        self.ended_by: int | None = None
        self.locker: Transaction | None = None
        self.next: Version | None = None


class Table:
    """Rows under unique keys. `keys`: name of the constraint → its columns, the primary key first."""

    def __init__(self, transactions: Transactions, **keys: tuple[str, ...]) -> None:
        """Empty."""
        self._transactions = transactions
        self._keys = keys
        self._primary = next(iter(keys))
        self._index: dict[str, dict[Any, list[Version]]] = {name: {} for name in keys}
        self.versions: dict[Version, None] = {}
        self._last: tuple[Snapshot, list[Version]] | None = (
            None  # what the last snapshot showed to whoever wrote nothing
        )

    def visible(self, version: Version, snapshot: Snapshot, tx: Transaction | None) -> bool:
        """Whether a snapshot shows this version."""
        see = self._transactions.visible
        if not see(version.made_by, snapshot, tx):
            return False
        return version.ended_by is None or not see(version.ended_by, snapshot, tx)

    def shown(self, snapshot: Snapshot, tx: Transaction) -> list[Version]:
        """As `rows`; what a snapshot shows to those who have written nothing is worked out once."""
        if tx.xid is not None:
            return list(self.rows(snapshot, tx))
        if self._last is None or self._last[0] is not snapshot:
            self._last = snapshot, list(self.rows(snapshot))
        return self._last[1]

    def rows(self, snapshot: Snapshot, tx: Transaction | None = None) -> Iterator[Version]:
        """All versions that a snapshot shows."""
        return (version for version in self.versions if self.visible(version, snapshot, tx))

    def find(self, key: Any, snapshot: Snapshot, tx: Transaction | None = None) -> Version | None:
        """The row of a primary key as a snapshot shows it."""
        for version in reversed(self._index[self._primary].get(key, ())):
            if self.visible(version, snapshot, tx):
                return version
        return None

    def committed(self) -> list[Values]:
        """What anybody would read now."""
        return [version.values for version in self.rows(self._transactions.snapshot())]

    async def insert(self, tx: Transaction, values: Values) -> Version:
        """A new row; waits for whoever is inserting the same key; raises UniqueViolationError."""
        self._transactions.draw(tx)
        for name in self._keys:
            other = await self._same(tx, name, values)
            if other is not None:
                error = asyncpg.UniqueViolationError(f'duplicate key value violates unique constraint "{name}"')
                error.constraint_name = name
                raise error
        return self._add(tx, values)

    async def insert_or_skip(self, tx: Transaction, values: Values) -> Version | None:
        """ON CONFLICT DO NOTHING."""
        if await self._same(tx, self._primary, values) is not None:
            return None
        return self._add(tx, values)

    async def upsert(self, tx: Transaction, values: Values, merge: Callable[[Values], Values]) -> Version:
        """ON CONFLICT DO UPDATE: `merge` gives the changes from the row that is there."""
        while True:
            other = await self._same(tx, self._primary, values)
            if other is None:
                return self._add(tx, values)
            locked = await self.lock(tx, other)
            if locked is not None:
                return self.change(tx, locked, merge(locked.values))

    async def lock(self, tx: Transaction, version: Version) -> Version | None:
        """FOR UPDATE: waits for whoever changes or holds the row; its newest version, None when it is gone."""
        while True:
            holder = self.holder(tx, version)
            if holder is not None:
                await self._transactions.wait(tx, holder)
            elif version.ended_by is not None and self._done(tx, version.ended_by):
                if version.next is None:
                    return None
                version = version.next
            else:
                self._transactions.draw(tx)
                version.locker = tx
                return version

    def holder(self, tx: Transaction, version: Version) -> Transaction | None:
        """Who changes or locks the row at this moment, if it is somebody else."""
        if version.ended_by is not None:
            other = self._transactions.running(version.ended_by)
            if other is not None and other is not tx:
                return other
        locker = version.locker
        return locker if locker is not None and not locker.ended and locker is not tx else None

    def change(self, tx: Transaction, version: Version, changes: Mapping[str, Any]) -> Version:
        """A new version of a row that `tx` has locked."""
        self._end(tx, version)
        version.next = self._add(tx, {**version.values, **changes})
        return version.next

    def delete(self, tx: Transaction, version: Version) -> None:
        """End a row that `tx` has locked."""
        self._end(tx, version)
        version.next = None

    def _end(self, tx: Transaction, version: Version) -> None:
        version.ended_by = self._transactions.draw(tx)
        tx.when_committed.append(partial(self._retire, version))

    def _retire(self, version: Version) -> None:
        """No later statement sees it; one that runs has found its rows already and follows `next`."""
        del self.versions[version]
        for name, index in self._index.items():
            index[self._key(name, version.values)].remove(version)

    async def _same(self, tx: Transaction, name: str, values: Values) -> Version | None:
        """A live row of the same key; waits while somebody's is being made or ended."""
        key = self._key(name, values)
        while True:
            waits_for = None
            for version in reversed(self._index[name].get(key, ())):
                if not self._done(tx, version.made_by):
                    waits_for = waits_for or self._transactions.running(version.made_by)
                    continue
                if version.ended_by is None or not self._done(tx, version.ended_by):
                    other = None if version.ended_by is None else self._transactions.running(version.ended_by)
                    if other is None:
                        return version
                    waits_for = waits_for or other
            if waits_for is None:
                return None
            await self._transactions.wait(tx, waits_for)

    def _done(self, tx: Transaction, xid: int) -> bool:
        """Committed, or our own."""
        return xid == tx.xid or xid in self._transactions.committed

    def _add(self, tx: Transaction, values: Values) -> Version:
        version = Version(values, self._transactions.draw(tx))
        self.versions[version] = None
        for name, index in self._index.items():
            index.setdefault(self._key(name, values), []).append(version)
        return version

    def _key(self, name: str, values: Values) -> Any:
        columns = self._keys[name]
        return values[columns[0]] if len(columns) == 1 else tuple(values[column] for column in columns)
