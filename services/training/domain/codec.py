"""The private events of training by the names under which the log keeps them."""

from typing import Any

from libs.events.codec import Codec
from services.training.domain import certificate, course, course_state, enrolment, follow_up, roster_line, waitlist


def codec() -> Codec:
    """All event types with their present versions."""
    return (
        Codec()
        .add("course-opened", course.CourseOpened)
        .add("course-corrected", course.CourseCorrected)
        .add("seats-taken", course.SeatsTaken)
        .add("seats-released", course.SeatsReleased)
        .add("heads-counted", course.HeadsCounted)
        .add("course-finished", course.CourseFinished)
        .add("course-moved", course_state.CourseMoved)
        .add("course-key-taken", course_state.CourseKeyTaken)
        .add("capacity-changed", course_state.CapacityChanged)
        .add("sessions-planned", course_state.SessionsPlanned)
        .add("session-moved", course_state.SessionMoved)
        .add("session-cancelled", course_state.SessionCancelled)
        .add("course-cancelled", course_state.CourseCancelled)
        .add("heads-typed", course_state.HeadsTyped)
        .add("woman-enrolled", enrolment.WomanEnrolled)
        .add("attendance-recorded", enrolment.AttendanceRecorded, version=2, upcasters={1: _without_division})
        .add("enrolment-withdrawn", enrolment.EnrolmentWithdrawn)
        .add("follow-up-recorded", follow_up.FollowUpRecorded)
        .add("certificate-issued", certificate.CertificateIssued)
        .add("certificate-withdrawn", certificate.CertificateWithdrawn)
        .add("line-kept", roster_line.LineKept)
        .add("line-confirmed", roster_line.LineConfirmed)
        .add("line-refused", roster_line.LineRefused)
        .add("line-dropped", roster_line.LineDropped)
        .add("line-erased", roster_line.LineErased)
        .add("woman-queued", waitlist.WomanQueued, version=2, upcasters={1: _by_state_alone})
        .add("place-offered", waitlist.PlaceOffered)
        .add("offer-accepted", waitlist.OfferAccepted)
        .add("offer-declined", waitlist.OfferDeclined)
        .add("seat-given", waitlist.SeatGiven)
        .add("seat-refused", waitlist.SeatRefused)
        .add("woman-left", waitlist.WomanLeft)
        .add("place-passed", waitlist.PlacePassed)
    )


def _without_division(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 did not say where she was registered."""
    return {**data, "division": None}


def _by_state_alone(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew her state only, and counted who is about to leave poverty (2) after who is not (1)."""
    rank = data["rank"] - 1 if data["rank"] > 1 else data["rank"]
    return {**data, "rank": rank, "rule": "", "income_year": None, "income_fen": None, "measures": 0}
