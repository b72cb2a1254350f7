"""The ≥40 % rule: the number of women it says is enough, and one fewer is not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from libs.events.testing import given as after
from libs.values.errors import Invalid
from services.training.domain.course import CourseOpened, HeadsCounted, Seat, SeatsTaken, course
from services.training.domain.course_state import HeadsTyped
from services.training.domain.heads import TypeHeads
from services.training.domain.share import Share
from services.training.policies import SHARE, organiser_kind
from tests.unit.training.samples import COURSE, FACTS
from tests.unit.training.test_course import seat

HEADS = some.integers(0, 500)
DUE = some.integers(1, 99)


@given(HEADS, HEADS, DUE)
def test_so_many_more_women_beside_those_who_take_part_are_enough_and_one_fewer_is_not(
    registered: int, others: int, due: int
) -> None:
    share = Share(registered, registered + others, due)
    enough = Share(registered + share.more, registered + others + share.more, due)
    assert enough.reached
    if share.more:
        fewer = share.more - 1
        assert not Share(registered + fewer, registered + others + fewer, due).reached


@given(HEADS, HEADS, some.integers(1, 1000), DUE)
def test_before_a_course_begins_they_are_among_its_seats(registered: int, others: int, seats: int, due: int) -> None:
    share = Share(registered, registered + others, due, seats)
    whole = max(seats, registered + others)
    assert (registered + share.more) * 100 >= due * whole
    if share.more:
        assert (registered + share.more - 1) * 100 < due * whole


@given(HEADS, HEADS, DUE)
def test_the_percent_is_shown_as_due_only_when_it_is_reached(registered: int, others: int, due: int) -> None:
    share = Share(registered, registered + others, due)
    assert share.percent is None or (share.percent >= due) == share.reached


def test_of_nobody_nothing_is_due() -> None:
    share = Share(0, 0, 40)
    assert (share.percent, share.reached, share.more) == (None, True, 0)


def test_a_planned_class_of_thirty_wants_twelve_and_a_held_one_of_47_has_enough_with_38() -> None:
    assert Share(0, 0, 40, 30).more == 12
    assert Share(10, 30, 40).more == 4  # 14 of 34
    assert Share(38, 47, 40).reached


def test_the_rule_holds_since_the_opinion_of_december_2015() -> None:
    edition = SHARE.on(date(2017, 5, 8))
    assert (edition.value.percent, "巾帼脱贫" in edition.source) == (40, True)
    assert not any(each.holds_on(date(2015, 11, 30)) for each in SHARE.editions)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("雷山县妇女联合会", "federation"), ("县妇联", "federation"), ("雷山县人力资源和社会保障局", "government"),
     ("县扶贫办", "government"), ("丹江镇人民政府", "government"), ("凯里市阳光职业培训学校", "other"), ("", "other")],
)  # fmt: skip
def test_an_organiser_is_known_by_the_words_of_its_name(name: str, kind: str) -> None:
    assert organiser_kind(name) == kind


OPENED = CourseOpened(COURSE, FACTS)
MAN = Seat(seat(2).seat_id, woman=False)
SITTING = (OPENED, SeatsTaken(COURSE, (seat(1), MAN)), HeadsCounted(COURSE, 2, 1, 1))


def test_heads_are_typed_where_no_roster_names_all_and_never_make_a_registered_woman() -> None:
    typed = HeadsTyped(COURSE, 30, 25)
    after(course, *SITTING).when(TypeHeads(COURSE, 30, 25)).then(typed, HeadsCounted(COURSE, 30, 25, 1))
    after(course, *SITTING, typed).when(TypeHeads(COURSE, 30, 25)).then_nothing()


@pytest.mark.parametrize(
    ("participants", "women", "field"), [(1, 1, "participants"), (30, 0, "women"), (30, 30, "women")]
)
def test_typed_heads_hold_everybody_who_is_known(participants: int, women: int, field: str) -> None:
    refused = after(course, *SITTING).when(TypeHeads(COURSE, participants, women)).refusal
    assert isinstance(refused, Invalid)
    assert (refused.code, refused.field, refused.value) == (
        "training.bad_headcount", field, str(participants if field == "participants" else women)
    )  # fmt: skip
