"""One golden file per event type and version, kept for ever: old logs and old subscribers must stay readable."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from libs.events.testing import golden
from services.outreach.domain import activity
from services.outreach.domain.codec import codec
from services.outreach.domain.figures import Awareness, Counts, Facts
from services.outreach.publishing import publish

GOLDEN = Path(__file__).parent / "golden"
ID, HER = UUID(int=1), UUID(int=2)
FACTS = Facts(
    "522634000000", "522634100000", "policy", "巾帼脱贫政策宣讲", "院坝会", date(2017, 7, 3), date(2017, 7, 4),
    "西门村", "雷山县妇女联合会",
)  # fmt: skip
EVENTS: dict[str, Any] = {
    "activity-planned": activity.ActivityPlanned(ID, FACTS),
    "activity-held": activity.ActivityHeld(ID, FACTS),
    "activity-reported": activity.ActivityReported(ID, FACTS, Counts(1, 244, 168, 95, 366)),
    "activity-cancelled": activity.ActivityCancelled(ID, FACTS, "mistake"),
    "women-named": activity.WomenNamed(ID, FACTS, (activity.Named(HER, "522634100200", 1),)),
    "women-struck": activity.WomenStruck(ID, FACTS, (HER,)),
    "awareness-asked": activity.AwarenessAsked(ID, FACTS, "before", Awareness(30, 12)),
}


def test_every_event_is_written_and_read_as_its_golden_file_says() -> None:
    assert golden.problems(codec(), GOLDEN, EVENTS) == []


def test_what_is_published_equals_its_golden_file_and_nothing_else_is_published() -> None:
    assert golden.published_problems(publish, GOLDEN, EVENTS) == []
