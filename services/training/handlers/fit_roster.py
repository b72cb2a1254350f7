"""A roster beside what is known of its course: days and place as they were changed, days by the sessions held."""

from dataclasses import replace

from services.training.domain.course import Elsewhere, Facts, NotOpened, State
from services.training.domain.course_changes import by_sessions, moved_meanwhile
from services.training.domain.course_state import taking_place
from services.training.domain.enrolment import Attendance
from services.training.handlers.settle import Entry, Roster
from services.training.policies import is_completed


def fitted(roster: Roster, state: State) -> Roster:
    """The roster as the course has it; unchanged for a course that is new, was not moved and has no sessions planned.

    A roster with the key from before a move means the moved course and does not move it back. Rows with more days
    than sessions were held are marked. Raises Refused for a cancelled course.
    """
    if isinstance(state, Elsewhere):
        raise moved_meanwhile()
    if isinstance(state, NotOpened):
        return roster
    was, said = taking_place(state).facts, roster.facts
    if (said.first_day, said.place) != (was.first_day, was.place):
        said = replace(said, first_day=was.first_day, last_day=was.last_day, place=was.place)
    said = by_sessions(said, state.sessions)
    if said == roster.facts:
        return roster
    entries = tuple(_entry(entry, said, assessed=roster.assessed) for entry in roster.entries)
    return replace(roster, facts=said, entries=entries)


def judged(attendance: Attendance, facts: Facts, *, assessed: bool) -> Attendance:
    """The same days, in the course as it is now."""
    days, planned = attendance.days, facts.days
    completed = is_completed(days, planned, attendance.result, assessed=assessed, on=facts.last_day)
    return replace(attendance, planned=planned, first_day=facts.first_day, last_day=facts.last_day, completed=completed)


def _entry(entry: Entry, facts: Facts, *, assessed: bool) -> Entry:
    def fit(attendance: Attendance | None) -> Attendance | None:
        return None if attendance is None else judged(attendance, facts, assessed=assessed)

    too_many = entry.claimed is not None and entry.claimed.days > facts.days
    return replace(entry, signed=fit(entry.signed), claimed=fit(entry.claimed), too_many=too_many)
