"""What every route of reporting asks for: a reader with a division, one snapshot, how fresh it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any, TypeAlias

from fastapi import Query

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404, not_found
from libs.events.pool import database
from libs.events.service import Consumer
from libs.service.query import LARGEST
from libs.values.division import Division
from services.reporting.projections import units
from services.reporting.projections.snapshot import Snapshot, snapshot

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
Reader: TypeAlias = Annotated[Principal, requires("reporting:read")]
AsKnown: TypeAlias = Annotated[
    int | None, Query(ge=0, le=LARGEST, description="recorded number up to which facts count")
]
AgesOn: TypeAlias = Annotated[
    date | None, Query(ge=EARLIEST, le=LATEST, description="day of the ages; each woman's register without it")
]
Unit: TypeAlias = Annotated[str, Query(description="12-digit code of a unit inside the caller's", min_length=12)]
Freshness: TypeAlias = dict[str, dict[str, Any]]


class At:
    """As known at which recorded number, and the day on which ages count."""

    def __init__(self, as_known: AsKnown = None, on: AgesOn = None) -> None:
        """The query's parameters as they came."""
        self.as_known, self.on = as_known, on

    @property
    def told(self) -> dict[str, int | str | None]:
        """As a cursor keeps them."""
        return {"as_known": self.as_known, "on": self.on.isoformat() if self.on else None}


@asynccontextmanager
async def reading(runtime: Any, as_known: int | None = None) -> AsyncIterator[Snapshot]:
    """All reads of a request in one snapshot; 422 for a number not recorded yet, 503 when the database is away."""
    with database():
        async with snapshot(runtime.pool, as_known) as known:
            yield known


async def own_unit(known: Snapshot, principal: Principal, code: str) -> Division:
    """The unit if it exists and lies inside the caller's; else the one 404."""
    division = Division(code)
    covers_or_404(principal, division, "division")
    if not await units.exists(known.tx, division):
        raise not_found("division")
    return division


async def freshness(runtime: Any) -> Freshness:
    """Per publisher the number read and its time; asked for before the snapshot, so never better than the figures."""
    with database():
        found: Freshness = await runtime.freshness()
        return found


async def reached(runtime: Any, consumer: Consumer, number: int, wait: float) -> bool:
    """Whether a publisher has been read up to `number`, waiting so many seconds for it."""
    with database():
        return bool(await runtime.wait_consumed(consumer.name, number, wait))
