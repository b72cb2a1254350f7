"""One register file taken in: started once, finished once, resumed by bringing the same file again."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider


@dataclass(frozen=True, slots=True)
class StartImport:
    """A checked file is about to be taken in; `digest` is the SHA-256 of its bytes, `cover` what it is full for."""

    import_id: UUID
    unit: str
    digest: str
    edition: str
    as_of: date
    size: int
    cover: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishImport:
    """Every batch is in; `totals` are the figures answered."""

    import_id: UUID
    totals: dict[str, int]


Command: TypeAlias = StartImport | FinishImport


@dataclass(frozen=True, slots=True)
class RegisterImportStarted:
    """The file is kept sealed under the import's own key; its events name the import as their source.

    `cover` are the units for which it claims to name everybody; none for an update of single people (delta).
    """

    import_id: UUID
    unit: str
    digest: str
    edition: str
    as_of: date
    size: int
    cover: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterImportFinished:
    """All rows were answered and the good ones kept."""

    import_id: UUID
    totals: dict[str, int]


Event: TypeAlias = RegisterImportStarted | RegisterImportFinished


@dataclass(frozen=True, slots=True)
class Fresh:
    """Never brought."""


@dataclass(frozen=True, slots=True)
class Running:
    """Started and not finished: running, or cut off."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Taken in before."""


State: TypeAlias = Fresh | Running | Finished


def decide(state: State, command: Command) -> list[Event]:
    """Bringing a file again says nothing new about it."""
    match command:
        case StartImport():
            if not isinstance(state, Fresh):
                return []
            return [
                RegisterImportStarted(
                    command.import_id,
                    command.unit,
                    command.digest,
                    command.edition,
                    command.as_of,
                    command.size,
                    command.cover,
                )
            ]
        case FinishImport():
            running = isinstance(state, Running)
            return [RegisterImportFinished(command.import_id, command.totals)] if running else []
        case _:
            assert_never(command)


def evolve(state: State, event: Event) -> State:
    """Where the import is after an event."""
    del state
    match event:
        case RegisterImportStarted():
            return Running()
        case RegisterImportFinished():
            return Finished()
        case _:
            assert_never(event)


register_import: Decider[State, Command, Event] = Decider(Fresh(), decide, evolve)
