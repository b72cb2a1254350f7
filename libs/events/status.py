"""What a running service says of its readers: where they stand, how far behind, who moves them, what is wrong."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from libs.values.errors import DomainError


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """The publisher, the forwarder to Kafka, or one projection, process or consumer.

    `position` is its last number where it has numbers. `lag_events` beyond 10,000 is an estimate; `rate` is in events
    a second over the last minute, None where another process moves the reader; `holes` counts partitions that wait
    for a missing record; `forked`: stopped for good.

    `elsewhere`: another process moves it, as its lease says, or may move it (a consumer has none). Of such a consumer
    the database tells the newest number that was taken, its pause and what is parked, and no more: how far its
    publisher is, and so its lag, is known where it runs.
    """

    name: str
    kind: Literal["projection", "publisher", "forwarder", "process", "consumer"]
    position: int
    head: int
    lag_events: int
    lag_seconds: float
    owner: UUID | None
    error: str | None
    rate: float | None = None
    holes: int = 0
    forked: bool = False
    parked: int = 0  # events of a consumer that were set aside, those that only wait behind one included
    paused: str | None = None  # why a person has paused it
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class LogHealth:
    """What holds back the log's database; sessions of other roles are seen only by a member of pg_monitor.

    `write_transaction_seconds`: age of the oldest open transaction that wrote; its events are read when it ends.
    `snapshot_transactions`: transactions since the oldest snapshot in use, also of a replica or a prepared
    transaction; what was changed since then cannot be cleaned, and cursors become slow.
    """

    write_transaction_seconds: float = 0.0
    snapshot_transactions: int = 0


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """How many timers wait, how many of them are due, when the next is, and the error of the first that failed."""

    waiting: int
    due: int
    next_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class RebuildStatus:
    """A version of a read model beside the one that serves: `beside` while it is rebuilt, or kept to go back to."""

    projection: str
    version: int
    state: str
    passed: int
    total: int
    rate: float
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """A service's readers; `running`: this process moves some of them, or will when it may."""

    service: str
    running: bool
    log_id: UUID | None
    events: int
    published: int
    cursors: tuple[ReaderStatus, ...]
    consumers: tuple[ReaderStatus, ...]
    timers: TimerStatus
    at: datetime
    log: LogHealth = LogHealth()
    rebuilds: tuple[RebuildStatus, ...] = ()


def describe(error: BaseException) -> str:
    """An error in words that hold no personal data: our own messages, else only its kind."""
    kind = type(error).__name__
    state = getattr(error, "sqlstate", None)
    if isinstance(error, DomainError) or type(error).__module__.startswith("libs.events"):
        return f"{kind}: {error}"
    return f"{kind} {state}" if state else kind
