"""Where a village that a register names is now: units end, and whoever writes registers goes on with their old names.

A register says where somebody lived on its day. The unit of that day is right then; now what lives of it counts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from libs.events.types import Pool
from libs.values.division import Division
from services.registry.domain.division_units import Link, Units, Version, successors
from services.registry.projections import divisions


@dataclass(frozen=True, slots=True)
class Gone:
    """A unit that has ended. `then`: what it was on the register's day, `now` the one unit that lives of it.

    `now` is empty where `successors` are several, none, or still to be decided; `steps` lead from `then` to `now`.
    """

    code: str
    name: str
    then: str
    now: str
    successors: tuple[Version, ...]
    steps: tuple[Link, ...] = ()

    @property
    def names(self) -> str:
        """The living units with their codes, as a row's answer says them; empty for none."""
        return "、".join(f"{each.name}（{each.code}）" for each in self.successors)

    @property
    def codes(self) -> frozenset[str]:
        """In which of these somebody of it may stand now: also in itself, where a person has not decided yet."""
        return frozenset({self.code, *(each.code for each in self.successors)})


@dataclass
class Villages:
    """Asked batch by batch in one import; most villages have never ended and cost nothing."""

    pool: Pool
    as_of: date
    ended: Collection[str]
    _known: dict[str, Gone | None] = field(default_factory=dict)

    @classmethod
    async def of(cls, pool: Pool, unit: Division, as_of: date) -> "Villages":
        """Those of a unit's county, or of all below a higher unit."""
        return cls(pool, as_of, await divisions.ended(pool, *unit.at("county").range()))

    async def gone(self, codes: Collection[str]) -> Mapping[str, Gone]:
        """Of these villages the ones that are no more what a register of that day says."""
        asked = {code for code in codes if code in self.ended and code not in self._known}
        if asked:
            units = await divisions.onwards(self.pool, asked)
            self._known |= {code: became(units, code, self.as_of) for code in asked}
        return {code: found for code in codes if (found := self._known.get(code)) is not None}


def became(units: Units, code: str, as_of: date) -> Gone | None:
    """What became of the unit that bore the code on that day or last before it; None for one that lives under it."""
    named = units.on(code, as_of) or _before(units, code, as_of)
    if named is None or named.living:
        return None
    living = tuple(sorted(successors(units, named), key=lambda each: each.code))
    if len(living) != 1 or code in units.undecided:
        return Gone(code, named.name, "", "", living)
    [now] = living
    if now.code == code:
        return None
    then, steps = _way(units, named, as_of)
    return Gone(code, named.name, then or now.code, now.code, living, steps if then else ())


def _way(units: Units, named: Version, as_of: date) -> tuple[str, tuple[Link, ...]]:
    """The code borne on that day and the changes since; empty where the unit was parted and joined again."""
    at, then, steps = named, named.code, list[Link]()
    while not at.living:
        links = [link for link in units.links if (link.old, link.day) == (at.code, at.until)]
        code = links[0].new if links else at.code
        following = units.on(code, at.until)
        if len(links) > 1 or following is None:
            return "", ()
        if at.until <= as_of:
            then = code
        else:
            steps += links
        at = following
    return then, tuple(steps)


def _before(units: Units, code: str, day: date) -> Version | None:
    """The last unit that bore the code before that day."""
    return next((each for each in reversed(units.versions.get(code, ())) if each.until <= day), None)
