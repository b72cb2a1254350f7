"""How published records reach another service: a narrow port. A position is the last number per partition."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Published:
    """One published record as it travels; `previous` is the number before it in the same partition.

    A transport that knows them adds the id of that previous record, and the place where this one lies in its partition.
    """

    number: int
    partition: int
    previous: int
    event_id: UUID
    type: str
    key: UUID
    data: dict[str, Any]
    meta: dict[str, Any]
    at: datetime
    previous_id: UUID | None = field(default=None, compare=False)
    place: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Offset:
    """The last record taken from a partition, and where it lay if the transport has places."""

    number: int
    event_id: UUID | None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Which log it is and how far it goes; `at` is when its last record was made, None when it is empty."""

    log_id: UUID
    number: int
    at: datetime | None


class Transport(Protocol):
    """Reads one publisher's log. Order holds within a partition only."""

    async def head(self) -> Head:
        """The log's identity and greatest number."""

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Published]:
        """Up to `limit` records after the positions; within a partition in order and without holes."""

    async def close(self) -> None:
        """Let go of connections."""


class Numbered(Transport, Protocol):
    """A transport in which a record is found by its number, as in a table and not in a topic."""

    async def at(self, number: int) -> UUID | None:
        """Event id of a number; None when there is none."""

    async def number_of(self, event_id: UUID) -> int | None:
        """Number of an event id; None when there is none, or none yet."""


class NotYet(Exception):
    """Nothing can be said of the log yet, which is no fault: nobody has announced it."""


class Subscription(Transport, Protocol):
    """A transport whose partitions are shared out among the members of a group; it remembers where it reads.

    `read` gives what comes next in the partitions of this member, ticks among it, whatever positions it is handed.
    """

    def unplaced(self) -> frozenset[int]:
        """Partitions of this member that must be told where to begin; nothing is read from them before."""

    async def place(self, offsets: Mapping[int, Offset]) -> None:
        """Begin after these offsets; their places are proven before they are trusted."""

    def replace(self, partitions: Iterable[int] | None = None) -> None:
        """Take these partitions, or all, for unplaced: what was read from them was not taken."""

    def assigned(self) -> frozenset[int]:
        """The partitions of this member now."""

    async def arrived(self, timeout: float) -> bool:
        """Wait until something can be read, at most so many seconds."""

    async def taken(self, records: Sequence[Published]) -> None:
        """These are stored: tools that show lag may be told."""
