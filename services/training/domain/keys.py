"""Ids that follow from what a thing is: the same course, woman or roster line always gets the same id.

They make an import that was killed and run again, or run twice at once, meet its own streams.
"""

from datetime import date
from uuid import UUID, uuid5

from libs.values.division import Division

NAMESPACE = UUID("5f2f6d4e-3a0b-5c68-9d1e-7a1c1d0e2b47")


def course_id(unit: str, organiser: str | None, trade: str, first_day: date, place: str | None) -> UUID:
    """A course is its organiser, trade, first day and place; a corrected roster meets the same course.

    Units inside one county mean the same course; 县妇联 of two counties are two organisers. A unit above the counties
    has courses of its own. Where no organiser is named, the unit is it.
    """
    known_in = Division(unit).at("county").code
    names = ("course", known_in, organiser or f"unit:{unit}", trade, first_day.isoformat(), place or "")
    return uuid5(NAMESPACE, "\x1f".join(names))


def enrolment_id(course: UUID, woman: UUID) -> UUID:
    """One woman in one course (人次)."""
    return uuid5(course, f"woman:{woman}")


def follow_up_id(enrolment: UUID) -> UUID:
    """What became of her after the course: the stream beside her enrolment."""
    return uuid5(enrolment, "follow-up")


def certificate_id(issuer: str, token: bytes) -> UUID:
    """A certificate is its issuer and number; `token` is the keyed blind index of the number."""
    return uuid5(NAMESPACE, "\x1f".join(("certificate", issuer, token.hex())))


def outcome_id(course: UUID, after_months: int) -> UUID:
    """The follow-up of a course at so many months: the same for all who sat in it, so that a merge counts her once."""
    return uuid5(course, f"follow-up:{after_months}")


def waitlist_id(course: UUID) -> UUID:
    """The waiting list (候补) of a course."""
    return uuid5(course, "waitlist")


def offer_timer_id(course: UUID, woman: UUID) -> UUID:
    """The timer of the seat that is offered to a woman."""
    return uuid5(waitlist_id(course), f"offer:{woman}")


def line_id(course: UUID, token: bytes) -> UUID:
    """A roster line that is no registered woman (yet).

    `token` is a keyed blind index of what the line says, so nobody finds a resident id by trying ids.
    """
    return uuid5(course, f"line:{token.hex()}")
