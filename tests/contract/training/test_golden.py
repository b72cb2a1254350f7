"""One golden file per event type and version, kept for ever: old logs and old subscribers must stay readable."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.events.meta import Meta
from libs.events.personal import Personal
from libs.events.store import Recorded
from services.training.domain import certificate, course, course_state, enrolment, follow_up, roster_line, waitlist
from services.training.domain.codec import codec
from services.training.domain.session import Session
from services.training.publishing import publish
from tests.unit.training.samples import COUNTY, COURSE, FACTS, TOWNSHIP, WOMAN, attendance

GOLDEN = Path(__file__).parent / "golden"
ENROLMENT, LINE = UUID(int=11), UUID(int=12)
AT = datetime(2017, 5, 3, 8, tzinfo=UTC)


def sealed(subject: UUID, data_class: str) -> Personal[str]:
    return Personal(subject, None, data_class, f"1.1.{data_class}.AAAA")


SAID = roster_line.Said(
    COUNTY, TOWNSHIP, "waiting", "near_id", ("id_one_digit_wrong",), WOMAN, True, True, attendance(9), 0, "ab"
)
WORDS = roster_line.Words(sealed(LINE, "roster"), sealed(LINE, "roster"), sealed(LINE, "roster"), None)
SESSION = Session(3, date(2017, 5, 10), time(9), 4, half_day=True, place="西江镇")
EVENTS: dict[str, Any] = {
    "course-opened": course.CourseOpened(COURSE, FACTS, 50),
    "course-corrected": course.CourseCorrected(COURSE, FACTS),
    "seats-taken": course.SeatsTaken(COURSE, (course.Seat(ENROLMENT, True, WOMAN), course.Seat(LINE, False))),
    "seats-released": course.SeatsReleased(COURSE, (LINE,)),
    "heads-counted": course.HeadsCounted(COURSE, 47, 46, 38),
    "course-finished": course.CourseFinished(COURSE, date(2017, 5, 17)),
    "course-moved": course_state.CourseMoved(COURSE, FACTS, (SESSION,), "weather"),
    "course-key-taken": course_state.CourseKeyTaken(UUID(int=14), COURSE),
    "capacity-changed": course_state.CapacityChanged(COURSE, 60),
    "sessions-planned": course_state.SessionsPlanned(COURSE, (SESSION,)),
    "session-moved": course_state.SessionMoved(COURSE, SESSION, "venue"),
    "session-cancelled": course_state.SessionCancelled(COURSE, 3, "weather"),
    "course-cancelled": course_state.CourseCancelled(COURSE, date(2017, 5, 2), "too_few"),
    "heads-typed": course_state.HeadsTyped(COURSE, 50, 48),
    "woman-enrolled": enrolment.WomanEnrolled(ENROLMENT, COURSE, WOMAN, TOWNSHIP, COUNTY, "roster"),
    "attendance-recorded": enrolment.AttendanceRecorded(
        ENROLMENT, COURSE, WOMAN, COUNTY, attendance(9, mark="cd"), sealed(WOMAN, "training"), TOWNSHIP
    ),
    "enrolment-withdrawn": enrolment.EnrolmentWithdrawn(ENROLMENT, COURSE, WOMAN, attended=True),
    "follow-up-recorded": follow_up.FollowUpRecorded(
        ENROLMENT,
        COURSE,
        WOMAN,
        TOWNSHIP,
        COUNTY,
        follow_up.Said(3, date(2017, 8, 20), "employed", "workshop", "in_county", 180_000),
        0,
        sealed(WOMAN, "training"),
    ),
    "certificate-issued": certificate.CertificateIssued(
        UUID(int=14),
        ENROLMENT,
        COURSE,
        WOMAN,
        COUNTY,
        certificate.Paper("vocational", "雷山县人社局", date(2017, 6, 1)),
        sealed(WOMAN, "training"),
    ),
    "certificate-withdrawn": certificate.CertificateWithdrawn(UUID(int=14), ENROLMENT),
    "line-kept": roster_line.LineKept(LINE, COURSE, SAID, WORDS, "Sheet1", 10),
    "line-confirmed": roster_line.LineConfirmed(LINE, COURSE, WOMAN, sealed(LINE, "roster")),
    "line-refused": roster_line.LineRefused(LINE, COURSE, WOMAN, None),
    "line-dropped": roster_line.LineDropped(LINE, COURSE),
    "line-erased": roster_line.LineErased(LINE, COURSE),
    "woman-queued": waitlist.WomanQueued(
        COURSE, WOMAN, TOWNSHIP, COUNTY, "not_exited", 1, AT, "2015-1", 2016, 231_000, 2
    ),
    "place-offered": waitlist.PlaceOffered(COURSE, WOMAN, AT),
    "offer-accepted": waitlist.OfferAccepted(COURSE, WOMAN),
    "offer-declined": waitlist.OfferDeclined(COURSE, WOMAN, lapsed=True),
    "seat-given": waitlist.SeatGiven(COURSE, WOMAN),
    "seat-refused": waitlist.SeatRefused(COURSE, WOMAN, "training.course_full"),
    "woman-left": waitlist.WomanLeft(COURSE, WOMAN, "erased"),
    "place-passed": waitlist.PlacePassed(COURSE, WOMAN, UUID(int=13)),
}


OLDER = {
    "attendance-recorded.v1": replace(EVENTS["attendance-recorded"], division=None),
    "woman-queued.v1": waitlist.WomanQueued(COURSE, WOMAN, TOWNSHIP, COUNTY, "not_exited", 1, AT),
}


def test_every_event_type_has_a_golden_file() -> None:
    assert set(EVENTS) == set(codec().names)
    files = {path.stem for path in GOLDEN.glob("*.json")}
    assert {f"{name}.v{version}" for name, version in codec().names.items()} <= files


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_written_as_its_golden_file_says(name: str) -> None:
    encoded = codec().dump(EVENTS[name])
    assert json.loads(encoded.data) == json.loads((GOLDEN / f"{name}.v{encoded.version}.json").read_text("utf-8"))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_every_golden_file_is_still_read(path: Path) -> None:
    name, _, version = path.stem.rpartition(".v")
    if name.startswith("training."):
        return  # a published contract: see below
    assert codec().load(name, int(version), json.loads(path.read_text("utf-8"))) == OLDER.get(path.stem, EVENTS[name])


def test_what_is_published_equals_its_golden_file_and_nothing_else_is_published() -> None:
    told = {}
    for name, event in EVENTS.items():
        for outgoing in publish(_recorded(name, event)):
            told[outgoing.body.type] = {
                "key": str(outgoing.key),
                "valid": outgoing.valid,
                "data": json.loads(outgoing.body.model_dump_json()),
            }
    golden = {path.stem: json.loads(path.read_text("utf-8")) for path in GOLDEN.glob("training.*.json")}
    assert told == golden


def test_a_withdrawal_of_a_woman_who_never_attended_is_not_published() -> None:
    event = enrolment.EnrolmentWithdrawn(ENROLMENT, COURSE, WOMAN, attended=False)
    assert list(publish(_recorded("enrolment-withdrawn", event))) == []


def _recorded(name: str, event: object) -> Recorded[Any]:
    meta = Meta(actor="t", role="cadre", unit=COUNTY, correlation_id=UUID(int=1))
    return Recorded(1, COURSE, 1, UUID(int=2), name, event, meta, datetime(2017, 6, 1, tzinfo=UTC))


def test_the_words_of_a_line_reach_the_log_only_sealed() -> None:
    words = roster_line.Words(Personal(LINE, "杨秀兰", "roster"), Personal(LINE, "522634198804256703", "roster"))
    event = roster_line.LineKept(LINE, COURSE, SAID, words, "Sheet1", 10)
    encoded = codec().dump(event, lambda _personal: "sealed")
    assert "杨秀兰" not in encoded.data
    assert "522634198804256703" not in encoded.data
    with pytest.raises(ValueError, match="sealed only"):
        codec().dump(event)
