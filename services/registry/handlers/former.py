"""Whom an id means that was corrected since: its bearer now, who bore it before, or a person must say. Pure.

A former id leads to her where nobody else can be meant; where another bears it now, or the name is another, nothing is
guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from libs.rosters.findings import Finding
from services.registry.handlers.reservations import Person

KNOWN: Final = "former_id"
UNCLEAR: Final = "former_id_unclear"
NOW_COUNTS: Final = "按更正前的号码登记在册，以更正后的号码为准"
ASK: Final = "这是登记妇女更正前的号码：是她的填现在的号码，是另一人的先核实，并填姓名和人编号"


@dataclass(frozen=True, slots=True)
class Borne:
    """Who is meant; `former`: by an id she had before, `unclear`: a person decides, `person` being the likeliest."""

    person: Person | None
    former: bool = False
    unclear: bool = False

    def findings(self, column: str, written: str) -> tuple[Finding, ...]:
        """What a row's answer says of it."""
        if self.unclear:
            return (Finding(column, UNCLEAR, "error", written, ASK),)
        return (Finding(column, KNOWN, "warning", written, NOW_COUNTS),) if self.former else ()


def borne_by(now: Person | None, before: Sequence[Person], name: bytes | None, sound: bytes | None = None) -> Borne:
    """`now` bears the id, `before` did; `name` and `sound` are tokens of the row's name, None where it has none."""
    others = [person for person in before if now is None or not _same(person, now)]
    if not others:
        return Borne(now)
    fitting = [person for person in others if _fits(person, name, sound)]
    if now is not None:
        if (name is not None and not fitting) or _fits(now, name, sound):
            return Borne(now)
        return Borne((fitting or [now])[0], unclear=True)
    if len(fitting) == 1 or (len(others) == 1 and name is None):
        return Borne((fitting or others)[0], former=True)
    return Borne(others[0], unclear=True)


def _fits(person: Person, name: bytes | None, sound: bytes | None) -> bool:
    return (name is not None and person.name_token == name) or (sound is not None and person.sound_token == sound)


def _same(one: Person, other: Person) -> bool:
    return (one.survivor_id or one.person_id) == (other.survivor_id or other.person_id)
