"""The divisions (行政区划) under one county, or from the nation down to its counties, as editions list them.

A later edition is compared with what was known: what appeared, is absent, or bears another name is told in the event.
Nothing vanishes by absence, and an older edition adds what was not known but renames nothing.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias, assert_never

from libs.events.decider import Decider
from libs.values.division import Level
from libs.values.valid_date import ValidDate
from services.registry.domain.division_units import BEGIN, END, Units, Version


@dataclass(frozen=True, slots=True)
class Line:
    """One division; `parent` is empty for the nation, `urban_rural` where the source has none."""

    code: str
    name: str
    level: Level
    parent: str
    urban_rural: str = ""


@dataclass(frozen=True, slots=True)
class Validity:
    """From which day, and until which day exclusively, a unit lives; empty where no change says it."""

    code: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class ListDivisions:
    """An edition names these; what it does not name stays. `as_of`: its date (2016-07), empty: undated.

    `of_change`: not an edition, but the list as changes made it.
    """

    parent: str
    edition: str
    lines: tuple[Line, ...]
    as_of: str = ""
    of_change: bool = False
    validity: tuple[Validity, ...] = ()


Command: TypeAlias = ListDivisions


@dataclass(frozen=True, slots=True)
class DivisionsListed:
    """The full list after the edition, and what differs from the dated edition before it."""

    parent: str
    edition: str
    lines: tuple[Line, ...]
    as_of: str = ""
    of_change: bool = False
    appeared: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    validity: tuple[Validity, ...] = ()


Event: TypeAlias = DivisionsListed


@dataclass(frozen=True, slots=True)
class Listed:
    """Divisions by code, the date of the newest dated edition, and what that one did not name."""

    lines: tuple[Line, ...] = ()
    as_of: str = ""
    absent: tuple[str, ...] = ()


def decide(state: Listed, command: Command) -> list[Event]:
    """A list with nothing new says nothing."""
    match command:
        case ListDivisions():
            return _list(state, command)
        case _:
            assert_never(command)


def _list(state: Listed, command: ListDivisions) -> list[Event]:
    known = {line.code: line for line in state.lines}
    named = {line.code: line for line in command.lines}
    order = _order(state.as_of, command.as_of)
    merged = {**named, **known} if order < 0 else {**known, **named}
    lines = tuple(line for _, line in sorted(merged.items()))
    listed = DivisionsListed(command.parent, command.edition, lines, command.as_of, command.of_change)
    listed = replace(listed, validity=command.validity)
    if order > 0 and known and not command.of_change:
        both = sorted(known.keys() & named.keys())
        listed = replace(
            listed,
            appeared=tuple(sorted(named.keys() - known.keys())),
            absent=_absent(known, named),
            renamed=tuple(code for code in both if known[code].name != named[code].name),
        )
    first_dated = bool(command.as_of) and not state.as_of
    named_otherwise = listed.absent != state.absent if order > 0 else False
    said = lines != state.lines or first_dated or named_otherwise
    return [listed] if said else []


def _order(known: str, said: str) -> int:
    """Whether a date lies after (1), before (-1) or neither; what has no date is neither."""
    if not (known and said):
        return 0
    one, other = day_of(known), day_of(said)
    return (other > one) - (other < one)


def _absent(known: dict[str, Line], named: dict[str, Line]) -> tuple[str, ...]:
    """Known units that the edition passes over, although it lists several beside them: one alone is only the way."""
    listed = Counter(line.parent for line in named.values())
    return tuple(sorted(line.code for line in known.values() if line.code not in named and listed[line.parent] > 1))


def day_of(as_of: str) -> date:
    """The day an edition is of: the last of its month or year, for it shows what had come to be by then."""
    return ValidDate.parse(as_of).last


def evolve(state: Listed, event: Event) -> Listed:
    """The list after an event."""
    match event:
        case DivisionsListed():
            later = _order(state.as_of, event.as_of) > 0
            dated = event.as_of if later or not state.as_of else state.as_of
            return Listed(event.lines, dated, event.absent if later else state.absent)
        case _:
            assert_never(event)


division_list: Decider[Listed, Command, Event] = Decider(Listed(), decide, evolve)


def apply(units: Units, event: DivisionsListed) -> None:
    """The units after a list; of what was known only names change, and only by a later or an undated list."""
    if event.of_change:
        return  # its changes have said it
    day = day_of(event.as_of) if event.as_of else BEGIN
    appeared, renamed = set(event.appeared), set(event.renamed)
    for line in event.lines:
        versions = units.versions.get(line.code)
        if not versions:
            units.versions[line.code] = [_listed(line, event, day, line.code in appeared)]
            units.touched.add(line.code)
        elif versions[-1].name != line.name or (day > BEGIN and versions[-1].listed == BEGIN):
            _relisted(units, line, event, day, line.code in renamed)


def _listed(line: Line, event: DivisionsListed, day: date, appeared: bool) -> Version:
    since = day if appeared else BEGIN
    return Version(
        line.code, line.name, line.level, line.parent, since, END, "list" if appeared else "unknown", day,
        urban_rural=line.urban_rural, edition=event.edition,
    )  # fmt: skip


def _relisted(units: Units, line: Line, event: DivisionsListed, day: date, renamed: bool) -> None:
    last = units.versions[line.code][-1]
    if last.listed == BEGIN and day > BEGIN:
        last = units.versions[line.code][-1] = replace(last, listed=day, edition=event.edition)
        units.touched.add(line.code)
    if last.name == line.name:
        return
    if not event.as_of and last.since == BEGIN:  # an undated list puts a name right
        units.versions[line.code][-1] = replace(last, name=line.name, urban_rural=line.urban_rural)
        units.touched.add(line.code)
    elif renamed and last.on(day):
        after = replace(last, name=line.name, known="list", opened_by="", edition=event.edition)
        units.split(line.code, day, after)
