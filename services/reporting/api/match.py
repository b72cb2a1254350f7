"""The match report and the women behind each of its numbers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from libs.events.types import Record
from libs.service.auditing import mark, sensitive
from libs.service.dependencies import TheRuntime
from libs.service.in_loop import made
from libs.service.paging import Page
from libs.values.errors import Invalid
from services.reporting.api import sheet
from services.reporting.api.dependencies import At, Reader, Unit, freshness, own_unit, reading
from services.reporting.api.schemas import HouseholdBehind, KnownPage, MatchOut, WomanBehind, match_out
from services.reporting.domain.report import HOUSEHOLDS
from services.reporting.projections import cells
from services.reporting.projections.match import match_report
from services.reporting.projections.snapshot import Snapshot

_CSV = {"schema": {"type": "string"}, "example": "division,name,households\r\n522634000000,雷山县,941\r\n"}
router = APIRouter(prefix="/v1/reports/match", tags=["match"])


@router.get("", response_model=MatchOut, responses={200: {"content": {"text/csv": _CSV}}})
async def read_match(
    request: Request,
    principal: Reader,
    runtime: TheRuntime,
    division: Unit,
    at: Annotated[At, made(At)],
    form: Annotated[Literal["json", "csv"] | None, Query(alias="format", description="csv for a spreadsheet")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Any:
    """One row per unit below `division` (a village answers with itself) and the total. 404 outside the caller's unit.

    Women count where they are registered as known at `as_known`; attendances and days where they were at the time.
    Ages count as of `on` (a girl turns 16 without any event), without it as of the register that last named a woman.
    """
    fresh = await freshness(runtime)
    async with reading(runtime, at.as_known) as known:
        report = await match_report(known.tx, await own_unit(known, principal, division), known.at, at.on)
    if form == "csv" or (form is None and "text/csv" in accept):
        mark(request, "report.exported", division=division)
        disposition = f'attachment; filename="{sheet.file_name(report)}"'
        return Response(sheet.to_csv(report), media_type=sheet.MEDIA_TYPE, headers={"Content-Disposition": disposition})
    return match_out(report, fresh)


@router.get("/women", dependencies=[sensitive("women.opened")])
async def read_women_behind(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    division: Unit,
    column: Annotated[str, Query(description="a column of the report, or a kind of measure", examples=["not_exited"])],
    at: Annotated[At, made(At)],
) -> KnownPage[WomanBehind] | KnownPage[HouseholdBehind]:
    """The women behind a number (households of `households`): over all pages as many as the number says."""
    filters = {"division": division, "column": _column(column), **at.told}
    after = page.after(request, principal, filters)
    fresh = await freshness(runtime)
    async with reading(runtime, after[0] if after else at.as_known) as known:
        listing = cells.behind(known, await own_unit(known, principal, division), column, at.on)
        rows = await listing.page((str(after[1]), UUID(after[2])) if after else None, page.limit + 1)
        count = await page.count(listing)
    found = page.answer(request, response, principal, filters, rows, key=lambda row: _key(known, row), count=count)
    if column == HOUSEHOLDS:
        households = [HouseholdBehind.model_validate(dict(row)) for row in found.items]
        return KnownPage[HouseholdBehind].of(found, households, known.at, fresh)
    women = [WomanBehind.model_validate(dict(row)) for row in found.items]
    return KnownPage[WomanBehind].of(found, women, known.at, fresh)


def _key(known: Snapshot, row: Record) -> list[Any]:
    return [known.at, row["division"], str(row.get("woman_id") or row["household_id"])]


def _column(column: str) -> str:
    if column not in cells.COLUMNS:
        raise Invalid(
            "reporting.unknown_column",
            f"报表没有“{column[:40]}”这一栏",
            field="column",
            value=column[:40],
            rule="a column of the match report or a kind of measure",
            right=", ".join(cells.COLUMNS),
        )
    return column
