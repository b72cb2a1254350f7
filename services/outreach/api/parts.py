"""What outreach's routes are handed: built once by main.py, found on the app."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from libs.access.principal import Principal
from libs.events.runtime import Runtime
from libs.register.units import Units
from libs.register.women import Women
from libs.values.division import Division
from libs.values.errors import NotFound
from services.outreach.domain.activity import Unknown, activity
from services.outreach.handlers.lists import Lists
from services.outreach.projections.activities import Activities
from services.outreach.projections.reach import Reach
from services.outreach.rosters.importing import ImportSheet


@dataclass(frozen=True, slots=True)
class Parts:
    """Handlers and queries over one open runtime."""

    runtime: Runtime
    activities: Activities
    lists: Lists
    women: Women
    reach: Reach
    units: Units
    sheet: ImportSheet

    async def own(self, principal: Principal, activity_id: UUID) -> None:
        """Raise NotFound unless the activity is one of the caller's units: what is above is not his to change."""
        state, _version = await self.runtime.commands.state(activity, activity_id)
        if isinstance(state, Unknown) or not principal.division.covers(Division(state.facts.unit)):
            raise not_found()


async def _parts(request: Request) -> Parts:
    parts = request.app.state.outreach
    assert isinstance(parts, Parts)
    return parts


TheParts = Annotated[Parts, Depends(_parts)]


def not_found() -> NotFound:
    """The one answer for what is not there and for what is another unit's."""
    return NotFound("outreach.activity_not_found", "没有这个活动，或它不属于您的单位")
