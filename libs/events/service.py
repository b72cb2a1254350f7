"""A service as data: what it keeps, what it tells, what it derives, whom it listens to."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from libs.events.codec import Codec
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.poison import PARK, Poison
from libs.events.process import Process
from libs.events.store import Recorded
from libs.events.types import Connection, Record

Publish: TypeAlias = Callable[[Recorded[Any]], Iterable[Outgoing]]


@dataclass(frozen=True)
class Fold:
    """A faster way to the same rows, for rebuilds: the history is folded in memory and written at once.

    `columns` are SQL expressions over `events`; `add` takes their rows in the order of the log; `rows` gives what each
    table of the projection holds in the end, in the order of its columns. It must give what `apply` gives: compared.
    """

    columns: str
    start: Callable[[], Any]
    add: Callable[[Any, Sequence[Record]], None]
    rows: Callable[[Any], Mapping[str, Iterable[Sequence[object]]]]


@dataclass(frozen=True)
class Projection:
    """A read model of the service's own log. `apply` gets the handled events of a page in order, in its transaction.

    `tables` are all that it writes: without them it cannot be rebuilt. `reads` are tables of others that it reads,
    whose rows as of an event never change.
    """

    name: str
    handles: tuple[type, ...]
    apply: Callable[[Connection, Sequence[Recorded[Any]]], Awaitable[None]]
    tables: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    fold: Fold | None = None


@dataclass(frozen=True)
class Derived:
    """A read model worked out from facts that the service keeps under the recorded numbers of `counter`.

    `read` gives the facts above one number, up to another, in order; `apply` writes what they change. They are written
    by the transaction that keeps them, so this is only for rebuilding. `tables` and `reads` as in `Projection`.
    """

    name: str
    counter: str
    read: Callable[[Connection, int, int], Awaitable[Sequence[Any]]]
    apply: Callable[[Connection, Sequence[Any]], Awaitable[None]]
    tables: tuple[str, ...]
    reads: tuple[str, ...] = ()


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
    """`publish` is pure: private event → contracts, none if the world need not know.

    `shared`: folders of migrations that it has in common with other services, applied before its own.
    """

    name: str
    codec: Codec
    publish: Publish
    projections: tuple[Projection, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    derived: tuple[Derived, ...] = ()
    processes: tuple[Process, ...] = ()
    migrations: Path | None = None
    shared: tuple[Path, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders of migrations but the kernel's, in the order in which they are applied."""
        return (*self.shared, *([self.migrations] if self.migrations else []))
