"""A household of the register (户): size, state, cause; its code, hamlet and phone sealed with a key of its own."""

from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from services.registry.domain.words import Clear, Monitoring, Sealed, Status, differing, personal


@dataclass(frozen=True, slots=True)
class Member:
    """A member who is no registered woman: only what size, head and dependants need."""

    relation: str
    birth_year: int
    sex: Literal["female", "male"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a register says of it; `persons` counts the rows taken, `income_fen` is per head and year.

    `monitoring`: it is watched lest it becomes poor (again), `risk_removed` whether that danger is past.
    """

    division: str
    persons: int
    women: int
    status: Status
    attribute: str | None
    main_cause: str | None
    income_fen: int | None
    members: tuple[Member, ...]
    monitoring: Monitoring | None = None
    risk_removed: bool | None = None


@dataclass(frozen=True, slots=True)
class TakeEntry:
    """A register as of a day says this of the household. Not `states_poverty`: the status is for new ones only."""

    household_id: UUID
    facts: Facts
    personal: Clear
    as_of: date
    source: UUID
    states_poverty: bool = True


@dataclass(frozen=True, slots=True)
class Dissolve:
    """Nobody belongs to it any more: all its members stand under other household codes."""

    household_id: UUID
    as_of: date
    source: UUID


@dataclass(frozen=True, slots=True)
class EraseContact:
    """Its last woman was erased: code, hamlet and phone go with her, the figures stay."""

    household_id: UUID


@dataclass(frozen=True, slots=True)
class RecodeDivision:
    """The village it is registered in is `division` since `valid`; `reason`: of the person who decided so."""

    household_id: UUID
    division: str
    change_id: str
    valid: str
    reason: str = ""


Command: TypeAlias = TakeEntry | RecodeDivision | Dissolve | EraseContact


@dataclass(frozen=True, slots=True)
class HouseholdRegistered:
    """First known here."""

    household_id: UUID
    facts: Facts
    as_of: date
    source: UUID
    personal: Sealed


@dataclass(frozen=True, slots=True)
class HouseholdChanged:
    """`changed` names the fields; facts in full, personal values only where they changed."""

    household_id: UUID
    facts: Facts
    as_of: date
    source: UUID
    changed: tuple[str, ...]
    personal: Sealed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HouseholdRecoded:
    """Its village bears another code since `valid`, by a change of divisions; it has not moved. Facts in full.

    `reason`: in the words of the person who said to which part of a shared unit it belongs, empty where nobody had to.
    """

    household_id: UUID
    facts: Facts
    as_of: date
    change_id: str
    valid: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HouseholdDissolved:
    """The register of a day has all its members in other households."""

    household_id: UUID
    as_of: date
    source: UUID


@dataclass(frozen=True, slots=True)
class HouseholdContactErased:
    """Its key is destroyed."""

    household_id: UUID


Event: TypeAlias = (
    HouseholdRegistered | HouseholdChanged | HouseholdRecoded | HouseholdDissolved | HouseholdContactErased
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not registered."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Known; `erased`: its contact data may not be kept any more; `dissolved` until a register names it again."""

    facts: Facts
    as_of: date
    personal: Sealed
    erased: bool = False
    dissolved: bool = False


State: TypeAlias = Unknown | Registered


def decide(state: State, command: Command) -> list[Event]:
    """What follows from a command."""
    match command:
        case TakeEntry():
            return _take(state, command)
        case RecodeDivision():
            return _recode(state, command)
        case Dissolve():
            live = isinstance(state, Registered) and not state.dissolved and state.as_of <= command.as_of
            return [HouseholdDissolved(command.household_id, command.as_of, command.source)] if live else []
        case EraseContact():
            known = isinstance(state, Registered) and not state.erased
            return [HouseholdContactErased(command.household_id)] if known else []
        case _:
            assert_never(command)


def _take(state: State, command: TakeEntry) -> list[Event]:
    match state:
        case Unknown():
            sealed = personal(command.household_id, command.personal)
            return [HouseholdRegistered(command.household_id, command.facts, command.as_of, command.source, sealed)]
        case Registered():
            return _update(state, command)
        case _:
            assert_never(state)


def _recode(state: State, command: RecodeDivision) -> list[Event]:
    if isinstance(state, Unknown) or state.facts.division == command.division:
        return []
    facts = replace(state.facts, division=command.division)
    return [
        HouseholdRecoded(command.household_id, facts, state.as_of, command.change_id, command.valid, command.reason)
    ]


def _update(state: Registered, command: TakeEntry) -> list[Event]:
    if command.as_of < state.as_of:
        return []  # an older register never overwrites a newer one
    facts = command.facts if command.states_poverty else replace(command.facts, status=state.facts.status)
    told = {} if state.erased else differing(state.personal, command.personal)
    plain = [item.name for item in fields(Facts) if getattr(facts, item.name) != getattr(state.facts, item.name)]
    dated = ["as_of"] if command.as_of != state.as_of else []
    if not (told or plain or dated or state.dissolved):
        return []
    sealed = personal(command.household_id, told)
    changed = (*plain, *sorted(told), *dated)
    return [HouseholdChanged(command.household_id, facts, command.as_of, command.source, changed, sealed)]


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    match event:
        case HouseholdRegistered():
            return Registered(event.facts, event.as_of, dict(event.personal))
        case HouseholdChanged():
            assert isinstance(state, Registered)
            merged = {**state.personal, **event.personal}
            return replace(state, facts=event.facts, as_of=event.as_of, personal=merged, dissolved=False)
        case HouseholdRecoded():
            assert isinstance(state, Registered)
            return replace(state, facts=event.facts)
        case HouseholdDissolved():
            assert isinstance(state, Registered)
            return replace(state, dissolved=True)
        case HouseholdContactErased():
            assert isinstance(state, Registered)
            return replace(state, personal={}, erased=True)
        case _:
            assert_never(event)


household: Decider[State, Command, Event] = Decider(Unknown(), decide, evolve)
