"""What a running service says of its readers: where they stand, how far behind, who moves them, what is wrong."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from libs.values.errors import DomainError


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """One projection, the publisher, or one consumer; `position` is its last number where it has numbers."""

    name: str
    kind: Literal["projection", "publisher", "consumer"]
    position: int
    head: int
    lag_events: int
    lag_seconds: float
    owner: UUID | None
    error: str | None


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """A service's readers; `running` is False before start and after stop."""

    service: str
    running: bool
    log_id: UUID | None
    events: int
    published: int
    cursors: tuple[ReaderStatus, ...]
    consumers: tuple[ReaderStatus, ...]
    at: datetime


def describe(error: BaseException) -> str:
    """An error in words that hold no personal data: our own messages, else only its kind."""
    kind = type(error).__name__
    state = getattr(error, "sqlstate", None)
    if isinstance(error, DomainError) or type(error).__module__.startswith("libs.events"):
        return f"{kind}: {error}"
    return f"{kind} {state}" if state else kind
