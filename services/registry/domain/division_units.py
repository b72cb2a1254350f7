"""Divisions in time (行政区划沿革): which unit bore a code from when until when, and what it came from and became.

Days are half-open, `since` included and `until` not. A list shows that a unit was there on its day, not since when, so
a unit of the first list of its county is there since `BEGIN`; only a change says a day. Pure, and small enough to hold
the units around one change; the same rules fill the read model and the tests' whole countries.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from libs.values.division import Division, Level

BEGIN: Final = date.min
END: Final = date.max
Known: TypeAlias = Literal["unknown", "list", "year", "month", "day"]
"""How exactly `since` is known: not at all, only by the day of the first list that names it, or as a change says."""


@dataclass(frozen=True, slots=True)
class Version:
    """One unit under one code, name and parent; `opened_by` and `closed_by` are changes, empty where there was none.

    `listed` is the day of the list that first named it (END: no list, BEGIN: a list without a day).
    `placed`: only its parent is new, because that was changed and nobody has said its own new code.
    """

    code: str
    name: str
    level: Level
    parent: str
    since: date = BEGIN
    until: date = END
    known: Known = "unknown"
    listed: date = END
    opened_by: str = ""
    closed_by: str = ""
    urban_rural: str = ""
    edition: str = ""
    placed: bool = False

    def on(self, day: date) -> bool:
        """Whether it lives on that day."""
        return self.since <= day < self.until

    @property
    def living(self) -> bool:
        """Whether nothing has ended it."""
        return self.until == END


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """By a change one unit went on as another."""

    old: str
    new: str
    day: date
    change_id: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """A unit of which a person must say what it, or who lives in it, became; `candidates` are codes.

    `whole`: the unit itself waits for its new code and everybody follows; else its households are shared one by one.
    """

    code: str
    change_id: str
    day: date
    candidates: tuple[str, ...]
    whole: bool
    kind: str


@dataclass
class Units:
    """The units of some codes with all their versions, in order; `touched` are the codes written since."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    links: set[Link] = field(default_factory=set)
    undecided: dict[str, Undecided] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls, versions: Iterable[Version], links: Iterable[Link] = (), undecided: Iterable[Undecided] = ()
    ) -> "Units":
        """From rows in any order."""
        units = cls(links=set(links), undecided={each.code: each for each in undecided})
        for version in sorted(versions, key=lambda each: (each.code, each.since)):
            units.versions.setdefault(version.code, []).append(version)
        return units

    def on(self, code: str, day: date) -> Version | None:
        """The unit that bore the code on that day."""
        return next((version for version in self.versions.get(code, ()) if version.on(day)), None)

    def last(self, code: str) -> Version | None:
        """The last unit that bore the code, living or not."""
        versions = self.versions.get(code)
        return versions[-1] if versions else None

    def before(self, code: str, day: date) -> Version | None:
        """The unit that bore the code up to that day."""
        return self.on(code, day - timedelta(days=1)) if day > BEGIN else None

    def children(self, code: str, day: date) -> list[Version]:
        """The units whose parent it was up to that day, by code."""
        before = day - timedelta(days=1)
        found = (version for versions in self.versions.values() for version in versions)
        return sorted((each for each in found if each.parent == code and each.on(before)), key=lambda each: each.code)

    def close(self, code: str, day: date, change_id: str) -> None:
        """The unit ends on that day."""
        versions = self.versions[code]
        at = next(n for n, each in enumerate(versions) if each.on(day) or each.until == day)
        if versions[at].until == day and at + 1 < len(versions) and versions[at + 1].on(day):
            at += 1
        if versions[at].since == day:  # only placed under its new parent: that never came to be
            del versions[at]
            at -= 1
        versions[at] = replace(versions[at], until=day, closed_by=change_id)
        self.touched.add(code)

    def close_unlisted(self, version: Version) -> None:
        """A unit that ended before the first list: known by the change alone."""
        self.versions.setdefault(version.code, []).insert(0, version)
        self.touched.add(version.code)

    def open(self, version: Version) -> None:
        """A unit begins; one that a list shows already without saying since when gets its day."""
        versions = self.versions.setdefault(version.code, [])
        shown = versions[-1] if versions else None
        self.touched.add(version.code)
        if shown is not None and shown_only(shown, version.since):
            begun = replace(
                shown, since=version.since, known=version.known, opened_by=version.opened_by, parent=version.parent
            )
            versions[-1] = begun
        else:
            versions.append(version)

    def split(self, code: str, day: date, after: Version, *, name_before: str | None = None) -> None:
        """The same unit goes on otherwise from that day: another name, or under another parent."""
        versions = self.versions[code]
        at = next(n for n, each in enumerate(versions) if each.on(day))
        whole = versions[at]
        self.touched.add(code)
        if whole.since == day:
            versions[at] = replace(after, since=day, until=whole.until, closed_by=whole.closed_by)
            return
        first = replace(whole, until=day, closed_by=after.opened_by, name=name_before or whole.name)
        then = replace(after, since=day, until=whole.until, closed_by=whole.closed_by)
        versions[at : at + 1] = [first, then]


def shown_only(version: Version, day: date) -> bool:
    """Whether lists alone show the unit, on a day not before `day`: a change of that day may have begun it."""
    if not version.living or version.opened_by:
        return False
    return version.listed != BEGIN and day <= version.listed


def successors(units: Units, version: Version) -> Iterator[Version]:
    """The living units that it went on as: itself while it lives, several after a split, none after an abolition.

    Goes forward through renames and every later change; a unit is told once.
    """
    seen: set[tuple[str, date]] = set()
    waiting = [version]
    while waiting:
        at = waiting.pop()
        if (at.code, at.since) in seen:
            continue
        seen.add((at.code, at.since))
        if at.living:
            yield at
        else:
            waiting += [found for found in _next(units, at) if found is not None]


def _next(units: Units, version: Version) -> list[Version | None]:
    """Into which units it went on the day of its end."""
    day = version.until
    codes = {link.new for link in units.links if (link.old, link.day) == (version.code, day)}
    if not codes and (same := units.on(version.code, day)) is not None and same.opened_by == version.closed_by:
        return [same]
    return [units.on(code, day) for code in sorted(codes, reverse=True)]


def predecessors(units: Units, version: Version) -> list[Link]:
    """The changes by which it came from other units."""
    return sorted(link for link in units.links if (link.new, link.day) == (version.code, version.since))


def common_parent(units: Units, codes: Iterable[str], day: date) -> str:
    """The nearest unit above all of these codes that lives on that day; empty for none."""
    found = [Division(code) for code in codes]
    unit = found[0].parent
    while unit is not None:
        if all(unit.covers(each) for each in found) and units.on(unit.code, day) is not None:
            return unit.code
        unit = unit.parent
    return ""
