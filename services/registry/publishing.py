"""Private event → what the world is told. Pure; no name, id or phone can pass, for contracts have no such field."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from typing import Any, assert_never
from uuid import UUID

from libs.events.contract import Contract, Outgoing
from libs.events.contracts import registry as contracts
from libs.events.store import Recorded
from libs.values.valid_date import ValidDate
from services.registry.domain import division_change, division_list, household, woman_events
from services.registry.domain.incomes.assessing import HouseholdIncomeAssessed
from services.registry.domain.keys import change_key, division_key
from services.registry.domain.needs.assessing import WomanNeedsAssessed
from services.registry.domain.rights import events as rights

CODES = {"code": "person_code", "resident_id": "resident_id"}


def publish(recorded: Recorded[Any]) -> Iterator[Outgoing]:  # noqa: C901, PLR0912 - one case an event
    """The contracts of one event, with the valid date where it has one of its own."""
    event = recorded.event
    match event:
        case division_list.DivisionsListed():
            yield Outgoing(division_key(event.parent), _divisions(event))
        case division_change.DivisionChanged():
            yield Outgoing(change_key(event.change_id), _division_changed(event), event.valid)
        case (
            household.HouseholdRegistered()
            | household.HouseholdChanged()
            | household.HouseholdRecoded()
            | household.HouseholdDissolved()
        ):
            yield from _household(event)
        case HouseholdIncomeAssessed():
            yield Outgoing(event.household_id, _income(event), str(event.year))
        case WomanNeedsAssessed():
            yield Outgoing(event.woman_id, _needs(event), str(event.on))
        case woman_events.WomanRecoded():
            yield Outgoing(event.woman_id, _woman(event), event.valid)
        case woman_events.WomanRegistered() | woman_events.WomanChanged() | woman_events.WomanCorrected():
            yield Outgoing(event.woman_id, _woman(event), str(event.as_of))
            yield from _codes(event)
        case (
            woman_events.WomanMissing()
            | woman_events.WomanKept()
            | woman_events.WomanLeft()
            | woman_events.WomanRejoined()
        ):
            yield _presence(event)
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
        case rights.ConsentGiven() | rights.ConsentWithdrawn():
            yield Outgoing(event.woman_id, _consent(event), str(event.on))
        case rights.ProcessingRestricted():
            stopped = contracts.ProcessingRestricted(woman_id=event.woman_id, ground=event.ground, on=event.on)
            yield Outgoing(event.woman_id, stopped, str(event.on))
        case rights.RestrictionLifted():
            lifted = contracts.RestrictionLifted(woman_id=event.woman_id, on=event.on)
            yield Outgoing(event.woman_id, lifted, str(event.on))
        case woman_events.WomanErased():
            yield Outgoing(event.woman_id, contracts.WomanErased(woman_id=event.woman_id))
        case _:
            return  # imports, the other side of merges, steps of an exit, what was told and asked are our own affair


def _divisions(event: division_list.DivisionsListed) -> contracts.DivisionsListed:
    items = [{"code": line.code, "name": line.name, "level": line.level, "parent": line.parent} for line in event.lines]
    validity = [
        {"code": each.code, "valid_from": each.since or None, "valid_to": each.until or None} for each in event.validity
    ]
    told = {"edition": event.edition, "parent": event.parent, "as_of": event.as_of or None}
    return contracts.DivisionsListed.model_validate({**told, "divisions": items, "validity": validity})


def _division_changed(event: division_change.DivisionChanged) -> contracts.DivisionChanged:
    return contracts.DivisionChanged(
        change_id=event.change_id,
        kind=event.kind,
        valid_from=event.day,
        precision=ValidDate.parse(event.valid).precision,
        units=tuple(_became(pair) for pair in event.pairs),
        followed=tuple(_became(pair) for pair in event.followed),
        undecided=tuple(each.code for each in event.left),
        because=event.because or None,
    )


def _became(pair: division_change.Pair) -> contracts.DivisionBecame:
    return contracts.DivisionBecame(
        level=pair.level,
        old_code=pair.old_code or None,
        old_name=pair.old_name or None,
        new_code=pair.new_code or None,
        new_name=pair.new_name or None,
    )


def _household(
    event: household.HouseholdRegistered
    | household.HouseholdChanged
    | household.HouseholdRecoded
    | household.HouseholdDissolved,
) -> Iterator[Outgoing]:
    """Its full state, or that it counts no longer; a household that is only monitored is none of the register's."""
    if isinstance(event, household.HouseholdDissolved):
        yield _gone(event.household_id, event.as_of)
        return
    facts, first = event.facts, isinstance(event, household.HouseholdRegistered)
    if facts.status == "monitored":
        if isinstance(event, household.HouseholdChanged) and "status" in event.changed:
            yield _gone(event.household_id, event.as_of)
        return
    contract = contracts.HouseholdRegistered if first else contracts.HouseholdChanged
    told = {
        "household_id": event.household_id,
        "division": facts.division,
        "persons": facts.persons,
        "women": facts.women,
        "status": facts.status,
        "attribute": facts.attribute,
        "main_cause": facts.main_cause,
        "income_fen": facts.income_fen,
        "as_of": event.as_of,
    }
    valid = event.valid if isinstance(event, household.HouseholdRecoded) else str(event.as_of)
    yield Outgoing(event.household_id, contract.model_validate(told), valid)


def _income(event: HouseholdIncomeAssessed) -> contracts.HouseholdIncomeAssessed:
    return contracts.HouseholdIncomeAssessed(
        household_id=event.household_id,
        division=event.division,
        year=event.year,
        on=event.on,
        per_head_fen=event.per_head_fen,
        persons=event.persons,
        source=event.source,
    )


def _needs(event: WomanNeedsAssessed) -> contracts.WomanNeedsAssessed:
    """What other services work with; why she is poor and how she is stays here."""
    return contracts.WomanNeedsAssessed(
        woman_id=event.woman_id,
        division=event.division,
        on=event.on,
        skills_wanted=event.needs.skills_wanted,
        willing_to_borrow=event.needs.willing_to_borrow,
        borrow_fen=event.needs.borrow_fen,
    )


def _gone(household_id: UUID, as_of: date) -> Outgoing:
    return Outgoing(household_id, contracts.HouseholdDissolved(household_id=household_id, as_of=as_of), str(as_of))


def _presence(
    event: woman_events.WomanMissing | woman_events.WomanKept | woman_events.WomanLeft | woman_events.WomanRejoined,
) -> Outgoing:
    woman_id = event.woman_id
    match event:
        case woman_events.WomanMissing():
            return Outgoing(woman_id, contracts.WomanMissing(woman_id=woman_id, as_of=event.as_of), str(event.as_of))
        case woman_events.WomanKept():
            return Outgoing(woman_id, contracts.WomanKept(woman_id=woman_id, on=event.on), str(event.on))
        case woman_events.WomanLeft():
            left = {"woman_id": woman_id, "why": event.why, "valid": event.valid, "source": event.source}
            return Outgoing(woman_id, contracts.WomanLeft.model_validate(left), event.valid)
        case woman_events.WomanRejoined():
            back = {"woman_id": woman_id, "how": event.how, "valid": event.valid, "source": event.source}
            return Outgoing(woman_id, contracts.WomanRejoined.model_validate(back), event.valid)
        case _:
            assert_never(event)


def _woman(
    event: woman_events.WomanRegistered
    | woman_events.WomanChanged
    | woman_events.WomanCorrected
    | woman_events.WomanRecoded,
) -> Contract:
    """Her full state; who is only monitored is told apart, so that nobody counts her as registered."""
    told = {
        **{field.name: getattr(event.facts, field.name) for field in fields(event.facts)},
        "woman_id": event.woman_id,
        "as_of": event.as_of,
    }
    if event.facts.status == "monitored":
        return contracts.WomanMonitored.model_validate(told)
    told["baseline_exit"] = event.baseline_exit
    if isinstance(event, woman_events.WomanRegistered):
        return contracts.WomanRegistered.model_validate({**told, "came": event.came})
    return contracts.WomanChanged.model_validate(told)


def _consent(event: rights.ConsentGiven | rights.ConsentWithdrawn) -> contracts.ConsentChanged:
    given = isinstance(event, rights.ConsentGiven)
    said = {"woman_id": event.woman_id, "purpose": event.purpose, "version": event.version, "on": event.on}
    return contracts.ConsentChanged.model_validate({**said, "state": "given" if given else "withdrawn"})


def _codes(
    event: woman_events.WomanRegistered | woman_events.WomanChanged | woman_events.WomanCorrected,
) -> Iterator[Outgoing]:
    """That a code of hers is another one; which one, only who is entitled may ask."""
    if isinstance(event, woman_events.WomanRegistered):
        return
    changed = tuple(told for field, told in CODES.items() if field in event.changed)
    if changed:
        body = {
            "woman_id": event.woman_id,
            "household_id": event.facts.household_id,
            "codes": changed,
            "as_of": event.as_of,
        }
        yield Outgoing(event.woman_id, contracts.RegisterCodeChanged.model_validate(body), str(event.as_of))


def _move(contract: type[Contract], event: woman_events.WomanExited | woman_events.WomanReturned) -> Contract:
    return contract.model_validate(
        {
            "woman_id": event.woman_id,
            "household_id": event.household_id,
            "valid": event.valid,
            "source": event.source,
            "exit_id": event.exit_id,
        }
    )
