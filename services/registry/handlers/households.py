"""The registered women of a household as they are now, and the last exit that was proposed for it; from the log itself.

Read models may lag; what is decided about a household must not be decided by them.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID

from libs.events.decider import Decider
from libs.events.types import Connection, Pool
from services.registry.domain.exits.process import exit_process
from services.registry.domain.exits.state import NotProposed, State
from services.registry.domain.keys import exit_process_id
from services.registry.domain.woman import woman
from services.registry.domain.woman_state import Registered

LIVING: Final = """
SELECT person_id FROM persons
WHERE household_id = $1 AND woman AND NOT erased AND survivor_id IS NULL ORDER BY person_id
"""
OF_WOMAN: Final = "SELECT household_id FROM persons WHERE person_id = $1"


class States(Protocol):
    """What knows the states of streams: a turn of a process, or the command path."""

    async def state(self, decider: Decider[Any, Any, Any], stream_id: UUID) -> Any:
        """The state of a stream."""


async def women_of(source: Pool | Connection, states: States, household_id: UUID) -> Mapping[UUID, Registered]:
    """Its women who are registered as poor or were, by id; who was merged, erased, left or is only watched is none."""
    found: dict[UUID, Registered] = {}
    for row in await source.fetch(LIVING, household_id):
        state = await states.state(woman, row["person_id"])
        if isinstance(state, Registered) and _counts(state, household_id):
            found[row["person_id"]] = state
    return found


async def last_exit(states: States, household_id: UUID) -> tuple[int, UUID, State]:
    """Ordinal, id and state of the last exit proposed for it; ordinal 0 and NotProposed when there was none."""
    ordinal, last, found = 0, exit_process_id(household_id, 0), NotProposed()
    state: State = found
    while True:
        process_id = exit_process_id(household_id, ordinal + 1)
        following: State = await states.state(exit_process, process_id)
        if isinstance(following, NotProposed):
            return ordinal, last, state
        ordinal, last, state = ordinal + 1, process_id, following


def _counts(state: Registered, household_id: UUID) -> bool:
    here = state.facts.household_id == household_id and state.gone is None
    return here and state.facts.status != "monitored"
