"""The waiting list of a full course: an order that can be explained, offers that lapse, seats promised once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from libs.events.testing import given
from libs.values.errors import Conflict, NotFound, Refused
from libs.values.priority import Income, Needs, rule_on
from services.training.domain.waitlist import (
    AnswerOffer,
    FollowRegister,
    GiveSeat,
    JoinQueue,
    LapseOffer,
    OfferAccepted,
    OfferDeclined,
    OfferPlaces,
    PlaceOffered,
    PlacePassed,
    RefuseSeat,
    SeatGiven,
    SeatRefused,
    WomanLeft,
    WomanQueued,
    waitlist,
)

COURSE, A, B, C = UUID(int=1), UUID(int=10), UUID(int=11), UUID(int=12)
UNIT = "522634000000"
MAY = datetime(2017, 5, 1, tzinfo=UTC)
UNTIL, LATER = MAY + timedelta(days=3), MAY + timedelta(days=6)


def queued(woman: UUID, minute: int, status: str = "not_exited", known: Any = (None, None, 0)) -> WomanQueued:
    at = MAY + timedelta(minutes=minute)
    return WomanQueued(COURSE, woman, UNIT, UNIT, status, rule_on(MAY.date()).class_of(status), at, "2015-1", *known)


def offered(woman: UUID, until: datetime = UNTIL) -> PlaceOffered:
    return PlaceOffered(COURSE, woman, until)


def join(woman: UUID) -> Any:
    return JoinQueue(COURSE, woman, UNIT, UNIT, Needs("not_exited"), MAY)


def test_a_freed_seat_is_offered_to_the_poorest_then_to_who_asked_first() -> None:
    history = (queued(A, 1, "exited"), queued(B, 3), queued(C, 2))
    given(waitlist, *history).when(OfferPlaces(COURSE, 1, UNTIL)).then(offered(C))
    given(waitlist, *history).when(OfferPlaces(COURSE, 9, UNTIL)).then(offered(C), offered(B), offered(A))
    back = (*history, queued(UUID(int=13), 9, "returned"))
    given(waitlist, *back).when(OfferPlaces(COURSE, 1, UNTIL)).then(offered(UUID(int=13)))


def test_of_one_state_the_lowest_income_is_asked_first_then_fewest_measures_and_unknown_income_last() -> None:
    poor, richer = (2016, 200_000, 3), (2016, 231_000, 0)
    history = (queued(A, 1), queued(B, 2, known=richer), queued(C, 3, "pre_exit", known=poor))
    given(waitlist, *history).when(OfferPlaces(COURSE, 9, UNTIL)).then(offered(C), offered(B), offered(A))
    alike = (queued(A, 1, known=(2016, 200_000, 1)), queued(B, 2, known=(2016, 200_000, 0)))
    given(waitlist, *alike).when(OfferPlaces(COURSE, 1, UNTIL)).then(offered(B))


def test_what_her_place_rests_on_is_kept_with_it() -> None:
    needs = Needs("returned", Income(2016, 231_000), 2)
    command = JoinQueue(COURSE, A, UNIT, UNIT, needs, MAY)
    given(waitlist).when(command).then(queued(A, 0, "returned", (2016, 231_000, 2)))


def test_a_seat_is_promised_once() -> None:
    history = (queued(A, 1), queued(B, 2), offered(A))
    given(waitlist, *history).when(OfferPlaces(COURSE, 1, UNTIL)).then_nothing()
    accepted = (*history, OfferAccepted(COURSE, A))
    given(waitlist, *accepted).when(OfferPlaces(COURSE, 1, UNTIL)).then_nothing()
    given(waitlist, *accepted, SeatGiven(COURSE, A)).when(OfferPlaces(COURSE, 1, UNTIL)).then(offered(B))


def test_an_offer_is_accepted_or_declined_once() -> None:
    history = (queued(A, 1), offered(A))
    given(waitlist, *history).when(AnswerOffer(COURSE, A, accept=True)).then(OfferAccepted(COURSE, A))
    declined = OfferDeclined(COURSE, A, lapsed=False)
    given(waitlist, *history).when(AnswerOffer(COURSE, A, accept=False)).then(declined)
    given(waitlist, *history, declined).when(AnswerOffer(COURSE, A, accept=False)).then_nothing()
    given(waitlist, *history, declined).when(AnswerOffer(COURSE, A, accept=True)).then_refused(Refused, "no_offer")
    sits = (*history, OfferAccepted(COURSE, A), SeatGiven(COURSE, A))
    given(waitlist, *sits).when(AnswerOffer(COURSE, A, accept=True)).then_nothing()


def test_who_still_waits_may_leave_but_not_accept() -> None:
    given(waitlist, queued(A, 1)).when(AnswerOffer(COURSE, A, accept=True)).then_refused(Refused, "no_offer")
    left = OfferDeclined(COURSE, A, lapsed=False)
    given(waitlist, queued(A, 1)).when(AnswerOffer(COURSE, A, accept=False)).then(left)
    given(waitlist).when(AnswerOffer(COURSE, A, accept=True)).then_refused(NotFound, "not_waiting")


def test_an_offer_lapses_unless_it_was_answered_or_made_anew() -> None:
    history = (queued(A, 1), offered(A))
    lapsed = OfferDeclined(COURSE, A, lapsed=True)
    given(waitlist, *history).when(LapseOffer(COURSE, A, UNTIL)).then(lapsed)
    given(waitlist, *history, OfferAccepted(COURSE, A)).when(LapseOffer(COURSE, A, UNTIL)).then_nothing()
    anew = (*history, lapsed, queued(A, 9), offered(A, LATER))
    given(waitlist, *anew).when(LapseOffer(COURSE, A, UNTIL)).then_nothing()
    given(waitlist).when(LapseOffer(COURSE, A, UNTIL)).then_nothing()


def test_nobody_stands_on_the_list_twice_and_everybody_may_come_back() -> None:
    given(waitlist, queued(A, 1)).when(join(A)).then_refused(Conflict, "already_waiting")
    lapsed = OfferDeclined(COURSE, A, lapsed=True)
    given(waitlist, queued(A, 1), offered(A), lapsed).when(join(A)).then(queued(A, 0))
    refused = SeatRefused(COURSE, A, "training.course_full")
    given(waitlist, queued(A, 1), offered(A), OfferAccepted(COURSE, A), refused).when(join(A)).then(queued(A, 0))


def test_what_the_course_said_is_recorded() -> None:
    history = (queued(A, 1), offered(A), OfferAccepted(COURSE, A))
    given(waitlist, *history).when(GiveSeat(COURSE, A)).then(SeatGiven(COURSE, A))
    refused = SeatRefused(COURSE, A, "training.course_full")
    given(waitlist, *history).when(RefuseSeat(COURSE, A, "training.course_full")).then(refused)


def follow(known: dict[UUID, UUID] | None = None, **one: UUID | None) -> Any:
    one = {"erased": None, "seated": None} | one
    return FollowRegister(COURSE, known or {}, **{name: frozenset([it] if it else []) for name, it in one.items()})


def left(woman: UUID, reason: Any = "merged") -> WomanLeft:
    return WomanLeft(COURSE, woman, reason)


def passed(woman: UUID, survivor: UUID) -> PlacePassed:
    return PlacePassed(COURSE, woman, survivor)


def test_who_is_erased_leaves_by_whichever_of_her_ids() -> None:
    history = (queued(A, 1), offered(A), queued(B, 2))
    given(waitlist, *history).when(follow(erased=A)).then(left(A, "erased"))
    given(waitlist, *history).when(follow({A: C}, erased=C)).then(left(A, "erased"))
    given(waitlist, *history).when(follow({A: B}, erased=A)).then(left(A, "erased"), left(B, "erased"))
    given(waitlist, *history, left(A, "erased")).when(follow(erased=A)).then_nothing()
    given(waitlist, *history).when(follow(gone=A)).then(left(A, "gone"))
    given(waitlist, *history).when(follow({A: C}, gone=C)).then(left(A, "gone"))


def test_a_merged_place_passes_with_its_turn_or_its_offer() -> None:
    history = (queued(A, 1), queued(B, 2), offered(A))
    given(waitlist, *history).when(follow({A: C})).then(passed(A, C))
    given(waitlist, *history, passed(A, C)).when(follow({A: C})).then_nothing()
    given(waitlist, *history, passed(A, C)).when(OfferPlaces(COURSE, 1, LATER)).then_nothing()
    given(waitlist, *history, passed(A, C)).when(LapseOffer(COURSE, A, UNTIL)).then_nothing()
    lapsed = OfferDeclined(COURSE, C, lapsed=True)
    given(waitlist, *history, passed(A, C)).when(LapseOffer(COURSE, C, UNTIL)).then(lapsed)


def test_of_two_places_of_one_woman_the_better_stays() -> None:
    waiting = (queued(A, 1), queued(B, 2, "returned"))
    given(waitlist, *waiting).when(follow({A: B})).then(left(A))
    given(waitlist, *waiting).when(follow({B: A})).then(left(A), passed(B, A))
    given(waitlist, *waiting, left(A), passed(B, A)).when(OfferPlaces(COURSE, 2, UNTIL)).then(offered(A))
    given(waitlist, *waiting, offered(A)).when(follow({A: B})).then(left(B), passed(A, B))
    accepted = (*waiting, offered(A), OfferAccepted(COURSE, A))
    given(waitlist, *accepted).when(follow({A: B})).then(left(B))
    given(waitlist, *accepted).when(follow({A: C})).then_nothing()


def test_who_sits_in_the_course_waits_for_it_no_longer() -> None:
    given(waitlist, queued(A, 1)).when(follow({A: C}, seated=C)).then(left(A, "seated"))
    given(waitlist, queued(A, 1), queued(B, 2)).when(follow(seated=B)).then(left(B, "seated"))
    given(waitlist, queued(A, 1)).when(follow(seated=C)).then_nothing()


def test_she_is_on_the_list_under_any_id_she_ever_had() -> None:
    queue = waitlist.fold((queued(A, 1), passed(A, B)))
    assert (queue.listed(A, B), queue.listed(B), queue.listed(A), queue.listed(C)) == (B, B, A, C)
