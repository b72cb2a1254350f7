"""The lines behind a number and the event behind a line."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.access.principal import Principal, not_found
from libs.events.keyset import Listing
from libs.service.auditing import sensitive
from libs.service.dependencies import TheRuntime
from libs.service.in_loop import made
from libs.service.paging import Page
from libs.values.errors import Invalid
from services.reporting.api.dependencies import AsKnown, Reader, freshness, own_unit, reading
from services.reporting.api.schemas import FactOut, KnownPage, LineOut
from services.reporting.domain import timeline
from services.reporting.domain.mapping import BY_TYPE, KINDS
from services.reporting.projections import sight, stories
from services.reporting.projections.snapshot import Snapshot

router = APIRouter(prefix="/v1", tags=["lines"])


class LinesOf:
    """Which lines: those of a woman, or of one kind of measure in a unit."""

    def __init__(
        self,
        woman_id: Annotated[UUID | None, Query(description="all lines about a woman")] = None,
        division: Annotated[str | None, Query(description="or all lines of one kind done in a unit")] = None,
        measure: Annotated[str | None, Query(description="the kind, with `division`, e.g. training")] = None,
        as_known: AsKnown = None,
    ) -> None:
        """The query's parameters as they came."""
        self.woman_id, self.division, self.measure, self.as_known = woman_id, division, measure, as_known


@router.get("/lines", dependencies=[sensitive("lines.opened")])
async def read_lines(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    of: Annotated[LinesOf, made(LinesOf)],
) -> KnownPage[LineOut]:
    """Either `woman_id`, or `division` and `measure`: all pages sum to the report's cells of times, quantity, fen."""
    filters = vars(of)
    after = page.after(request, principal, filters)
    fresh = await freshness(runtime)
    async with reading(runtime, after[0] if after else of.as_known) as known:
        listing = await _lines(known, principal, of)
        rows = await listing.page((int(after[1]), int(after[2])) if after else None, page.limit + 1)
        count = await page.count(listing)
    found = page.answer(
        request, response, principal, filters, rows,
        key=lambda row: [known.at, row["recorded"], row["seq"]], count=count,
    )  # fmt: skip
    return KnownPage[LineOut].of(found, [LineOut.of(row) for row in found.items], known.at, fresh)


@router.get("/facts/{event_id}", dependencies=[sensitive("fact.opened")])
async def read_fact(principal: Reader, runtime: TheRuntime, event_id: UUID, as_known: AsKnown = None) -> FactOut:
    """A published event and the lines written on it. 404 unless it is about the caller's unit."""
    fresh = await freshness(runtime)
    async with reading(runtime, as_known) as known:
        fact = await stories.fact(known, event_id)
        if fact is None or not await sight.fact(known, principal.division, fact):
            raise not_found("event")
        lines = await stories.lines_of_event(known, fact)
    row, meta = BY_TYPE[fact["type"]], fact["meta"]
    return FactOut(
        **{name: fact[name] for name in ("event_id", "recorded", "source", "number", "type", "key", "at", "kept_at")},
        kind=row.word,
        valid=timeline.valid(row, fact["body"]) or meta.get("valid"),
        actor=meta["actor"],
        role=meta["role"],
        unit=meta["unit"],
        body=fact["body"],
        lines=[LineOut.of(line) for line in lines],
        freshness=fresh,
    )


async def _lines(known: Snapshot, principal: Principal, of: LinesOf) -> Listing:
    match (of.woman_id, of.division, of.measure):
        case (UUID() as woman_id, None, None):
            seen = await sight.woman(known, principal.division, woman_id)
            if seen is None:
                raise not_found("woman")
            return stories.lines_of_woman(known, seen.records)
        case (None, str() as division, str() as measure) if measure in KINDS:
            unit = await own_unit(known, principal, division)
            return stories.lines_of_unit(known, unit, measure)
        case _:
            raise _which()


def _which() -> Invalid:
    return Invalid(
        "reporting.lines_of_what",
        "请指明 woman_id，或 division 与 measure",
        field="woman_id",
        rule="the lines of one woman, or of one kind of measure in one unit",
        right=f"woman_id, or division and measure ({', '.join(KINDS)})",
    )
