"""Reach per unit: the share of registered women on at least one list, and 人次 apart."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.values.division import Division
from libs.values.period import Period
from services.outreach.api.parts import TheParts
from services.outreach.api.schemas import CODE, ReachOut, ReachRow, Topic
from services.outreach.projections.reach import FIGURES, Asked

router = APIRouter(prefix="/v1/reach", tags=["reach"])


class ReachQuery(BaseModel):
    """Of which unit, period and topic; `period` is a year, a quarter or a month: 2017, 2017-Q3, 2017-07."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    division: str | None = Field(None, pattern=CODE, description="12-digit code; without it the caller's own unit")
    period: str = Field(max_length=10, description="2017, 2017-Q3 or 2017-07", examples=["2017"])
    topic: Topic | None = Field(None, description="without it all topics together: a woman counts once")


@router.get("")
async def read_reach(
    principal: Annotated[Principal, requires("outreach:reach")],
    parts: TheParts,
    asked: Annotated[ReachQuery, Query()],
) -> ReachOut:
    """A row for each unit below, one for what was held for the unit itself, and the whole; 422 `period.bad_form`."""
    division = Division(asked.division) if asked.division else principal.division
    covers_or_404(principal, division, "division")
    period = Period.parse(asked.period)
    found = await parts.reach.report(Asked(division, period.first, period.last, asked.topic))
    names = await parts.units.named([division.code, *(row.division for row in found)])
    rows = [
        ReachRow(
            division=row.division,
            name=names.get(row.division, row.division),
            **{figure: row.of(figure) for figure in FIGURES},
        )
        for row in found
    ]
    whole = ReachRow(
        division=division.code,
        name=names.get(division.code, division.code),
        **{figure: sum(row.of(figure) for row in found) for figure in FIGURES},
    )
    return ReachOut(
        division=division.code,
        topic=asked.topic,
        first_day=period.first,
        last_day=period.last,
        rows=rows,
        whole=whole,
    )
