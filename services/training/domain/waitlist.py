"""The waiting list (候补) of a full course: who waits in which order and why, and whom a freed seat was offered to.

The order can be explained to the woman: the priority (state, income per head, measures so far) at the time she asked,
then who asked first. An offer is answered within its days, or it lapses and the next one is asked. The list follows the
register: who is erased leaves it, and of two records that were one woman the better place stays, under the id she is
known by.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.values.errors import Conflict, NotFound, Refused
from libs.values.priority import Needs, rule_on
from libs.values.valid_date import local_date

Phase = Literal["waiting", "offered", "accepted", "seated", "gone", "refused"]
Leaving = Literal["erased", "gone", "merged", "seated", "cancelled"]
BETTER: Final[Mapping[Phase, int]] = MappingProxyType({"accepted": 0, "offered": 1, "waiting": 2})


@dataclass(frozen=True, slots=True)
class WomanQueued:
    """`status`, income and number of measures are what was known of her then; `rank` is her class (0 is first).

    `rule` is the version of the priority (libs/values/priority.toml) by which she stands there; empty in old places.
    """

    course_id: UUID
    woman_id: UUID
    division: str
    unit: str
    status: str
    rank: int
    at: datetime
    rule: str = ""
    income_year: int | None = None
    income_fen: int | None = None
    measures: int = 0


@dataclass(frozen=True, slots=True)
class PlaceOffered:
    """A seat is hers if she says so before `until`."""

    course_id: UUID
    woman_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    course_id: UUID
    woman_id: UUID


@dataclass(frozen=True, slots=True)
class OfferDeclined:
    """She does not come, or (`lapsed`) nobody answered in time."""

    course_id: UUID
    woman_id: UUID
    lapsed: bool


@dataclass(frozen=True, slots=True)
class SeatGiven:
    """She accepted, and she sits in the course."""

    course_id: UUID
    woman_id: UUID


@dataclass(frozen=True, slots=True)
class SeatRefused:
    """She accepted, and a rule of the course said no; `code` says which. A person must tell her."""

    course_id: UUID
    woman_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class WomanLeft:
    """Taken off the list: her data are erased, she has left the register (`gone`: died, moved, married out), she has a
    better place by another record, or sits there already; or the course is cancelled.
    """

    course_id: UUID
    woman_id: UUID
    reason: Leaving


@dataclass(frozen=True, slots=True)
class PlacePassed:
    """Two records were one woman: the place, with its turn or its offer, is the survivor's."""

    course_id: UUID
    woman_id: UUID
    survivor_id: UUID


Event: TypeAlias = (
    WomanQueued | PlaceOffered | OfferAccepted | OfferDeclined | SeatGiven | SeatRefused | WomanLeft | PlacePassed
)


@dataclass(frozen=True, slots=True)
class JoinQueue:
    course_id: UUID
    woman_id: UUID
    division: str
    unit: str
    needs: Needs
    at: datetime


@dataclass(frozen=True, slots=True)
class OfferPlaces:
    """`free` seats of the course are to be offered, as far as they are not yet.

    `held` are women to whom nothing may be offered now; they keep their places.
    """

    course_id: UUID
    free: int
    until: datetime
    held: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class AnswerOffer:
    course_id: UUID
    woman_id: UUID
    accept: bool


@dataclass(frozen=True, slots=True)
class LapseOffer:
    """The time of one offer is over; one made anew meanwhile has another `until`."""

    course_id: UUID
    woman_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class GiveSeat:
    course_id: UUID
    woman_id: UUID


@dataclass(frozen=True, slots=True)
class RefuseSeat:
    course_id: UUID
    woman_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class FollowRegister:
    """`known`: merged id → the id she is known by; `seated`: who sits in the course, by the ids they are known by."""

    course_id: UUID
    known: Mapping[UUID, UUID]
    erased: frozenset[UUID]
    seated: frozenset[UUID]
    gone: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class CloseList:
    """The course is cancelled: nobody waits for it; who has accepted is told by the course itself."""

    course_id: UUID


Command: TypeAlias = (
    JoinQueue | OfferPlaces | AnswerOffer | LapseOffer | GiveSeat | RefuseSeat | FollowRegister | CloseList
)


@dataclass(frozen=True, slots=True)
class Place:
    """One woman's place; `unit` is the unit that asked for her."""

    woman_id: UUID
    unit: str
    rank: int
    at: datetime
    phase: Phase = "waiting"
    until: datetime | None = None
    income_fen: int | None = None
    measures: int = 0

    @property
    def order(self) -> tuple[int, bool, int, int, datetime, UUID]:
        """Sorts by need, then by who asked first."""
        fen = self.income_fen
        return (self.rank, fen is None, fen or 0, self.measures, self.at, self.woman_id)


@dataclass(frozen=True, slots=True)
class Queue:
    """All who ever asked for a seat of the course."""

    places: Mapping[UUID, Place]

    def place(self, woman_id: UUID) -> Place:
        """Raises NotFound for a woman who never asked."""
        place = self.places.get(woman_id)
        if place is None:
            raise NotFound("training.not_waiting", "该妇女不在候补名单中，或她不属于您的单位", field="woman_id")
        return place

    def waiting(self) -> list[Place]:
        """In the order in which they will be asked."""
        places = (place for place in self.places.values() if place.phase == "waiting")
        return sorted(places, key=lambda place: place.order)

    def open(self) -> list[Place]:
        """Places of those who wait, hold an offer, or have accepted one."""
        return [place for place in self.places.values() if place.phase in BETTER]

    def listed(self, *ids: UUID) -> UUID:
        """The first of one woman's ids under which she is on the list now, or else ever was."""
        ever = [each for each in ids if each in self.places]
        now = [each for each in ever if self.places[each].phase in BETTER]
        return (now or ever or list(ids))[0]

    def promised(self) -> int:
        """Seats that are offered, or accepted and not yet given."""
        return sum(place.phase in ("offered", "accepted") for place in self.places.values())


def decide(state: Queue, command: Command) -> list[Event]:  # noqa: PLR0911 - one answer a command
    """The rules of a waiting list."""
    match command:
        case JoinQueue():
            return _join(state, command)
        case OfferPlaces():
            waiting = [place for place in state.waiting() if place.woman_id not in command.held]
            asked = waiting[: max(command.free - state.promised(), 0)]
            return [PlaceOffered(command.course_id, place.woman_id, command.until) for place in asked]
        case AnswerOffer():
            return _answer(state, command)
        case LapseOffer():
            place = state.places.get(command.woman_id)
            if place is None or place.phase != "offered" or place.until != command.until:
                return []  # answered in time
            return [OfferDeclined(command.course_id, command.woman_id, lapsed=True)]
        case GiveSeat():
            return [SeatGiven(command.course_id, command.woman_id)]
        case RefuseSeat():
            return [SeatRefused(command.course_id, command.woman_id, command.code)]
        case FollowRegister():
            return _follow(state, command)
        case CloseList():
            left = [place for place in state.open() if place.phase != "accepted"]
            return [WomanLeft(command.course_id, place.woman_id, "cancelled") for place in left]
        case _:
            assert_never(command)


def evolve(state: Queue, event: Event) -> Queue:  # noqa: PLR0911 - one answer an event
    """The list after an event."""
    match event:
        case WomanQueued():
            place = Place(
                event.woman_id,
                event.unit,
                event.rank,
                event.at,
                income_fen=event.income_fen,
                measures=event.measures,
            )
            return _put(state, place)
        case PlaceOffered():
            return _put(state, replace(state.places[event.woman_id], phase="offered", until=event.until))
        case OfferAccepted():
            return _move(state, event.woman_id, "accepted")
        case OfferDeclined() | WomanLeft():
            return _move(state, event.woman_id, "gone")
        case SeatGiven():
            return _move(state, event.woman_id, "seated")
        case SeatRefused():
            return _move(state, event.woman_id, "refused")
        case PlacePassed():
            passed = replace(state.places[event.woman_id], woman_id=event.survivor_id)
            return _put(_move(state, event.woman_id, "gone"), passed)
        case _:
            assert_never(event)


def _join(state: Queue, command: JoinQueue) -> list[Event]:
    place = state.places.get(command.woman_id)
    if place is not None and place.phase in ("waiting", "offered", "accepted"):
        raise Conflict("training.already_waiting", "该妇女已在候补名单中", rule="同一人在同一班只候补一次")
    rule, needs = rule_on(local_date(command.at)), command.needs
    return [
        WomanQueued(
            command.course_id,
            command.woman_id,
            command.division,
            command.unit,
            needs.status,
            rule.class_of(needs.status),
            command.at,
            rule.version,
            needs.income.year if needs.income else None,
            needs.income.per_head_fen if needs.income else None,
            needs.measures,
        )
    ]


def _answer(state: Queue, command: AnswerOffer) -> list[Event]:
    place = state.place(command.woman_id)
    wanted = ("accepted", "seated") if command.accept else ("gone",)
    if place.phase in wanted:
        return []  # said before
    if place.phase == "waiting" and not command.accept:
        return [OfferDeclined(command.course_id, command.woman_id, lapsed=False)]
    if place.phase != "offered":
        raise Refused(
            "training.no_offer",
            "目前没有空位通知给她：还在排队，或已过答复期限",
            field="woman_id",
            rule="收到空位通知后在期限内答复",
            right="重新登记候补，等待下一次通知",
        )
    if command.accept:
        return [OfferAccepted(command.course_id, command.woman_id)]
    return [OfferDeclined(command.course_id, command.woman_id, lapsed=False)]


def _follow(state: Queue, command: FollowRegister) -> list[Event]:
    women: dict[UUID, list[Place]] = defaultdict(list)
    for place in state.open():
        women[command.known.get(place.woman_id, place.woman_id)].append(place)
    return [event for woman, places in women.items() for event in _follow_one(woman, places, command)]


def _follow_one(woman: UUID, places: list[Place], command: FollowRegister) -> list[Event]:
    """Who has accepted is not touched: she is seated, or refused, at this moment."""
    best = min(places, key=lambda place: (BETTER[place.phase], place.order))
    reason: Leaving = "merged"
    if not command.erased.isdisjoint({woman, *(place.woman_id for place in places)}):
        reason = "erased"
    elif woman in command.gone:
        reason = "gone"
    elif woman in command.seated:
        reason = "seated"
    stays = best if reason == "merged" or best.phase == "accepted" else None
    events: list[Event] = [
        WomanLeft(command.course_id, place.woman_id, reason)
        for place in places
        if place is not stays and place.phase != "accepted"
    ]
    if stays is not None and stays.phase != "accepted" and stays.woman_id != woman:
        events.append(PlacePassed(command.course_id, stays.woman_id, woman))
    return events


def _move(state: Queue, woman_id: UUID, phase: Phase) -> Queue:
    return _put(state, replace(state.places[woman_id], phase=phase, until=None))


def _put(state: Queue, place: Place) -> Queue:
    return Queue(MappingProxyType({**state.places, place.woman_id: place}))


waitlist: Decider[Queue, Command, Event] = Decider(Queue(MappingProxyType({})), decide, evolve, remembered=True)
