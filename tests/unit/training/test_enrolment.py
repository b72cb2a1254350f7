"""The rules of an enrolment, as sentences."""

from libs.events.testing import given
from libs.values.errors import Conflict, Invalid, NotFound
from services.training.domain.enrolment import (
    AttendanceRecorded,
    EnrolmentWithdrawn,
    EnrolWoman,
    RecordAttendance,
    Source,
    Withdraw,
    WomanEnrolled,
    enrolment,
)
from services.training.domain.keys import enrolment_id
from tests.unit.training.samples import COUNTY, COURSE, TOWNSHIP, WOMAN, attendance

ID = enrolment_id(COURSE, WOMAN)
ENROLLED = WomanEnrolled(ID, COURSE, WOMAN, TOWNSHIP, COUNTY, "roster")


def enrol(source: Source = "roster") -> EnrolWoman:
    return EnrolWoman(ID, COURSE, WOMAN, TOWNSHIP, COUNTY, source)


def attended(days: int) -> AttendanceRecorded:
    return AttendanceRecorded(ID, COURSE, WOMAN, COUNTY, attendance(days), None, TOWNSHIP)


def test_a_woman_enrols() -> None:
    given(enrolment).when(enrol()).then(ENROLLED)


def test_a_roster_that_names_her_again_changes_nothing() -> None:
    given(enrolment, ENROLLED).when(enrol()).then_nothing()


def test_enrolling_twice_by_hand_is_refused() -> None:
    given(enrolment, ENROLLED).when(enrol("direct")).then_refused(Conflict, "already_enrolled")


def test_attendance_is_recorded_once_and_a_correction_replaces_it() -> None:
    given(enrolment, ENROLLED).when(RecordAttendance(ID, attendance(9))).then(attended(9))
    given(enrolment, ENROLLED, attended(9)).when(RecordAttendance(ID, attendance(9))).then_nothing()
    given(enrolment, ENROLLED, attended(9)).when(RecordAttendance(ID, attendance(8))).then(attended(8))


def test_more_days_than_the_course_has_and_no_day_at_all_are_refused() -> None:
    given(enrolment, ENROLLED).when(RecordAttendance(ID, attendance(11))).then_refused(Invalid, "bad_attendance")
    given(enrolment, ENROLLED).when(RecordAttendance(ID, attendance(0))).then_refused(Invalid, "bad_attendance")


def test_attendance_without_enrolment_is_refused() -> None:
    given(enrolment).when(RecordAttendance(ID, attendance(9))).then_refused(NotFound, "enrolment_not_found")
    withdrawn = (ENROLLED, EnrolmentWithdrawn(ID, COURSE, WOMAN, attended=False))
    given(enrolment, *withdrawn).when(RecordAttendance(ID, attendance(9))).then_refused(NotFound)


def test_a_withdrawal_says_whether_attendance_became_void_and_is_said_once() -> None:
    given(enrolment, ENROLLED).when(Withdraw(ID)).then(EnrolmentWithdrawn(ID, COURSE, WOMAN, attended=False))
    history = (ENROLLED, attended(9))
    void = EnrolmentWithdrawn(ID, COURSE, WOMAN, attended=True)
    given(enrolment, *history).when(Withdraw(ID)).then(void)
    given(enrolment, *history, void).when(Withdraw(ID)).then_nothing()
    given(enrolment).when(Withdraw(ID)).then_nothing()


def test_a_corrected_roster_may_name_her_again_after_a_withdrawal() -> None:
    history = (ENROLLED, EnrolmentWithdrawn(ID, COURSE, WOMAN, attended=False))
    given(enrolment, *history).when(enrol()).then(ENROLLED)
