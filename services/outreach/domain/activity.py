"""An activity (活动): planned → held → reported, or cancelled; and the women on its list, where one was kept.

An activity reaches women; it never makes one matched. Who is not in the register is only a number in the counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.values.errors import Conflict, Invalid, NotFound, Refused
from services.outreach.domain.figures import Awareness, Counts, Facts, check_awareness, check_counts, check_facts

When = Literal["before", "after"]
Reason = Literal["called_off", "mistake"]
MOST_NAMED: Final = 5_000


@dataclass(frozen=True, slots=True)
class Named:
    """A registered woman on the list; `division` is where she was registered then, `sessions` those she came to."""

    woman_id: UUID
    division: str
    sessions: int = 1


@dataclass(frozen=True, slots=True)
class ActivityPlanned:
    activity_id: UUID
    facts: Facts


@dataclass(frozen=True, slots=True)
class ActivityHeld:
    activity_id: UUID
    facts: Facts


@dataclass(frozen=True, slots=True)
class ActivityReported:
    """Full state: a later one replaces facts and counts."""

    activity_id: UUID
    facts: Facts
    counts: Counts


@dataclass(frozen=True, slots=True)
class ActivityCancelled:
    """`called_off`: it did not take place; `mistake`: it was recorded wrongly and counts no more."""

    activity_id: UUID
    facts: Facts
    reason: Reason


@dataclass(frozen=True, slots=True)
class WomenNamed:
    """Added to the list, or on it with other days or sessions: a later one about the same woman replaces it."""

    activity_id: UUID
    facts: Facts
    women: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class WomenStruck:
    """Off the list again."""

    activity_id: UUID
    facts: Facts
    women: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class AwarenessAsked:
    activity_id: UUID
    facts: Facts
    when: When
    said: Awareness


Event: TypeAlias = (
    ActivityPlanned | ActivityHeld | ActivityReported | ActivityCancelled | WomenNamed | WomenStruck | AwarenessAsked
)


@dataclass(frozen=True, slots=True)
class PlanActivity:
    """Plan it, or plan it otherwise while it has not been held."""

    activity_id: UUID
    facts: Facts


@dataclass(frozen=True, slots=True)
class HoldActivity:
    """It took place on these days; `today` is the day on which this is said."""

    activity_id: UUID
    first_day: date
    last_day: date
    today: date


@dataclass(frozen=True, slots=True)
class ReportActivity:
    """What came of it; with `facts` (a sheet says all at once) it need not have been planned."""

    activity_id: UUID
    counts: Counts
    today: date
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class CancelActivity:
    activity_id: UUID
    reason: Reason


@dataclass(frozen=True, slots=True)
class KeepList:
    """Who came, by the list; `add` replaces what was said of a woman."""

    activity_id: UUID
    add: tuple[Named, ...] = ()
    strike: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class AskAwareness:
    activity_id: UUID
    when: When
    said: Awareness


Command: TypeAlias = PlanActivity | HoldActivity | ReportActivity | CancelActivity | KeepList | AskAwareness


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Planned:
    facts: Facts
    named: Mapping[UUID, Named] = field(default_factory=lambda: MappingProxyType({}))
    aware: Mapping[When, Awareness] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Held(Planned):
    pass


@dataclass(frozen=True, slots=True)
class Reported(Held):
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    facts: Facts
    reason: Reason


State: TypeAlias = Unknown | Planned | Held | Reported | Cancelled


def decide(state: State, command: Command) -> list[Event]:
    """The rules of an activity."""
    match command:
        case PlanActivity():
            return _plan(state, command)
        case HoldActivity():
            return _hold(_open(state), command)
        case ReportActivity():
            return _report(state, command)
        case CancelActivity():
            return _cancel(state, command)
        case KeepList():
            return _keep_list(_held(state), command)
        case AskAwareness():
            check_awareness(command.said)
            opened = _open(state)
            same = opened.aware.get(command.when) == command.said
            return [] if same else [AwarenessAsked(command.activity_id, opened.facts, command.when, command.said)]
        case _:
            assert_never(command)


def evolve(state: State, event: Event) -> State:  # noqa: PLR0911 - one answer an event
    """The next state of an activity."""
    named: Mapping[UUID, Named] = {} if isinstance(state, Unknown | Cancelled) else state.named
    aware: Mapping[When, Awareness] = {} if isinstance(state, Unknown | Cancelled) else state.aware
    match event:
        case ActivityPlanned():
            return Planned(event.facts, named, aware)
        case ActivityHeld():
            return Held(event.facts, named, aware)
        case ActivityReported():
            return Reported(event.facts, named, aware, event.counts)
        case ActivityCancelled():
            return Cancelled(event.facts, event.reason)
        case WomenNamed():
            assert isinstance(state, Held)
            return replace(state, named={**named, **{each.woman_id: each for each in event.women}})
        case WomenStruck():
            assert isinstance(state, Held)
            gone = frozenset(event.women)
            return replace(state, named={woman: each for woman, each in named.items() if woman not in gone})
        case AwarenessAsked():
            assert isinstance(state, Planned)
            return replace(state, aware={**aware, event.when: event.said})
        case _:
            assert_never(event)


def _plan(state: State, command: PlanActivity) -> list[Event]:
    check_facts(command.facts)
    if isinstance(state, Held):
        raise Conflict("outreach.already_held", "活动已经举办，不能再改计划", rule="举办后只更正报告", right="更正报告")
    if isinstance(state, Planned) and state.facts == command.facts:
        return []
    return [ActivityPlanned(command.activity_id, command.facts)]


def _hold(state: Planned, command: HoldActivity) -> list[Event]:
    facts = replace(state.facts, first_day=command.first_day, last_day=command.last_day)
    check_facts(facts)
    _check_past(facts, command.today)
    if isinstance(state, Held) and facts == state.facts:
        return []
    if isinstance(state, Reported):
        raise Conflict("outreach.already_reported", "活动已经报告", rule="报告后只更正报告", right="更正报告")
    return [ActivityHeld(command.activity_id, facts), *_renamed(state, command.activity_id, facts)]


def _report(state: State, command: ReportActivity) -> list[Event]:
    check_counts(command.counts)
    if command.facts is None:
        facts = _held(state).facts
    else:
        check_facts(command.facts)
        facts = command.facts
    _check_past(facts, command.today)
    if isinstance(state, Reported) and (state.facts, state.counts) == (facts, command.counts):
        return []
    renamed = _renamed(state, command.activity_id, facts) if isinstance(state, Held) else []
    return [ActivityReported(command.activity_id, facts, command.counts), *renamed]


def _cancel(state: State, command: CancelActivity) -> list[Event]:
    if isinstance(state, Cancelled):
        return []
    opened = _open(state)
    if isinstance(opened, Held) and command.reason == "called_off":
        raise Refused(
            "outreach.took_place",
            "活动已经举办，不能登记为未举办",
            field="reason",
            value=command.reason,
            rule="已举办的活动只能因登记有误撤销",
            right="mistake",
        )
    events: list[Event] = []
    if opened.named:
        events.append(WomenStruck(command.activity_id, opened.facts, tuple(opened.named)))
    return [*events, ActivityCancelled(command.activity_id, opened.facts, command.reason)]


def _keep_list(state: Held, command: KeepList) -> list[Event]:
    strike = tuple(woman for woman in dict.fromkeys(command.strike) if woman in state.named)
    add = tuple({each.woman_id: each for each in command.add if state.named.get(each.woman_id) != each}.values())
    left = (state.named.keys() - set(strike)) | {each.woman_id for each in add}
    if len(left) > MOST_NAMED:
        raise Refused(
            "outreach.list_full",
            f"名单共{len(left)}人，超过{MOST_NAMED}人",
            field="women",
            value=str(len(left)),
            rule=f"一次活动的名单不超过{MOST_NAMED}人",
            right="按场次分成几次活动",
        )
    events: list[Event] = []
    if strike:
        events.append(WomenStruck(command.activity_id, state.facts, strike))
    if add:
        events.append(WomenNamed(command.activity_id, state.facts, add))
    return events


def _renamed(state: Planned, activity_id: UUID, facts: Facts) -> list[Event]:
    """Of a list kept before the days were corrected each woman is said again, with the days as they are now."""
    if not state.named or facts == state.facts:
        return []
    return [WomenNamed(activity_id, facts, tuple(state.named.values()))]


def _open(state: State) -> Planned:
    if isinstance(state, Unknown):
        raise NotFound("outreach.activity_not_found", "没有这个活动，或它不属于您的单位")
    if isinstance(state, Cancelled):
        raise Conflict("outreach.cancelled", "活动已经撤销", rule="撤销的活动不再变更", right="另行登记")
    return state


def _held(state: State) -> Held:
    opened = _open(state)
    if not isinstance(opened, Held):
        raise Refused("outreach.not_held", "活动还没有举办", rule="先登记举办，再报告人次和名单", right="先登记举办")
    return opened


def _check_past(facts: Facts, today: date) -> None:
    if facts.last_day > today:
        raise Invalid(
            "outreach.in_the_future",
            f"活动日期{facts.last_day}还没有到，今天是{today}",
            field="last_day",
            value=facts.last_day.isoformat(),
            rule="举办和报告的日期不晚于今天",
            right=f"不晚于{today}",
        )


activity: Decider[State, Command, Event] = Decider(Unknown(), decide, evolve)
