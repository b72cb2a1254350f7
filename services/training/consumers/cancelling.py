"""The process of a cancelled course: who waits leaves the list, seats are released, and attendance in them is void.

It runs over training's own log, a portion of seats in a transaction, each portion caused by the one before: killed
anywhere it goes on where it was.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from libs.events.process import Process, Reaction, Refusal, Step, Turn
from libs.events.store import Recorded
from services.training.domain.course import SeatsReleased, course
from services.training.domain.course import State as Course
from services.training.domain.course_changes import ReleaseSeats
from services.training.domain.course_state import Cancelled, CourseCancelled
from services.training.domain.enrolment import Withdraw, enrolment
from services.training.domain.keys import waitlist_id
from services.training.domain.waitlist import CloseList, waitlist

PORTION: Final = 500  # seats of one transaction


async def react(turn: Turn, recorded: Recorded[Any]) -> Sequence[Step]:
    """What follows from a cancellation, and from each portion of its seats."""
    event = recorded.event
    found: Course = await turn.state(course, event.course_id)
    if not isinstance(found, Cancelled):
        return []
    steps: list[Step] = []
    if isinstance(event, CourseCancelled):
        steps.append(Reaction(waitlist, waitlist_id(event.course_id), CloseList(event.course_id)))
    seats = list(islice(found.seats.values(), PORTION))
    if seats:
        ids = tuple(seat.seat_id for seat in seats)
        steps.append(Reaction(course, event.course_id, ReleaseSeats(event.course_id, ids)))
        steps += [Reaction(enrolment, seat.seat_id, Withdraw(seat.seat_id)) for seat in seats if seat.woman_id]
    return steps


def refused(refusal: Refusal) -> Sequence[Step]:
    """No rule refuses what follows from a cancellation."""
    raise AssertionError(f"{type(refusal.reaction.command).__name__} was refused") from refusal.error


PROCESS = Process("training.cancelling", (CourseCancelled, SeatsReleased), react, refused)
