"""The private log of a service as its users see it: streams of events, appended under an expected version."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from libs.events.meta import Meta
from libs.events.types import Connection
from libs.values.errors import Conflict

E = TypeVar("E")
T = TypeVar("T")

ATTEMPTS: Final = 8  # of what lost a race for a stream

MAX_EVENTS: Final = 5_000  # of one transaction: more would hold up every later event of the service


class _Expected(Enum):
    """What may be expected of a stream besides an exact version; the values are those of the SQL function."""

    NO_STREAM = 0
    ANY = -1
    EXISTS = -2


NO_STREAM: Final = _Expected.NO_STREAM
EXISTS: Final = _Expected.EXISTS
ANY: Final = _Expected.ANY
Expected: TypeAlias = int | _Expected


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E]):
    """An event as it lies in the log. Streams count from version 1."""

    position: int
    stream_id: UUID
    version: int
    event_id: UUID
    type: str
    event: E
    meta: Meta
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Append:
    """Events for one stream, taken only if the stream is as expected."""

    stream_id: UUID
    expected: Expected
    events: Sequence[object]
    meta: Meta


@dataclass(frozen=True, slots=True)
class Appended:
    """Version and position of the last event; `xid` is the transaction, by which readers know they have seen it."""

    version: int
    position: int
    xid: int
    event_ids: tuple[UUID, ...] = ()


class VersionConflict(Conflict):
    """Somebody appended to the stream first; load again and decide anew."""

    def __init__(self, stream_id: UUID | None = None, expected: int | None = None, actual: int | None = None) -> None:
        """What was expected and found, where the database said so."""
        super().__init__(
            "events.version_conflict",
            f"The record was changed meanwhile (stream {stream_id}, expected version {expected}, found {actual}).",
            rule="a change is made to the version that was read",
            right="read the record again and repeat the change",
        )
        self.stream_id = stream_id
        self.expected = expected
        self.actual = actual


class EventIdTaken(Exception):
    """An id lies in the log already: whoever makes ids made one twice. Nothing of the append was written."""


class EventStore(Protocol):
    """What the in-memory and the PostgreSQL store both are."""

    async def load(
        self, stream_id: UUID, after: int = 0, *, until_version: int | None = None, tx: Connection | None = None
    ) -> list[Recorded[Any]]:
        """Events of one stream above `after` up to `until_version`, in order; empty when there is no such stream.

        In a transaction `tx` also those that it has appended itself.
        """

    async def load_as_of(self, stream_id: UUID, at: datetime) -> list[Recorded[Any]]:
        """The stream as it was recorded at an instant: its events up to the first one recorded after it.

        Always a beginning of the stream, so it may be folded, even where the server's clock was once set back. An event
        whose transaction was still open at that instant counts from when it was written, not from its commit.
        """

    async def load_many(self, stream_ids: Collection[UUID]) -> dict[UUID, list[Recorded[Any]]]:
        """Events of many streams in one query; a stream without events maps to an empty list."""

    async def append(self, append: Append, tx: Connection | None = None) -> Appended:
        """Append to one stream, in the caller's transaction if handed in; raises VersionConflict, EventIdTaken."""

    async def append_many(self, appends: Sequence[Append], tx: Connection | None = None) -> list[Appended]:
        """All or nothing, in order, at most MAX_EVENTS events."""


async def retried(once: Callable[[], Awaitable[T]]) -> T:
    """Whole transactions that lost a race for a stream are decided anew, ATTEMPTS times; then VersionConflict."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await once()
        except VersionConflict:
            continue
    return await once()


def expected_code(expected: Expected) -> int:
    """The number by which SQL knows it."""
    return expected.value if isinstance(expected, _Expected) else expected


def met(code: int, actual: int) -> bool:
    """Whether a stream at version `actual` is as expected."""
    if code == ANY.value:
        return True
    return actual > 0 if code == EXISTS.value else actual == code


def check_size(appends: Sequence[Append]) -> None:
    """Refuse what would hold up all later events, or says nothing."""
    count = sum(len(append.events) for append in appends)
    if count > MAX_EVENTS:
        raise ValueError(f"{count} events in one transaction; at most {MAX_EVENTS}")
    if any(not append.events for append in appends):
        raise ValueError("an append without events")
