"""Private event → what the world is told. Pure; no name, id or phone can pass, for contracts have no such field."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from libs.events.contract import Contract, Outgoing
from libs.events.contracts import registry as contracts
from libs.events.store import Recorded
from services.registry.domain import division_list, household, woman_events
from services.registry.domain.keys import division_key


def publish(recorded: Recorded[Any]) -> Iterator[Outgoing]:  # noqa: C901 - one case an event
    """The contracts of one event, with the valid date where it has one of its own."""
    event = recorded.event
    match event:
        case division_list.DivisionsListed():
            yield Outgoing(division_key(event.parent), _divisions(event))
        case household.HouseholdRegistered():
            yield Outgoing(event.household_id, _household(contracts.HouseholdRegistered, event), str(event.as_of))
        case household.HouseholdChanged():
            yield Outgoing(event.household_id, _household(contracts.HouseholdChanged, event), str(event.as_of))
        case woman_events.WomanRegistered():
            yield Outgoing(event.woman_id, _woman(contracts.WomanRegistered, event), str(event.as_of))
        case woman_events.WomanChanged():
            yield Outgoing(event.woman_id, _woman(contracts.WomanChanged, event), str(event.as_of))
        case woman_events.WomanExited():
            yield Outgoing(event.woman_id, _move(contracts.WomanExited, event), event.valid)
        case woman_events.WomanReturned():
            yield Outgoing(event.woman_id, _move(contracts.WomanReturned, event), event.valid)
        case woman_events.WomanAbsorbed():
            merged = contracts.WomanMerged(merged_id=event.merged_id, survivor_id=event.woman_id, on=event.on)
            yield Outgoing(event.woman_id, merged, str(event.on))
        case woman_events.WomanSeparated():
            parted = contracts.WomanUnmerged(merged_id=event.woman_id, survivor_id=event.survivor_id, on=event.on)
            yield Outgoing(event.survivor_id, parted, str(event.on))
        case woman_events.WomanErased():
            yield Outgoing(event.woman_id, contracts.WomanErased(woman_id=event.woman_id))
        case _:
            return  # imports, the other side of merges, and erased contacts are our own affair


def _divisions(event: division_list.DivisionsListed) -> contracts.DivisionsListed:
    items = tuple(
        contracts.DivisionItem(code=line.code, name=line.name, level=line.level, parent=line.parent)
        for line in event.lines
    )
    return contracts.DivisionsListed(edition=event.edition, parent=event.parent, divisions=items)


def _household(contract: type[Contract], event: household.HouseholdRegistered | household.HouseholdChanged) -> Contract:
    facts = event.facts
    return contract.model_validate(
        {
            "household_id": event.household_id,
            "division": facts.division,
            "persons": facts.persons,
            "women": facts.women,
            "status": facts.status,
            "attribute": facts.attribute,
            "main_cause": facts.main_cause,
            "as_of": event.as_of,
        }
    )


def _woman(contract: type[Contract], event: woman_events.WomanRegistered | woman_events.WomanChanged) -> Contract:
    return contract.model_validate(
        {
            **{field.name: getattr(event.facts, field.name) for field in fields(event.facts)},
            "woman_id": event.woman_id,
            "baseline_exit": event.baseline_exit,
            "as_of": event.as_of,
        }
    )


def _move(contract: type[Contract], event: woman_events.WomanExited | woman_events.WomanReturned) -> Contract:
    return contract.model_validate(
        {
            "woman_id": event.woman_id,
            "household_id": event.household_id,
            "valid": event.valid,
            "source": event.source,
        }
    )
