"""A notice hung out in a unit on a day: one edition of one purpose, told to whoever is registered there then."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from libs.events.decider import Decider
from services.registry.domain.rights.events import VillageInformed
from services.registry.domain.rights.rights import check_day
from services.registry.domain.rights.words import Text

State: TypeAlias = VillageInformed | None


@dataclass(frozen=True, slots=True)
class PostNotice:
    """It hung there on `on`; the same said twice is one notice."""

    notice_id: UUID
    division: str
    text: Text
    on: date
    today: date


def decide(state: State, command: PostNotice) -> list[VillageInformed]:
    """The notice, once."""
    check_day(command.on, command.today)
    text = command.text
    told = VillageInformed(command.notice_id, command.division, text.purpose, text.version, command.on)
    return [] if state == told else [told]


def evolve(_state: State, event: VillageInformed) -> State:
    """What hangs there."""
    return event


village_notice: Decider[State, PostNotice, VillageInformed] = Decider(None, decide, evolve)
