"""Private event → published contract: what the world may know, by ids and figures only."""

from collections.abc import Iterable
from typing import Any

from libs.events.contract import Outgoing
from libs.events.contracts import outreach as contracts
from libs.events.store import Recorded
from libs.values.valid_date import ValidDate
from services.outreach.domain.activity import (
    ActivityCancelled,
    ActivityHeld,
    ActivityPlanned,
    ActivityReported,
    WomenNamed,
    WomenStruck,
)
from services.outreach.domain.figures import Facts


def publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:
    """Activities, and each woman that comes on a list or off it; what people knew before and after stays here."""
    event = recorded.event
    match event:
        case ActivityPlanned():
            body = contracts.ActivityPlanned(activity_id=event.activity_id, **_facts(event.facts))
            yield Outgoing(event.activity_id, body, _period(event.facts))
        case ActivityHeld():
            held = contracts.ActivityHeld(activity_id=event.activity_id, **_facts(event.facts))
            yield Outgoing(event.activity_id, held, _period(event.facts))
        case ActivityReported():
            yield _reported(event)
        case ActivityCancelled(activity_id, facts, reason):
            cancelled = contracts.ActivityCancelled(
                activity_id=activity_id, unit=facts.unit, division=facts.division, reason=reason
            )
            yield Outgoing(activity_id, cancelled)
        case WomenNamed():
            yield from _named(event)
        case WomenStruck(activity_id, _, women):
            for woman in women:
                yield Outgoing(woman, contracts.ReachWithdrawn(activity_id=activity_id, woman_id=woman))


def _reported(event: ActivityReported) -> Outgoing:
    counts = event.counts
    body = contracts.ActivityReported(
        activity_id=event.activity_id,
        **_facts(event.facts),
        sessions=counts.sessions,
        attendances=counts.attendances,
        women_attendances=counts.women,
        registered_attendances=counts.registered,
        materials=counts.materials,
    )
    return Outgoing(event.activity_id, body, _period(event.facts))


def _named(event: WomenNamed) -> Iterable[Outgoing]:
    facts = event.facts
    for each in event.women:
        body = contracts.WomanReached(
            activity_id=event.activity_id,
            woman_id=each.woman_id,
            unit=facts.unit,
            division=each.division,
            matter=facts.topic,
            first_day=facts.first_day,
            last_day=facts.last_day,
            sessions=each.sessions,
        )
        yield Outgoing(each.woman_id, body, _period(facts))


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "unit": facts.unit,
        "division": facts.division,
        "matter": facts.topic,
        "title": facts.title,
        "first_day": facts.first_day,
        "last_day": facts.last_day,
    }


def _period(facts: Facts) -> str:
    if facts.first_day == facts.last_day:
        return str(ValidDate.day(facts.first_day))
    return str(ValidDate.interval(facts.first_day, facts.last_day))
