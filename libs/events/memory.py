"""The log in memory: a fake that passes the same suite as PostgreSQL, for tests and given/when/then over handlers."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

import orjson

from libs.events.codec import Codec, Encoded
from libs.events.commands import AlreadyAnswered, Idempotency, Receipt, Respond, Stored
from libs.events.personal import personals
from libs.events.snapshots import Snapshot
from libs.events.store import (
    Append,
    Appended,
    EventIdTaken,
    Recorded,
    VersionConflict,
    check_size,
    expected_code,
    met,
)
from libs.events.types import Clock, Connection, Ids
from libs.events.vault import MemoryVault, Vault


class MemoryStore:
    """Streams in a dict. Events pass through the codec, so what cannot be written is found here too."""

    def __init__(self, codec: Codec, *, clock: Clock, ids: Ids, vault: Vault | None = None) -> None:
        """A store without events."""
        self._codec = codec
        self._clock = clock
        self._ids = ids
        self._vault = vault or MemoryVault()
        self._log: list[Recorded[Any]] = []
        self._streams: dict[UUID, list[Recorded[Any]]] = {}
        self._commands: dict[UUID, Stored] = {}
        self._snapshots: dict[tuple[UUID, str, int], Snapshot] = {}
        self._event_ids: set[UUID] = set()
        self._xid = 0

    @property
    def log(self) -> Sequence[Recorded[Any]]:
        """All events in the order of their positions."""
        return self._log

    async def load(
        self, stream_id: UUID, after: int = 0, *, until_version: int | None = None, tx: Connection | None = None
    ) -> list[Recorded[Any]]:
        """See `EventStore.load`; `tx` means nothing here."""
        del tx
        until = None if until_version is None else max(until_version, 0)
        return self._streams.get(stream_id, [])[max(after, 0) : until]

    async def load_as_of(self, stream_id: UUID, at: datetime) -> list[Recorded[Any]]:
        """See `EventStore.load_as_of`."""
        return list(takewhile(lambda each: each.recorded_at <= at, self._streams.get(stream_id, [])))

    async def load_many(self, stream_ids: Collection[UUID]) -> dict[UUID, list[Recorded[Any]]]:
        """See `EventStore.load_many`."""
        return {stream_id: list(self._streams.get(stream_id, [])) for stream_id in stream_ids}

    async def append(self, append: Append, tx: Connection | None = None) -> Appended:
        """See `EventStore.append`."""
        return (await self.append_many([append], tx))[0]

    async def append_many(self, appends: Sequence[Append], tx: Connection | None = None) -> list[Appended]:
        """See `EventStore.append_many`; `tx` means nothing here."""
        del tx
        if not appends:
            return []
        check_size(appends)
        self._check_expected(appends)
        await self._vault.ensure({p.subject for a in appends for e in a.events for p in personals(e)})
        encoded = [[self._codec.dump(event, self._vault.seal) for event in each.events] for each in appends]
        ids = self._fresh_ids(sum(map(len, encoded)))
        self._xid += 1
        return [self._write(append, events, ids) for append, events in zip(appends, encoded, strict=True)]

    async def find_command(self, command_id: UUID, tx: Connection | None = None) -> Stored | None:
        """See `CommandStore.find_command`; `tx` means nothing here."""
        del tx
        return self._commands.get(command_id)

    async def find_or_load(self, command_id: UUID, stream_id: UUID) -> Stored | list[Recorded[Any]]:
        """See `CommandStore.find_or_load`."""
        return await self.find_command(command_id) or await self.load(stream_id)

    async def append_command(
        self,
        append: Append,
        idempotency: Idempotency | None,
        respond: Respond | None,
        tx: Connection | None = None,
    ) -> Receipt:
        """See `CommandStore.append_command`; `tx` means nothing here, so it is no `ReservingStore`."""
        del tx
        if idempotency is not None and idempotency.command_id in self._commands:
            raise AlreadyAnswered
        receipt = await self._receipt(append)
        if idempotency is not None:
            body = respond(receipt) if respond else b""
            answered = replace(receipt, replayed=body)
            self._commands[idempotency.command_id] = Stored(idempotency.client, idempotency.fingerprint, answered)
        return receipt

    async def find_snapshot(
        self, stream_id: UUID, decider: str, schema_version: int, tx: Connection | None = None
    ) -> Snapshot | None:
        """See `SnapshotStore.find_snapshot`; `tx` means nothing here."""
        del tx
        return self._snapshots.get((stream_id, decider, schema_version))

    async def keep_snapshot(self, snapshot: Snapshot) -> None:
        """See `SnapshotStore.keep_snapshot`; the state passes through JSON, as in a database."""
        key = snapshot.stream_id, snapshot.decider, snapshot.schema_version
        self._snapshots[key] = replace(snapshot, state=orjson.loads(orjson.dumps(snapshot.state)))

    async def _receipt(self, append: Append) -> Receipt:
        if append.events:
            done = await self.append(append)
            return Receipt(done.version, done.position, done.xid, done.event_ids)
        stream = self._streams.get(append.stream_id)
        last = stream[-1] if stream else None
        return Receipt(last.version, last.position, self._xid, ()) if last else Receipt(0, 0, 0, ())

    def _check_expected(self, appends: Sequence[Append]) -> None:
        added: dict[UUID, int] = {}
        for append in appends:
            actual = len(self._streams.get(append.stream_id, [])) + added.get(append.stream_id, 0)
            code = expected_code(append.expected)
            if not met(code, actual):
                raise VersionConflict(append.stream_id, code, actual)
            added[append.stream_id] = added.get(append.stream_id, 0) + len(append.events)

    def _fresh_ids(self, count: int) -> Iterator[UUID]:
        """Ids of all events of an append; refuses it when one lies in the log already."""
        drawn = [self._ids() for _ in range(count)]
        if len(set(drawn)) < count or not self._event_ids.isdisjoint(drawn):
            raise EventIdTaken("an event id was drawn twice")
        self._event_ids.update(drawn)
        return iter(drawn)

    def _write(self, append: Append, events: Sequence[Encoded], fresh: Iterator[UUID]) -> Appended:
        stream = self._streams.setdefault(append.stream_id, [])
        ids: list[UUID] = []
        for encoded in events:
            again = self._codec.load(encoded.type, encoded.version, orjson.loads(encoded.data))
            recorded = Recorded(
                position=len(self._log) + 1,
                stream_id=append.stream_id,
                version=len(stream) + 1,
                event_id=next(fresh),
                type=encoded.type,
                event=again,
                meta=append.meta,
                recorded_at=self._clock(),
            )
            self._log.append(recorded)
            stream.append(recorded)
            ids.append(recorded.event_id)
        return Appended(len(stream), len(self._log), self._xid, tuple(ids))
