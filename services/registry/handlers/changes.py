"""What is new about a person whom a register names, in words a cadre knows: moved, split off, name corrected. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from services.registry.domain import woman as w
from services.registry.domain import woman_state as s
from services.registry.domain.woman_events import WomanChanged
from services.registry.handlers.reservations import Person

Change: TypeAlias = Literal[
    "new_household",
    "new_person",
    "moved_village",
    "moved_in_township",
    "household_split",
    "household_changed",
    "head_changed",
    "name_corrected",
    "id_corrected",
    "exited",
    "returned",
    "back",
    "details",
]
_IDENTITY: Final = {"name": "name_corrected", "resident_id": "id_corrected"}
_OTHER: Final = frozenset({"phone", "details", "labour", "in_school", "monitoring", "risk_removed"})


@dataclass(frozen=True, slots=True)
class Place:
    """Household and village in which a register has a person; `new_household`: nobody knew it before.

    `now`: what that village has become since.
    """

    household_id: Any
    division: str
    new_household: bool
    now: str = ""


def of_person(was: Person | None, place: Place) -> tuple[Change, ...]:
    """By what is reserved alone, which is all that is known of a man."""
    if was is None:
        return ("new_household",) if place.new_household else ("new_person",)
    found: list[Change] = []
    if was.division not in (place.division, place.now):
        found.append("moved_village" if was.division[:9] == place.division[:9] else "moved_in_township")
    if was.household_id != place.household_id:
        found.append("household_split" if place.new_household else "household_changed")
    return tuple(found)


def of_woman(state: s.State, command: w.TakeEntry, events: Sequence[Any]) -> tuple[Change, ...]:
    """What her own stream says besides."""
    if not isinstance(state, s.Registered):
        return ()
    said: list[Change] = []
    changed = {name for event in events if isinstance(event, WomanChanged) for name in event.changed}
    if "head" in changed and command.facts.head:
        said.append("head_changed")
    said += [word for name, word in _IDENTITY.items() if name in changed]  # type: ignore[misc]
    if "status" in changed and command.facts.status in ("exited", "returned"):
        said.append(command.facts.status)
    if state.gone is not None and any(not isinstance(event, WomanChanged) for event in events):
        said.append("back")
    if changed & _OTHER:
        said.append("details")
    return tuple(said)
