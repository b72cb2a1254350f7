"""One registered woman in one course (人次): that she was there, on how many days (人天), and whether it counts."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.events.personal import Personal
from libs.values.errors import Invalid, NotFound
from services.training.domain.refusals import already_enrolled

Source = Literal["roster", "direct"]


@dataclass(frozen=True, slots=True)
class Attendance:
    """Days ticked of days planned. `certificate_mark` is the blind index by which a new number is told from the old."""

    days: int
    planned: int
    first_day: date
    last_day: date
    completed: bool
    result: str | None = None
    certificate_mark: str | None = None


@dataclass(frozen=True, slots=True)
class WomanEnrolled:
    """`unit` is the division of the unit that says so, `division` where she was registered then."""

    enrolment_id: UUID
    course_id: UUID
    woman_id: UUID
    division: str
    unit: str
    source: Source


@dataclass(frozen=True, slots=True)
class AttendanceRecorded:
    """Full state: a later one replaces it. `division` is None in events of before it was kept."""

    enrolment_id: UUID
    course_id: UUID
    woman_id: UUID
    unit: str
    attendance: Attendance
    certificate: Personal[str] | None
    division: str | None


@dataclass(frozen=True, slots=True)
class EnrolmentWithdrawn:
    """`attended` tells whether attendance had been recorded and is void now."""

    enrolment_id: UUID
    course_id: UUID
    woman_id: UUID
    attended: bool


Event: TypeAlias = WomanEnrolled | AttendanceRecorded | EnrolmentWithdrawn


@dataclass(frozen=True, slots=True)
class EnrolWoman:
    enrolment_id: UUID
    course_id: UUID
    woman_id: UUID
    division: str
    unit: str
    source: Source


@dataclass(frozen=True, slots=True)
class RecordAttendance:
    enrolment_id: UUID
    attendance: Attendance
    certificate: Personal[str] | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    enrolment_id: UUID


Command: TypeAlias = EnrolWoman | RecordAttendance | Withdraw


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    pass


@dataclass(frozen=True, slots=True)
class Active:
    course_id: UUID
    woman_id: UUID
    division: str
    unit: str
    source: Source
    attendance: Attendance | None = None
    certificate: Personal[str] | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    pass


State: TypeAlias = NotEnrolled | Active | Withdrawn


def decide(state: State, command: Command) -> list[Event]:
    """The rules of an enrolment."""
    match command:
        case EnrolWoman():
            return _enrol(state, command)
        case RecordAttendance():
            return _record(state, command)
        case Withdraw():
            return _withdraw(state, command)
        case _:
            assert_never(command)


def evolve(state: State, event: Event) -> State:
    """The next state of an enrolment."""
    match event:
        case WomanEnrolled():
            return Active(event.course_id, event.woman_id, event.division, event.unit, event.source)
        case AttendanceRecorded():
            assert isinstance(state, Active)
            return replace(state, attendance=event.attendance, certificate=event.certificate)
        case EnrolmentWithdrawn():
            return Withdrawn()
        case _:
            assert_never(event)


def _enrol(state: State, command: EnrolWoman) -> list[Event]:
    if isinstance(state, Active):
        if command.source == "roster":
            return []  # a roster states again what is known
        raise already_enrolled()
    return [
        WomanEnrolled(
            command.enrolment_id, command.course_id, command.woman_id, command.division, command.unit, command.source
        )
    ]


def _record(state: State, command: RecordAttendance) -> list[Event]:
    if not isinstance(state, Active):
        raise NotFound("training.enrolment_not_found", "该妇女不在本班，或她不属于您的单位")
    attendance = command.attendance
    if not 1 <= attendance.days <= attendance.planned:
        raise Invalid(
            "training.bad_attendance",
            f"出勤天数{attendance.days}不正确，培训共{attendance.planned}天",
            field="days",
            value=str(attendance.days),
            rule="出勤天数为1至培训天数的整数",
            right=f"1–{attendance.planned}",
        )
    if attendance == state.attendance:
        return []
    return [
        AttendanceRecorded(
            command.enrolment_id,
            state.course_id,
            state.woman_id,
            state.unit,
            attendance,
            command.certificate,
            state.division,
        )
    ]


def _withdraw(state: State, command: Withdraw) -> list[Event]:
    if not isinstance(state, Active):
        return []
    attended = state.attendance is not None
    return [EnrolmentWithdrawn(command.enrolment_id, state.course_id, state.woman_id, attended)]


enrolment: Decider[State, Command, Event] = Decider(NotEnrolled(), decide, evolve)
