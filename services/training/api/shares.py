"""The share of registered women in general training (普惠性培训), of a course, and of units and years."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.service.dependencies import Now
from libs.values.division import Division
from libs.values.rule_set import Dated
from libs.values.valid_date import local_date
from services.training.api.parts import TheParts
from services.training.api.schemas import ShareOut
from services.training.domain.share import Share, Stage
from services.training.policies import SHARE, ShareRule
from services.training.projections.courses import CourseRow

router = APIRouter(prefix="/v1/training-shares", tags=["courses"])


class ShareRow(BaseModel):
    """Courses of a unit that count, participants in them (人次), registered women of the caller's units in them."""

    unit: str
    courses: int
    participants: int
    registered_women: int
    due_percent: int
    percent: float | None
    reached: bool
    more: int


class SharesOut(BaseModel):
    """A year of a division: a row for each unit below it and for its own courses, and all of them together."""

    division: str
    year: int
    source: str
    rows: list[ShareRow]
    overall: ShareRow


@router.get("")
async def list_shares(
    principal: Annotated[Principal, requires("training:read")],
    parts: TheParts,
    now: Now,
    division: Annotated[str | None, Query(pattern="^[0-9]{12}$", examples=["522634000000"])] = None,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
) -> SharesOut:
    """The share of registered women over all general training of every organiser, by unit, in a year (this one).

    A course counts in the year of its first day, once somebody is known to take part; a cancelled one does not count.
    """
    asked = Division(division) if division else principal.division
    covers_or_404(principal, asked, "division")
    chosen = year or local_date(now()).year
    rule = _in_force(date(chosen, 12, 31))
    if rule is None:
        overall = _row(asked.code, 0, 0, 0, 0)
        return SharesOut(division=asked.code, year=chosen, source="", rows=[], overall=overall)
    due = rule.value.percent
    found = await parts.courses.shares(asked, chosen, rule.value.counts)
    rows = [_row(due=due, **row) for row in found]
    overall = _row(
        asked.code,
        sum(row.courses for row in rows),
        sum(row.participants for row in rows),
        sum(row.registered_women for row in rows),
        due,
    )
    return SharesOut(division=asked.code, year=chosen, source=rule.source, rows=rows, overall=overall)


def share_of(row: CourseRow, today: date) -> ShareOut | None:
    """Of a course that counts; None for one that does not, is cancelled, or of which nobody is known yet."""
    rule = _in_force(row.facts.first_day)
    if rule is None or row.cancelled_on is not None or row.organiser_kind not in rule.value.counts:
        return None
    stage = _stage(row, today)
    seats = row.capacity if stage == "planned" else None
    share = Share(row.registered_women, row.participants, rule.value.percent, seats)
    return ShareOut(stage=stage, **_said(share)) if share.whole else None


def _stage(row: CourseRow, today: date) -> Stage:
    if today < row.facts.first_day:
        return "planned"
    return "held" if row.finished or today > row.facts.last_day else "begun"


def _in_force(day: date) -> Dated[ShareRule] | None:
    return next((edition for edition in SHARE.editions if edition.holds_on(day)), None)


def _row(unit: str, courses: int, participants: int, registered_women: int, due: int) -> ShareRow:
    share = Share(registered_women, participants, due)
    counts = {"courses": courses, "participants": participants, "registered_women": registered_women}
    return ShareRow(unit=unit, **counts, **_said(share))


def _said(share: Share) -> dict[str, Any]:
    return {"due_percent": share.due, "percent": share.percent, "reached": share.reached, "more": share.more}
