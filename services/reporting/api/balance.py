"""The balance of persons of a unit and a period, and the women and events behind each of its numbers."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from libs.events.types import Record
from libs.service.auditing import mark, sensitive
from libs.service.dependencies import TheRuntime
from libs.service.in_loop import made
from libs.service.paging import Page
from libs.values.errors import Invalid
from libs.values.period import Period
from services.reporting.api import sheet
from services.reporting.api.balance_schemas import BalanceOut, MovementOut, balance_out
from services.reporting.api.dependencies import AsKnown, Reader, Unit, freshness, own_unit, reading
from services.reporting.api.schemas import KnownPage
from services.reporting.domain.balance import COLUMNS
from services.reporting.projections.balance import balance, behind
from services.reporting.projections.snapshot import Snapshot

_CSV = {"schema": {"type": "string"}, "example": "division,name,opening\r\n522634000000,雷山县,941\r\n"}
router = APIRouter(prefix="/v1/reports/balance", tags=["balance"])


class Asked:
    """Which unit, which period, as known at which number."""

    def __init__(
        self,
        division: Unit,
        period: Annotated[str, Query(description="2017, 2017-Q2 or 2017-05", max_length=20, examples=["2017"])],
        as_known: AsKnown = None,
    ) -> None:
        """The query's parameters as they came."""
        self.division, self.period, self.as_known = division, Period.parse(period), as_known

    @property
    def told(self) -> dict[str, Any]:
        """As a cursor keeps them."""
        return {"division": self.division, "period": self.period.text, "as_known": self.as_known}


@router.get("", response_model=BalanceOut, responses={200: {"content": {"text/csv": _CSV}}})
async def read_balance(
    request: Request,
    principal: Reader,
    runtime: TheRuntime,
    asked: Annotated[Asked, made(Asked)],
    form: Annotated[Literal["json", "csv"] | None, Query(alias="format", description="csv for a spreadsheet")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Any:
    """One row per unit below `division` (a village answers with itself) and the unit's own. 404 outside the caller's.

    By the day on which things happened, as known at `as_known`; a date known as an interval counts on its last day.
    Rows add up to the unit's own in opening and closing; moves between two rows stand in both and not in the unit's.
    """
    fresh = await freshness(runtime)
    async with reading(runtime, asked.as_known) as known:
        unit = await own_unit(known, principal, asked.division)
        report = await balance(known.tx, unit, asked.period, known.at)
    if form == "csv" or (form is None and "text/csv" in accept):
        mark(request, "report.exported", division=asked.division)
        disposition = f'attachment; filename="{sheet.balance_file(report)}"'
        headers = {"Content-Disposition": disposition}
        return Response(sheet.balance_csv(report), media_type=sheet.MEDIA_TYPE, headers=headers)
    return balance_out(report, fresh)


@router.get("/movements", dependencies=[sensitive("women.opened")])
async def read_movements(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    asked: Annotated[Asked, made(Asked)],
    column: Annotated[str, Query(description="a column of the balance", examples=["closing"])],
) -> KnownPage[MovementOut]:
    """The movements behind a number, by day: over all pages as many as it says, each with the event that told it.

    Of `opening` and `closing` each woman's coming to where she is. Codes of units outside the caller's are null.
    """
    filters = {**asked.told, "column": _column(column)}
    after = page.after(request, principal, filters)
    fresh = await freshness(runtime)
    async with reading(runtime, after[0] if after else asked.as_known) as known:
        unit = await own_unit(known, principal, asked.division)
        listing = behind(known, unit, asked.period, column, principal.division)
        key = (date.fromisoformat(after[1]), UUID(after[2]), int(after[3])) if after else None
        rows = await listing.page(key, page.limit + 1)
        count = await page.count(listing)
    found = page.answer(request, response, principal, filters, rows, key=lambda row: _key(known, row), count=count)
    items = [MovementOut.model_validate(dict(row)) for row in found.items]
    return KnownPage[MovementOut].of(found, items, known.at, fresh)


def _key(known: Snapshot, row: Record) -> list[Any]:
    return [known.at, row["day"].isoformat(), str(row["woman_id"]), row["seq"]]


def _column(column: str) -> str:
    if column not in COLUMNS:
        raise Invalid(
            "reporting.unknown_column",
            f"报表没有“{column[:40]}”这一栏",
            field="column",
            value=column[:40],
            rule="a column of the balance of persons",
            right=", ".join(COLUMNS),
        )
    return column
