"""The log in memory: a fake that passes the same suite as PostgreSQL, for tests and given/when/then over handlers."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import orjson

from libs.events.codec import Codec
from libs.events.personal import personals
from libs.events.store import Append, Appended, Recorded, VersionConflict, check_size, expected_code, met
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
        self._xid = 0

    @property
    def log(self) -> Sequence[Recorded[Any]]:
        """All events in the order of their positions."""
        return self._log

    async def load(self, stream_id: UUID, after: int = 0) -> list[Recorded[Any]]:
        """See `EventStore.load`."""
        return self._streams.get(stream_id, [])[after:]

    async def load_many(self, stream_ids: Collection[UUID]) -> dict[UUID, list[Recorded[Any]]]:
        """See `EventStore.load_many`."""
        return {stream_id: list(self._streams.get(stream_id, [])) for stream_id in stream_ids}

    async def append(self, append: Append, tx: Connection | None = None) -> Appended:
        """See `EventStore.append`."""
        return (await self.append_many([append], tx))[0]

    async def append_many(self, appends: Sequence[Append], tx: Connection | None = None) -> list[Appended]:
        """See `EventStore.append_many`; `tx` means nothing here."""
        del tx
        check_size(appends)
        self._check_expected(appends)
        await self._vault.ensure({p.subject for a in appends for e in a.events for p in personals(e)})
        self._xid += 1
        return [self._write(append) for append in appends]

    def _check_expected(self, appends: Sequence[Append]) -> None:
        added: dict[UUID, int] = {}
        for append in appends:
            actual = len(self._streams.get(append.stream_id, [])) + added.get(append.stream_id, 0)
            code = expected_code(append.expected)
            if not met(code, actual):
                raise VersionConflict(append.stream_id, code, actual)
            added[append.stream_id] = added.get(append.stream_id, 0) + len(append.events)

    def _write(self, append: Append) -> Appended:
        stream = self._streams.setdefault(append.stream_id, [])
        ids: list[UUID] = []
        for event in append.events:
            encoded = self._codec.dump(event, self._vault.seal)
            again = self._codec.load(encoded.type, encoded.version, orjson.loads(encoded.data))
            recorded = Recorded(
                position=len(self._log) + 1,
                stream_id=append.stream_id,
                version=len(stream) + 1,
                event_id=self._ids(),
                type=encoded.type,
                event=again,
                meta=append.meta,
                recorded_at=self._clock(),
            )
            self._log.append(recorded)
            stream.append(recorded)
            ids.append(recorded.event_id)
        return Appended(len(stream), len(self._log), self._xid, tuple(ids))
