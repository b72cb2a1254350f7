"""Private event → published contract: what the world may know, by ids and figures only."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from libs.events.contract import Outgoing
from libs.events.contracts import training as contracts
from libs.events.store import Recorded
from libs.values.valid_date import ValidDate
from services.training.domain.course import CourseCorrected, CourseOpened, Facts, HeadsCounted
from services.training.domain.course_state import (
    CourseCancelled,
    CourseMoved,
    SessionCancelled,
    SessionMoved,
    SessionsPlanned,
)
from services.training.domain.enrolment import AttendanceRecorded, EnrolmentWithdrawn
from services.training.domain.follow_up import WORKING, FollowUpRecorded
from services.training.domain.keys import outcome_id
from services.training.domain.session import Session, Sessions
from services.training.policies import income_band


def publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:  # noqa: C901 - one case an event
    """Courses, attendance of ≥ 1 day and its end, what came after, headcounts; roster lines stay private."""
    match recorded.event:
        case CourseOpened() as event:
            yield Outgoing(event.course_id, contracts.CourseOpened(**_facts(event)), _period(event.facts))
        case CourseCorrected() as event:
            yield Outgoing(event.course_id, contracts.CourseChanged(**_facts(event)), _period(event.facts))
        case CourseMoved() as event:
            yield Outgoing(event.course_id, contracts.CourseChanged(**_facts(event)), _period(event.facts))
            yield from _planned(event.course_id, event.sessions)
        case SessionsPlanned() as event:
            yield from _planned(event.course_id, event.sessions)
        case SessionMoved() as event:
            yield from _planned(event.course_id, (event.session,))
        case SessionCancelled() | CourseCancelled() as event:
            yield _cancelled(event)
        case AttendanceRecorded() as event:
            yield _attended(event)
        case EnrolmentWithdrawn(attended=True) as event:
            body = contracts.TrainingWithdrawn(course_id=event.course_id, woman_id=event.woman_id)
            yield Outgoing(event.woman_id, body)
        case FollowUpRecorded() as event:
            yield _followed_up(event)
        case HeadsCounted() as event:
            yield Outgoing(
                event.course_id,
                contracts.CourseHeadcount(
                    course_id=event.course_id,
                    participants=event.participants,
                    women=event.women,
                    registered_women=event.registered_women,
                ),
            )


def _planned(course_id: UUID, sessions: Sessions) -> Iterable[Outgoing]:
    """Those that shall be held, as they stand now."""
    for session in sessions:
        if session.cancelled is None:
            yield Outgoing(course_id, _session(course_id, session), session.day.isoformat())


def _session(course_id: UUID, session: Session) -> contracts.SessionPlanned:
    return contracts.SessionPlanned(
        course_id=course_id,
        number=session.number,
        day=session.day,
        start=session.start,
        hours=session.hours,
        half_day=session.half_day,
        place=session.place,
    )


def _cancelled(event: SessionCancelled | CourseCancelled) -> Outgoing:
    if isinstance(event, CourseCancelled):
        body = contracts.CourseCancelled(course_id=event.course_id, on=event.on, cancelled_reason=event.reason)
        return Outgoing(event.course_id, body, event.on.isoformat())
    number, reason = event.number, event.reason
    return Outgoing(
        event.course_id, contracts.SessionCancelled(course_id=event.course_id, number=number, cancelled_reason=reason)
    )


def _attended(event: AttendanceRecorded) -> Outgoing:
    attendance = event.attendance
    body = contracts.TrainingAttended(
        course_id=event.course_id,
        woman_id=event.woman_id,
        days=attendance.days,
        first_day=attendance.first_day,
        last_day=attendance.last_day,
        completed=attendance.completed,
        unit=event.unit,
        division=event.division,
    )
    return Outgoing(event.woman_id, body, str(ValidDate.interval(attendance.first_day, attendance.last_day)))


def _followed_up(event: FollowUpRecorded) -> Outgoing:
    said = event.said
    body = contracts.TrainingFollowedUp(
        course_id=event.course_id,
        woman_id=event.woman_id,
        outcome_id=outcome_id(event.course_id, said.after_months),
        after_months=said.after_months,
        on=said.on,
        result=said.result,
        working=said.result in WORKING,
        employer_kind=said.employer_kind,
        work_place=said.work_place,
        income_band=income_band(said.monthly_income_fen),
        unit=event.unit,
        division=event.division,
    )
    return Outgoing(event.woman_id, body, said.on.isoformat())


def _facts(event: CourseOpened | CourseCorrected | CourseMoved) -> dict[str, Any]:
    facts = event.facts
    return {
        "course_id": event.course_id,
        "unit": facts.unit,
        "title": facts.title,
        "trade": facts.trade,
        "organiser": facts.organiser,
        "first_day": facts.first_day,
        "last_day": facts.last_day,
        "place": facts.place,
        "kind": facts.kind,
    }


def _period(facts: Facts) -> str:
    return str(ValidDate.interval(facts.first_day, facts.last_day))
