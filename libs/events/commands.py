"""The way of a command: load, fold, decide, append, answer. Repeated safely; the same request is answered once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar
from uuid import UUID

from libs.events import tracing
from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.metrics import SILENT, Metrics
from libs.events.remembered import Remembered
from libs.events.snapshots import Folded, SnapshotStore, fold, keep, whole
from libs.events.store import NO_STREAM, Append, EventStore, Recorded, retried
from libs.events.turns import Turns
from libs.events.types import Connection
from libs.values.errors import Conflict, DomainError, Invalid, Stale

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request's key, who sent it, and a fingerprint of its content."""

    command_id: UUID
    client: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command left: the stream's version, its last position, the transaction to wait for.

    `replayed` holds the stored answer when the same request was answered before.
    """

    version: int
    position: int
    xid: int
    event_ids: tuple[UUID, ...]
    replayed: bytes | None = None


Respond = Callable[[Receipt], bytes]
Inside = Callable[[Connection], Awaitable[None]]
Write = Callable[[Append, "Idempotency | None", list[Any]], Awaitable[Receipt]]


@dataclass(frozen=True, slots=True)
class Stored:
    """An answered command as the store keeps it."""

    client: str
    fingerprint: str
    receipt: Receipt


class CommandStore(EventStore, SnapshotStore, Protocol):
    """A store that also remembers answered commands, in the transaction of the append."""

    async def find_command(self, command_id: UUID, tx: Connection | None = None) -> Stored | None:
        """The answered command, if there is one."""

    async def find_or_load(self, command_id: UUID, stream_id: UUID) -> Stored | list[Recorded[Any]]:
        """The answered command, or where there is none the events of the stream, as of the same moment."""

    async def append_command(
        self,
        append: Append,
        idempotency: Idempotency | None,
        respond: Respond | None,
        tx: Connection | None = None,
    ) -> Receipt:
        """Append (perhaps no events) and remember the answer in one transaction, the caller's if `tx` is handed in.

        `respond` may be called before the append with a receipt that does not tell position and xid yet, and once more
        after it when it asked for one of these: it only makes bytes, and has no other effect.
        Raises VersionConflict, InProgress when a twin is being handled, AlreadyAnswered when it just was.
        """


class ReservingStore(CommandStore, Protocol):
    """A store with transactions, in which a command may write more than its events."""

    async def append_command(
        self,
        append: Append,
        idempotency: Idempotency | None,
        respond: Respond | None,
        tx: Connection | None = None,
        inside: Inside | None = None,
        first: Inside | None = None,
    ) -> Receipt:
        """See `CommandStore.append_command`; `first` runs before the append, `inside` after it.

        What either raises takes everything back.
        """


class InProgress(Conflict):
    """The same request is being handled right now."""

    def __init__(self) -> None:
        """Said to the later twin."""
        super().__init__(
            "idempotency.in_progress",
            "The same request is being handled at this moment.",
            field="Idempotency-Key",
            rule="one request, one answer",
            right="wait a second and ask again with the same key",
        )


class AlreadyAnswered(Exception):
    """The twin was answered between our look and our append; look again."""


class Commands:
    """Handles commands of one service over its log."""

    def __init__(self, store: CommandStore, metrics: Metrics = SILENT) -> None:
        """Any store that remembers commands."""
        self._store = store
        self._metrics = metrics
        self._turns = Turns()
        self._states = Remembered()

    async def handle(
        self,
        decider: Decider[S, C, E],
        stream_id: UUID,
        command: C,
        meta: Meta,
        *,
        idempotency: Idempotency | None = None,
        respond: Respond | None = None,
        expected: int | None = None,
    ) -> Receipt:
        """Decide on the stream's state and append, in turn; conflicts with others are decided anew, a few times.

        `expected` is the version the caller saw (If-Match).
        Raises what `decide` raises, Stale, VersionConflict, Invalid for a key used twice, Conflict for a running twin.
        """
        write = _plain(self._store, respond)
        work = self._work(decider, stream_id, command, _stamp(meta, idempotency), write)
        return await self._all(replace(work, expected=expected), idempotency)

    def _work(self, decider: Decider[S, C, E], stream_id: UUID, command: C, meta: Meta, write: Write) -> "_Work":
        return _Work(self._store, self._states, decider, stream_id, command, meta, write)

    async def _all(self, work: "_Work", idempotency: Idempotency | None) -> Receipt:
        with self._metrics.command():
            async with self._turns.of(work.stream_id):
                return await self._handled(work, idempotency)

    async def _handled(self, work: "_Work", idempotency: Idempotency | None) -> Receipt:
        if idempotency is None:
            return await work.retried(None)
        seen = await self._look(work, idempotency)
        if isinstance(seen, Receipt):
            return seen
        try:
            return await work.retried(idempotency, seen)
        except (AlreadyAnswered, DomainError):
            answered = await self.answered(idempotency)
            if answered is None:
                raise
            return answered  # the twin won: its events are why the rules refused us

    async def handle_within(
        self,
        tx: Connection | None,
        decider: Decider[S, C, E],
        stream_id: UUID,
        command: C,
        meta: Meta,
        *,
        idempotency: Idempotency | None = None,
        expected: int | None = None,
    ) -> Receipt:
        """The same inside the caller's transaction, once: on VersionConflict the whole transaction is to be repeated.

        A command answered before is not decided again. Raises what `decide` raises, with nothing written.
        """
        if idempotency is not None:
            answered = await self.answered(idempotency, tx)
            if answered is not None:
                return answered
        write = _plain(self._store, None, tx)
        work = self._work(decider, stream_id, command, _stamp(meta, idempotency), write)
        return await replace(work, expected=expected, tx=tx).once(idempotency)

    async def state(self, decider: Decider[S, C, E], stream_id: UUID, tx: Connection | None = None) -> tuple[S, int]:
        """A stream's state and version, inside a transaction with what it has appended itself."""
        folded = await read(self._store, self._states, decider, stream_id, tx)
        return folded.state, folded.version

    async def _look(self, work: "_Work", idempotency: Idempotency) -> Receipt | list[Recorded[Any]] | None:
        """The stored answer, else the stream; None where that is read from a state on that is known."""
        if work.decider.snapshots is not None or work.decider.remembered:
            return await self.answered(idempotency)
        with tracing.span("events.load"):
            found = await self._store.find_or_load(idempotency.command_id, work.stream_id)
        return _receipt(found, idempotency) if isinstance(found, Stored) else found

    async def answered(self, idempotency: Idempotency, tx: Connection | None = None) -> Receipt | None:
        """What this request was answered with when it was sent before; None for a new one."""
        stored = await self._store.find_command(idempotency.command_id, tx)
        return _receipt(stored, idempotency) if stored else None


class ReservingCommands(Commands):
    """Commands over a store with transactions: what must be unique is reserved together with the events."""

    def __init__(self, store: ReservingStore, metrics: Metrics = SILENT) -> None:
        """See `Commands`."""
        super().__init__(store, metrics)
        self._reserving = store

    async def handle_reserving(  # noqa: PLR0913 - the way of a command and the two things done beside it
        self,
        decider: Decider[S, C, E],
        stream_id: UUID,
        command: C,
        meta: Meta,
        inside: Callable[[Connection, list[E]], Awaitable[None]],
        *,
        first: Inside | None = None,
        idempotency: Idempotency | None = None,
        respond: Respond | None = None,
        expected: int | None = None,
    ) -> Receipt:
        """As `handle`; `inside` runs in the append's transaction with the events, and what it raises is raised.

        `first` runs there before the append, for a lock that others take before they append too.
        """
        write = _reserving(self._reserving, respond, inside, first)
        work = self._work(decider, stream_id, command, _stamp(meta, idempotency), write)
        return await self._all(replace(work, expected=expected), idempotency)


@dataclass(frozen=True, slots=True)
class _Work:
    """One command with everything it needs."""

    store: CommandStore
    states: Remembered
    decider: Decider[Any, Any, Any]
    stream_id: UUID
    command: Any
    meta: Meta
    write: Write
    expected: int | None = None
    tx: Connection | None = None

    async def retried(self, idempotency: Idempotency | None, seen: list[Recorded[Any]] | None = None) -> Receipt:
        """`seen` is good for the first try only: who lost a race reads again."""
        first = iter([seen])
        return await retried(lambda: self.once(idempotency, next(first, None)))

    async def once(self, idempotency: Idempotency | None, seen: list[Recorded[Any]] | None = None) -> Receipt:
        folded = await self._folded() if seen is None else whole(self.decider, seen)
        version = folded.version
        if self.expected is not None and self.expected != version:
            raise stale(self.expected, version)
        with tracing.span("events.decide"):
            events = self.decider.decide(folded.state, self.command)
        append = Append(self.stream_id, version or NO_STREAM, events, self.meta)
        with tracing.span("events.append"):
            receipt = await self.write(append, idempotency, events)
        if self.tx is None:
            await keep(self.store, self.decider.snapshots, self.stream_id, folded)
        return receipt

    async def _folded(self) -> Folded[Any]:
        with tracing.span("events.load"):
            return await read(self.store, self.states, self.decider, self.stream_id, self.tx)


async def read(
    store: CommandStore, states: Remembered, decider: Decider[S, Any, Any], stream_id: UUID, tx: Connection | None
) -> Folded[S]:
    """The state of a stream, from what is remembered of it where its decider wants that."""
    if not decider.remembered:
        return await fold(store, decider, stream_id, tx)
    folded = await fold(store, decider, stream_id, tx, states.find(decider, stream_id))
    states.keep(decider, stream_id, folded)
    return folded


def _plain(store: CommandStore, respond: Respond | None, tx: Connection | None = None) -> Write:
    def write(append: Append, idempotency: Idempotency | None, _events: list[Any]) -> Awaitable[Receipt]:
        return store.append_command(append, idempotency, respond, tx)

    return write


def _reserving(
    store: ReservingStore,
    respond: Respond | None,
    inside: Callable[[Connection, list[Any]], Awaitable[None]],
    first: Inside | None,
) -> Write:
    def write(append: Append, idempotency: Idempotency | None, events: list[Any]) -> Awaitable[Receipt]:
        return store.append_command(append, idempotency, respond, inside=lambda tx: inside(tx, events), first=first)

    return write


def _receipt(stored: Stored, idempotency: Idempotency) -> Receipt:
    if (stored.client, stored.fingerprint) != (idempotency.client, idempotency.fingerprint):
        raise key_reused()
    return stored.receipt


def stale(expected: int, actual: int) -> Stale:
    """The refusal of a change to an older version."""
    return Stale(
        "events.stale",
        f"The record is at version {actual}, the change was made to version {expected}.",
        field="If-Match",
        value=str(expected),
        rule="a change is made to the present version",
        right=f"read it again and send If-Match {actual}",
    )


def key_reused() -> Invalid:
    """The refusal of one key for two different requests."""
    return Invalid(
        "idempotency.key_reused",
        "This Idempotency-Key was used for another request.",
        field="Idempotency-Key",
        rule="one key, one request",
        right="send a fresh key with a new request",
    )


def _stamp(meta: Meta, idempotency: Idempotency | None) -> Meta:
    command_id = meta.command_id or (idempotency.command_id if idempotency else None)
    return replace(meta, command_id=command_id, traceparent=meta.traceparent or tracing.traceparent())
