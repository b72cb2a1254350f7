"""The process of the waiting list: a freed seat is offered to the next woman, given when accepted, lapses when not.

It runs over training's own log. What a rule of the course refuses is recorded on the list, where a person sees it.
Before a seat is offered the list follows the register, so that nobody is asked under an id that is no longer hers.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from libs.events import aliases
from libs.events.process import CancelTimer, Process, Reaction, Refusal, SetTimer, Step, Turn
from libs.events.store import Recorded
from libs.events.timers import Timer
from libs.values.valid_date import local_date
from services.training.domain.course import Seat, SeatsReleased, TakeSeat, course, offerable
from services.training.domain.course import State as Course
from services.training.domain.course_state import CapacityChanged
from services.training.domain.enrolment import EnrolWoman, enrolment
from services.training.domain.keys import enrolment_id, offer_timer_id, waitlist_id
from services.training.domain.waitlist import (
    GiveSeat,
    LapseOffer,
    OfferAccepted,
    OfferDeclined,
    OfferPlaces,
    PlaceOffered,
    PlacePassed,
    Queue,
    RefuseSeat,
    SeatRefused,
    WomanLeft,
    WomanQueued,
    waitlist,
)
from services.training.handlers.following import to_follow
from services.training.handlers.seats import alone
from services.training.policies import OFFER

HOME: Final = "SELECT division FROM women WHERE woman_id = $1"
HELD: Final = "SELECT woman_id FROM women WHERE woman_id = ANY($1) AND restricted"
HANDLES = (
    SeatsReleased,
    CapacityChanged,
    WomanQueued,
    PlaceOffered,
    OfferAccepted,
    OfferDeclined,
    SeatRefused,
    WomanLeft,
    PlacePassed,
)


async def react(turn: Turn, recorded: Recorded[Any]) -> Sequence[Step]:
    """What follows from one event of training's log."""
    match recorded.event:
        case PlaceOffered() as event:
            return [_timer(event.course_id, event.woman_id, event.until)]
        case OfferAccepted() as event:
            return await _seat(turn, event)
        case OfferDeclined() | WomanLeft() as event:
            timer = CancelTimer(offer_timer_id(event.course_id, event.woman_id))
            return [timer, *await _offer(turn, event.course_id)]
        case PlacePassed() as event:
            return await _passed(turn, event)
        case WomanQueued() as event if not await _free(turn, event.course_id):
            return []  # nothing to offer: who waits is followed when there is, and by looking again and again
        case event:
            return await _offer(turn, event.course_id)


async def timeout(_turn: Turn, timer: Timer) -> Sequence[Step]:
    """Nobody answered in time."""
    course_id, woman_id = UUID(timer.payload["course_id"]), UUID(timer.payload["woman_id"])
    command = LapseOffer(course_id, woman_id, datetime.fromisoformat(timer.payload["until"]))
    return [Reaction(waitlist, waitlist_id(course_id), command)]


def refused(refusal: Refusal) -> Sequence[Step]:
    """She said yes and the course says no: it stands on the list, for a person to tell her."""
    event = getattr(refusal.cause, "event", None)
    assert isinstance(event, OfferAccepted), "only a seat can be refused"
    command = RefuseSeat(event.course_id, event.woman_id, refusal.error.code)
    return [Reaction(waitlist, waitlist_id(event.course_id), command)]


async def _free(turn: Turn, course_id: UUID) -> bool:
    opened: Course = await turn.state(course, course_id)
    return offerable(opened, local_date(turn.now)) > 0


async def _offer(turn: Turn, course_id: UUID) -> Sequence[Step]:
    assert turn.tx is not None
    await alone(turn.tx, course_id)
    opened: Course = await turn.state(course, course_id)
    free = offerable(opened, local_date(turn.now))
    queue: Queue = await turn.state(waitlist, waitlist_id(course_id))
    follow = await to_follow(turn.tx, course_id, opened, queue)
    if waitlist.decide(queue, follow):
        return [Reaction(waitlist, waitlist_id(course_id), follow)]  # what it says leads here again
    if free <= queue.promised() or not queue.waiting():
        return []
    until = turn.now + timedelta(days=OFFER.on(local_date(turn.now)).value.days)
    held = frozenset(row["woman_id"] for row in await turn.tx.fetch(HELD, [each.woman_id for each in queue.waiting()]))
    return [Reaction(waitlist, waitlist_id(course_id), OfferPlaces(course_id, free, until, held))]


async def _passed(turn: Turn, event: PlacePassed) -> Sequence[Step]:
    """The offer is the survivor's now, for the time that is left."""
    queue: Queue = await turn.state(waitlist, waitlist_id(event.course_id))
    until = queue.place(event.survivor_id).until
    timers: list[Step] = [CancelTimer(offer_timer_id(event.course_id, event.woman_id))]
    if until is not None:
        timers.append(_timer(event.course_id, event.survivor_id, until))
    return [*timers, *await _offer(turn, event.course_id)]


def _timer(course_id: UUID, woman_id: UUID, until: datetime) -> SetTimer:
    payload = {"course_id": str(course_id), "woman_id": str(woman_id), "until": until.isoformat()}
    return SetTimer(offer_timer_id(course_id, woman_id), until, payload)


async def _seat(turn: Turn, event: OfferAccepted) -> Sequence[Step]:
    assert turn.tx is not None
    await alone(turn.tx, event.course_id)
    woman = await aliases.canonical(turn.tx, event.woman_id)
    home = await turn.tx.fetchval(HOME, woman)
    place = (await turn.state(waitlist, waitlist_id(event.course_id))).place(event.woman_id)
    seat = Seat(enrolment_id(event.course_id, woman), woman=True, woman_id=woman)
    enrol = EnrolWoman(seat.seat_id, event.course_id, woman, home or place.unit, place.unit, "direct")
    return [
        CancelTimer(offer_timer_id(event.course_id, event.woman_id)),
        Reaction(course, event.course_id, TakeSeat(event.course_id, seat, local_date(turn.now))),
        Reaction(enrolment, seat.seat_id, enrol),
        Reaction(waitlist, waitlist_id(event.course_id), GiveSeat(event.course_id, event.woman_id)),
    ]


PROCESS = Process("training.waitlist", HANDLES, react, refused, timeout=timeout)
