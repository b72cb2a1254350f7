"""The divisions (行政区划) under one county, or from the nation down to its counties, as one edition lists them."""

from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from libs.events.decider import Decider
from libs.values.division import Level


@dataclass(frozen=True, slots=True)
class Line:
    """One division; `parent` is empty for the nation, `urban_rural` where the source has none."""

    code: str
    name: str
    level: Level
    parent: str
    urban_rural: str = ""


@dataclass(frozen=True, slots=True)
class ListDivisions:
    """An edition names these; what it does not name stays."""

    parent: str
    edition: str
    lines: tuple[Line, ...]


Command: TypeAlias = ListDivisions


@dataclass(frozen=True, slots=True)
class DivisionsListed:
    """The full list after the edition."""

    parent: str
    edition: str
    lines: tuple[Line, ...]


Event: TypeAlias = DivisionsListed


@dataclass(frozen=True, slots=True)
class Listed:
    """Divisions by code."""

    lines: tuple[Line, ...] = ()


def decide(state: Listed, command: Command) -> list[Event]:
    """A list with nothing new says nothing."""
    match command:
        case ListDivisions():
            known = {line.code: line for line in state.lines}
            named = {line.code: line for line in command.lines}
            lines = tuple(line for _, line in sorted({**known, **named}.items()))
            return [] if lines == state.lines else [DivisionsListed(command.parent, command.edition, lines)]
        case _:
            assert_never(command)


def evolve(state: Listed, event: Event) -> Listed:
    """The list after an event."""
    match event:
        case DivisionsListed():
            return replace(state, lines=event.lines)
        case _:
            assert_never(event)


division_list: Decider[Listed, Command, Event] = Decider(Listed(), decide, evolve)
