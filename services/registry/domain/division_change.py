"""A change of divisions: renamed, recoded, split, merged, transferred, abolished; what it says and what follows of it.

Below a unit that gets another code, a unit follows where one of the same last digits and name is known; any other waits
for a person, and lives on under its own code meanwhile. What is below a split unit always waits: it is shared by
decision, not by guess.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

from libs.values.division import Division, Level
from libs.values.valid_date import Precision, ValidDate
from services.registry.domain.division_units import (
    Known,
    Link,
    Undecided,
    Units,
    Version,
    common_parent,
    shown_only,
)

Kind: TypeAlias = Literal[
    "rename", "recode", "county_to_district", "county_to_city", "split", "merge", "transfer", "abolish", "establish"
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
ONE_TO_ONE: Final = frozenset({"recode", "county_to_district", "county_to_city", "transfer"})
_KNOWN: Final[dict[Precision, Known]] = {"year": "year", "month": "month", "day": "day", "interval": "day"}


@dataclass(frozen=True, slots=True)
class Pair:
    """An old unit and what it became; empty codes: nothing (abolished), or from nothing (established)."""

    old_code: str
    old_name: str
    new_code: str
    new_name: str
    level: Level


@dataclass(frozen=True, slots=True)
class Left:
    """A unit below whose own new code nobody has said; it stands under `parent` until a person says it."""

    code: str
    parent: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DivisionChanged:
    """A change as it was brought (`pairs`), the units below that followed it, and those that wait for a person.

    `valid` is a day, month or year; from its first day on the change holds. `because` names the change that this one
    decides about, `reason` the person's words.
    """

    change_id: str
    kind: Kind
    valid: str
    pairs: tuple[Pair, ...]
    followed: tuple[Pair, ...] = ()
    left: tuple[Left, ...] = ()
    because: str = ""
    reason: str = ""

    @property
    def day(self) -> date:
        """The first day on which it holds."""
        return ValidDate.parse(self.valid).first

    @property
    def moves(self) -> tuple[tuple[str, str], ...]:
        """Old code → new code of units whose people follow: every one that became exactly one other."""
        pairs = [pair for pair in (*self.pairs, *self.followed) if pair.old_code and pair.new_code]
        into = Counter(pair.old_code for pair in pairs)
        return tuple(
            (pair.old_code, pair.new_code)
            for pair in pairs
            if into[pair.old_code] == 1 and pair.old_code != pair.new_code
        )


def changed(units: Units, asked: DivisionChanged, named: Iterable[str] = ()) -> DivisionChanged:
    """The change with what follows of it below; `named` are units of which the same list speaks itself."""
    spoken = {*named, *(pair.old_code for pair in asked.pairs)}
    followed: list[Pair] = []
    left: list[Left] = []
    into: dict[str, list[str]] = {}
    for pair in asked.pairs:
        if pair.old_code and pair.new_code:
            into.setdefault(pair.old_code, []).append(pair.new_code)
    waiting = [(old, new) for old, new in into.items() if old not in new]
    opened = {code for new in into.values() for code in new}
    while waiting:
        old, new = waiting.pop(0)
        below = (child for child in units.children(old, asked.day) if child.code not in spoken)
        children = [child for child in below if _still_there(units, child, asked.day)]
        targets = Counter(_target(child, new) for child in children)
        for child in children:
            target = _target(child, new)
            taken = target in opened or targets[target] > 1
            if len(new) == 1 and not taken and _is_there(units, target, child.name, asked.day):
                followed.append(Pair(child.code, child.name, target, child.name, child.level))
                opened.add(target)
                waiting.append((child.code, [target]))
            else:
                left.append(Left(child.code, _parent(units, new, asked.day), tuple(sorted(new))))
    return replace(asked, followed=tuple(followed), left=tuple(left))


def _still_there(units: Units, child: Version, day: date) -> bool:
    """Whether no other change of the same day has ended it, or made it another unit."""
    into = {link.new for link in units.links if (link.old, link.day) == (child.code, day)}
    return units.on(child.code, day) is not None and (not into or child.code in into)


def apply(units: Units, event: DivisionChanged) -> None:
    """The units after the change. Units it names must have been checked (`division_checks`)."""
    ending, beginning, names = _told(event)
    valid = ValidDate.parse(event.valid)
    day, known = valid.first, _KNOWN[valid.precision]
    pairs = (*event.pairs, *event.followed)
    for old in dict.fromkeys(code for code in ending if code not in beginning):
        _end(units, names[old], event)
    for new in dict.fromkeys(beginning):
        into = [pair for pair in pairs if pair.new_code == new]
        if new in ending:
            _go_on(units, next((pair for pair in into if pair.old_code == new), into[0]), event, known)
        else:
            _begin(units, into[0], event, known)
    single = len(pairs) == 1
    units.links |= {
        Link(pair.old_code, pair.new_code, day, event.change_id)
        for pair in pairs
        if pair.old_code and pair.new_code and not (single and pair.old_code == pair.new_code)
    }
    for code in ending:
        units.undecided.pop(code, None)
    for each in event.left:
        _place(units, each, event, known)
    _share(units, event)


def _told(event: DivisionChanged) -> tuple[list[str], list[str], dict[str, Pair]]:
    pairs = (*event.pairs, *event.followed)
    ending = [pair.old_code for pair in pairs if pair.old_code]
    return ending, [pair.new_code for pair in pairs if pair.new_code], {pair.old_code: pair for pair in pairs}


def _end(units: Units, pair: Pair, event: DivisionChanged) -> None:
    if units.before(pair.old_code, event.day) is None:
        parent = Division(pair.old_code).parent
        gone = Version(pair.old_code, pair.old_name, pair.level, parent.code if parent else "")
        units.close_unlisted(replace(gone, until=event.day, closed_by=event.change_id))
    else:
        units.close(pair.old_code, event.day, event.change_id)


def _begin(units: Units, pair: Pair, event: DivisionChanged, known: Known) -> None:
    living = units.on(pair.new_code, event.day)
    if living is not None and not shown_only(living, event.day):
        return  # merged into a unit that is there and stays
    parent = Division(pair.new_code).parent
    begun = Version(pair.new_code, pair.new_name, pair.level, parent.code if parent else "")
    units.open(replace(begun, since=event.day, known=known, opened_by=event.change_id))


def _go_on(units: Units, pair: Pair, event: DivisionChanged, known: Known) -> None:
    """The unit keeps its code; perhaps with another name, or with more or fewer people."""
    now = units.on(pair.new_code, event.day) or units.last(pair.new_code)
    assert now is not None, "a unit that goes on was there"
    after = replace(now, name=pair.new_name, known=known, opened_by=event.change_id)
    if now.since > event.day:  # a later list showed the new name first
        versions = units.versions[pair.new_code]
        at = versions.index(now)
        versions[at] = replace(after, since=event.day)
        versions[at - 1] = replace(versions[at - 1], until=event.day, closed_by=event.change_id)
        units.touched.add(pair.new_code)
        return
    before = pair.old_name if now.name == pair.new_name and now.name != pair.old_name else None
    units.split(pair.new_code, event.day, after, name_before=before)


def _place(units: Units, left: Left, event: DivisionChanged, known: Known) -> None:
    now = units.on(left.code, event.day)
    assert now is not None, "only a living unit can be left over"
    if now.parent != left.parent:
        placed = replace(now, parent=left.parent, known=known, opened_by=event.change_id, placed=True)
        units.split(left.code, event.day, placed)
    units.undecided[left.code] = Undecided(left.code, event.change_id, event.day, left.candidates, True, event.kind)


def _share(units: Units, event: DivisionChanged) -> None:
    """Who is registered in a unit that went on as several, or as none, waits for a person."""
    into: dict[str, list[str]] = {}
    for pair in event.pairs:
        if pair.old_code:
            into.setdefault(pair.old_code, []).append(pair.new_code)
    for old, new in into.items():
        if len(new) > 1 or new == [""]:
            candidates = tuple(sorted(code for code in new if code))
            units.undecided[old] = Undecided(old, event.change_id, event.day, candidates, False, event.kind)


def _target(child: Version, new: Sequence[str]) -> str:
    """The child's code when only the digits of its parent change."""
    width = len(Division(new[0]).prefix)
    return new[0][:width] + child.code[width:]


def _is_there(units: Units, code: str, name: str, day: date) -> bool:
    """A unit of that code and name, shown by a list and begun by no other change."""
    last = units.last(code)
    return last is not None and last.name == name and shown_only(last, day)


def _parent(units: Units, new: Sequence[str], day: date) -> str:
    return new[0] if len(new) == 1 else common_parent(units, new, day)


def codes_of(event: DivisionChanged) -> Iterator[str]:
    """Every code that it names, with the units above."""
    for pair in (*event.pairs, *event.followed):
        for code in (pair.old_code, pair.new_code):
            unit: Division | None = Division(code) if code else None
            while unit is not None:
                yield unit.code
                unit = unit.parent
