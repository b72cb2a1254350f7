"""The rules of an activity as sentences."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from libs.events.testing.given import given
from libs.values.errors import Conflict, Invalid, NotFound, Refused
from services.outreach.domain import activity as domain
from services.outreach.domain.activity import (
    ActivityCancelled,
    ActivityHeld,
    ActivityPlanned,
    ActivityReported,
    AskAwareness,
    AwarenessAsked,
    CancelActivity,
    HoldActivity,
    KeepList,
    Named,
    PlanActivity,
    ReportActivity,
    WomenNamed,
    WomenStruck,
    activity,
)
from services.outreach.domain.figures import Awareness, Counts, Facts

ID, HER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
DAY, LATER, TODAY = date(2017, 7, 3), date(2017, 7, 4), date(2017, 8, 1)
FACTS = Facts("522634000000", "522634100000", "policy", "政策宣讲", "院坝会", DAY, DAY)
COUNTS = Counts(1, 244, 168, 95, 366)
PLANNED, HELD = ActivityPlanned(ID, FACTS), ActivityHeld(ID, FACTS)
REPORTED = ActivityReported(ID, FACTS, COUNTS)
HOLD = HoldActivity(ID, DAY, DAY, TODAY)
REPORT = ReportActivity(ID, COUNTS, TODAY)
NAMED = Named(HER, "522634100200")
LISTED = WomenNamed(ID, FACTS, (NAMED,))


def test_an_activity_is_planned_held_and_reported() -> None:
    given(activity).when(PlanActivity(ID, FACTS)).then(PLANNED)
    given(activity, PLANNED).when(HOLD).then(HELD)
    given(activity, PLANNED, HELD).when(REPORT).then(REPORTED)


def test_saying_the_same_again_changes_nothing() -> None:
    given(activity, PLANNED).when(PlanActivity(ID, FACTS)).then_nothing()
    given(activity, PLANNED, HELD).when(HOLD).then_nothing()
    given(activity, PLANNED, HELD, REPORTED).when(REPORT).then_nothing()
    given(activity, REPORTED).when(ReportActivity(ID, COUNTS, TODAY, FACTS)).then_nothing()


def test_a_plan_changes_until_the_activity_is_held() -> None:
    moved = replace(FACTS, first_day=LATER, last_day=LATER)
    given(activity, PLANNED).when(PlanActivity(ID, moved)).then(ActivityPlanned(ID, moved))
    given(activity, PLANNED, HELD).when(PlanActivity(ID, moved)).then_refused(Conflict, "outreach.already_held")


def test_nothing_is_reported_before_it_was_held_and_nothing_is_held_before_its_day() -> None:
    given(activity, PLANNED).when(REPORT).then_refused(Refused, "outreach.not_held")
    given(activity).when(REPORT).then_refused(NotFound, "outreach.activity_not_found")
    given(activity, PLANNED).when(replace(HOLD, today=date(2017, 7, 2))).then_refused(Invalid, "in_the_future")
    given(activity, PLANNED).when(replace(HOLD, last_day=date(2017, 7, 2))).then_refused(Invalid, "bad_period")


@pytest.mark.parametrize(
    ("counts", "field"),
    [
        (replace(COUNTS, women=245), "women"),
        (replace(COUNTS, registered=169), "registered"),
        (replace(COUNTS, sessions=0), "sessions"),
        (replace(COUNTS, sessions=245), "sessions"),
        (replace(COUNTS, materials=-1), "materials"),
        (replace(COUNTS, attendances=1_000_001), "attendances"),
    ],
)
def test_a_part_is_never_more_than_its_whole(counts: Counts, field: str) -> None:
    refused = given(activity, HELD).when(replace(REPORT, counts=counts))
    refused.then_refused(Invalid, "outreach.bad_count")
    assert refused.refusal is not None
    assert refused.refusal.field == field


def test_a_report_is_corrected_by_another() -> None:
    other = replace(COUNTS, women=100, registered=50)
    given(activity, HELD, REPORTED).when(replace(REPORT, counts=other)).then(ActivityReported(ID, FACTS, other))
    given(activity, HELD, REPORTED).when(HOLD).then_nothing()
    late = replace(HOLD, first_day=LATER, last_day=LATER)
    given(activity, HELD, REPORTED).when(late).then_refused(Conflict, "outreach.already_reported")


def test_a_list_is_kept_of_who_came_and_only_what_is_new_is_said() -> None:
    add = KeepList(ID, (NAMED, NAMED))
    given(activity, HELD).when(add).then(LISTED)
    given(activity, HELD, LISTED).when(add).then_nothing()
    given(activity, HELD, LISTED).when(KeepList(ID, strike=(HER, OTHER))).then(WomenStruck(ID, FACTS, (HER,)))
    given(activity, PLANNED).when(add).then_refused(Refused, "outreach.not_held")


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "MOST_NAMED", 1)
    add = KeepList(ID, (Named(OTHER, "522634100200"),))
    given(activity, HELD, LISTED).when(add).then_refused(Refused, "outreach.list_full")
    given(activity, HELD, LISTED).when(replace(add, strike=(HER,))).then(
        WomenStruck(ID, FACTS, (HER,)), WomenNamed(ID, FACTS, add.add)
    )


def test_corrected_days_are_said_of_each_woman_on_the_list() -> None:
    moved = replace(FACTS, first_day=LATER, last_day=LATER)
    hold = replace(HOLD, first_day=LATER, last_day=LATER)
    given(activity, HELD, LISTED).when(hold).then(ActivityHeld(ID, moved), WomenNamed(ID, moved, (NAMED,)))
    report = ReportActivity(ID, COUNTS, TODAY, moved)
    given(activity, HELD, LISTED).when(report).then(
        ActivityReported(ID, moved, COUNTS), WomenNamed(ID, moved, (NAMED,))
    )


def test_a_cancelled_activity_reaches_nobody_and_changes_no_more() -> None:
    mistake = CancelActivity(ID, "mistake")
    cancelled = ActivityCancelled(ID, FACTS, "mistake")
    given(activity, HELD, LISTED).when(mistake).then(WomenStruck(ID, FACTS, (HER,)), cancelled)
    given(activity, PLANNED, cancelled).when(mistake).then_nothing()
    given(activity, PLANNED, cancelled).when(HOLD).then_refused(Conflict, "outreach.cancelled")
    given(activity, PLANNED).when(CancelActivity(ID, "called_off")).then(ActivityCancelled(ID, FACTS, "called_off"))
    given(activity, HELD).when(CancelActivity(ID, "called_off")).then_refused(Refused, "outreach.took_place")


def test_a_sheet_that_names_a_cancelled_activity_counts_it_again() -> None:
    cancelled = ActivityCancelled(ID, FACTS, "mistake")
    given(activity, REPORTED, cancelled).when(ReportActivity(ID, COUNTS, TODAY, FACTS)).then(REPORTED)


def test_awareness_is_asked_before_and_after_and_no_more_know_than_were_asked() -> None:
    before = AskAwareness(ID, "before", Awareness(30, 12))
    said = AwarenessAsked(ID, FACTS, "before", Awareness(30, 12))
    given(activity, PLANNED).when(before).then(said)
    given(activity, PLANNED, said).when(before).then_nothing()
    given(activity, PLANNED, said).when(replace(before, when="after")).then(replace(said, when="after"))
    given(activity, PLANNED).when(replace(before, said=Awareness(30, 31))).then_refused(Invalid, "bad_count")
    given(activity, PLANNED).when(replace(before, said=Awareness(0, 0))).then_refused(Invalid, "bad_count")
