"""A service as data: what it keeps, what it tells, what it derives, whom it listens to."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from libs.events.codec import Codec
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.poison import PARK, Poison
from libs.events.store import Recorded
from libs.events.types import Connection

Publish: TypeAlias = Callable[[Recorded[Any]], Iterable[Outgoing]]


@dataclass(frozen=True)
class Projection:
    """A read model of the service's own log. `apply` gets the handled events of a page in order, in its transaction."""

    name: str
    handles: tuple[type, ...]
    apply: Callable[[Connection, Sequence[Recorded[Any]]], Awaitable[None]]


@dataclass(frozen=True)
class Consumer:
    """A reader of another service's facts; what `apply` writes and the offset are one transaction.

    What `apply` refuses again and again is parked, as `poison` says; the rest flows on.
    """

    name: str
    source: str
    handles: tuple[type[Contract], ...]
    apply: Callable[[Connection, Sequence[Fact[Any]]], Awaitable[None]]
    poison: Poison = PARK


@dataclass(frozen=True)
class Service:
    """`publish` is pure: private event → contracts, none if the world need not know."""

    name: str
    codec: Codec
    publish: Publish
    projections: tuple[Projection, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    migrations: Path | None = None
