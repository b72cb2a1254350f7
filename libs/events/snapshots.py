"""Snapshots, opt-in: the folded state of a long stream, so that a command reads its end only.

A snapshot is never needed and never believed: it counts only if the stream still holds the very event it ends with, and
only under the version of its form. Deleting all of them changes nothing but time. Personal values lie in it as they lie
in the log: sealed with the person's key, and unreadable with it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from libs.events.store import Recorded
from libs.events.types import Connection

if TYPE_CHECKING:
    from libs.events.commands import CommandStore
    from libs.events.decider import Decider

S = TypeVar("S")

_log = logging.getLogger("jinguo.events")


class StateCodec(Generic[S]):
    """State ↔ JSON, by the names of its phases: frozen dataclasses, or one plain type."""

    def __init__(self, phases: Mapping[str, type[Any]]) -> None:
        """Name → class, such as {"open": Open, "finished": Finished}."""
        self._adapters = {name: TypeAdapter[Any](cls) for name, cls in phases.items()}
        self._names = {cls: name for name, cls in phases.items()}

    def dump(self, state: S) -> dict[str, Any]:
        """Raises ValueError for a personal value in clear, LookupError for a phase without a name."""
        name = self._names.get(type(state))
        if name is None:
            raise LookupError(f"{type(state).__name__} has no name among the phases of this snapshot")
        return {"phase": name, "state": self._adapters[name].dump_python(state, mode="json")}

    def load(self, data: Mapping[str, Any]) -> S:
        """The reverse; raises ValidationError or KeyError for another form."""
        state: S = self._adapters[data["phase"]].validate_python(data["state"])
        return state


@dataclass(frozen=True)
class Snapshots(Generic[S]):
    """How a decider keeps them: under `name`, after `every` events. A new form of the state needs a new `version`."""

    name: str
    every: int
    version: int
    codec: StateCodec[S]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state after `version` events, the last of which was `event_id`."""

    stream_id: UUID
    decider: str
    schema_version: int
    version: int
    event_id: UUID
    state: dict[str, Any]


class SnapshotStore(Protocol):
    """Keeps at most one snapshot of a stream for each decider and form."""

    async def find_snapshot(
        self, stream_id: UUID, decider: str, schema_version: int, tx: Connection | None = None
    ) -> Snapshot | None:
        """The kept one, whether it may be believed or not."""

    async def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Replace the kept one."""


@dataclass(frozen=True, slots=True)
class Folded(Generic[S]):
    """A state as it was read: after `version` events, of which `read` were read; `event_id` is the last of all."""

    state: S
    version: int
    read: int
    event_id: UUID | None


async def fold(
    store: "CommandStore",
    decider: "Decider[S, Any, Any]",
    stream_id: UUID,
    tx: Connection | None = None,
    known: Folded[S] | None = None,
) -> Folded[S]:
    """The state of a stream, from `known` or a snapshot and what came after it where that may be believed."""
    if known is not None and known.event_id is not None:
        recorded = await store.load(stream_id, known.version - 1, tx=tx)
        if recorded and recorded[0].event_id == known.event_id:
            return _continued(decider, known.state, recorded)
    if decider.snapshots is not None:
        folded = await _from_snapshot(store, decider, decider.snapshots, stream_id, tx)
        if folded is not None:
            return folded
    return whole(decider, await store.load(stream_id, tx=tx))


def whole(decider: "Decider[S, Any, Any]", recorded: Sequence[Recorded[Any]]) -> Folded[S]:
    """The state of a stream of which every event was read."""
    state = decider.fold(item.event for item in recorded)
    last = recorded[-1] if recorded else None
    return Folded(state, last.version if last else 0, len(recorded), last.event_id if last else None)


async def keep(store: SnapshotStore, snapshots: Snapshots[Any] | None, stream_id: UUID, folded: Folded[Any]) -> None:
    """Keep the state as it was read, once enough events were read for it; a failure is told and costs only time.

    Called after the command is done and outside its transaction, with the state before the command's own events: that
    one is committed, and everything personal in it is sealed.
    """
    if snapshots is None or folded.event_id is None or folded.read <= snapshots.every:
        return
    try:
        state = snapshots.codec.dump(folded.state)
        await store.keep_snapshot(
            Snapshot(stream_id, snapshots.name, snapshots.version, folded.version, folded.event_id, state)
        )
    except Exception as error:  # noqa: BLE001 - the command is done; its answer must not depend on a snapshot
        _log.warning("no snapshot of %s %s: %s", snapshots.name, stream_id, type(error).__name__)


async def _from_snapshot(
    store: "CommandStore",
    decider: "Decider[S, Any, Any]",
    snapshots: "Snapshots[S]",
    stream_id: UUID,
    tx: Connection | None,
) -> Folded[S] | None:
    kept = await store.find_snapshot(stream_id, snapshots.name, snapshots.version, tx)
    if kept is None:
        return None
    recorded = await store.load(stream_id, kept.version - 1, tx=tx)
    if not recorded or recorded[0].event_id != kept.event_id:
        return None  # newer than the stream, or of another past
    try:
        state = snapshots.codec.load(kept.state)
    except (ValidationError, KeyError):
        _log.warning("snapshot %s of another form under the same version: raise its version", snapshots.name)
        return None
    return _continued(decider, state, recorded)


def _continued(decider: "Decider[S, Any, Any]", state: S, recorded: Sequence[Recorded[Any]]) -> Folded[S]:
    """The first of `recorded` is the event with which `state` ends."""
    after = recorded[1:]
    state = decider.fold((item.event for item in after), state)
    return Folded(state, recorded[-1].version, len(after), recorded[-1].event_id)
