"""The balance of persons of a unit and a period: every number leads to the women and the events behind it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from libs.access.fastapi import public
from libs.service.dependencies import Now
from libs.values.division import Division
from libs.values.errors import NotFound
from libs.values.valid_date import local_date
from services.console import columns
from services.console.pages.match import AsKnown
from services.console.shell import TheVisitor, handed_on, link, next_page, page

router = APIRouter(prefix="/match/{code}/balance", dependencies=[public()])
REPORT = "reporting/v1/reports/balance"


@router.get("")
async def show_balance(
    request: Request, code: str, visitor: TheVisitor, now: Now, period: str = "", as_known: str = ""
) -> Response:
    """A unit's balance, one row for each unit below it; without a period that of this year."""
    visitor.own(code)
    known, asked = as_known or None, period.strip() or str(local_date(now()).year)
    report = await visitor.services.get(REPORT, division=code, period=asked, as_known=known)
    path = f"/match/{code}/balance"
    return page(
        request,
        "balance.html",
        report=report,
        trail=await visitor.places.trail(visitor.services, visitor.principal.division, code),
        groups=columns.BALANCE,
        village=Division(code).child_level is None,
        as_known=known,
        behind=lambda unit, column: link(
            f"/match/{unit}/balance/movements", period=asked, column=column, as_known=known
        ),
        down=lambda unit: link(f"/match/{unit}/balance", period=asked, as_known=known),
        csv=link(f"{path}/csv", period=asked, as_known=known),
    )


@router.get("/csv")
async def download_balance(code: str, visitor: TheVisitor, period: str, as_known: AsKnown = None) -> Response:
    """The same table for a spreadsheet."""
    file = await visitor.services.file(REPORT, division=code, period=period, format="csv", as_known=as_known)
    return handed_on(file)


@router.get("/movements")
async def list_movements(
    request: Request,
    code: str,
    visitor: TheVisitor,
    period: str,
    column: str,
    as_known: AsKnown = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """The women behind a number, by day; names of those who are no longer in the user's units are not shown."""
    if column not in columns.BALANCE_TITLES:
        raise NotFound("console.column", "报表没有这一栏。")
    visitor.own(code)
    asked = {"period": period, "column": column, "as_known": as_known, "limit": limit}
    found = await visitor.services.get(f"{REPORT}/movements", division=code, cursor=cursor, **asked)
    report = await visitor.services.get(REPORT, division=code, period=period, as_known=found["as_known"])
    items = found["items"]
    places = sorted({place for each in items for place in (each["came_from"], each["went_to"]) if place})
    return page(
        request,
        "movements.html",
        trail=await visitor.places.trail(visitor.services, visitor.principal.division, code),
        title=columns.BALANCE_TITLES[column],
        period=period,
        count=report["total"][column],
        items=items,
        names=await visitor.names_of(each["woman_id"] for each in items),
        places={place: (await visitor.places.find(visitor.services, place))["name"] for place in places},
        as_known=found["as_known"],
        asked=as_known,
        up=lambda unit: link(f"/match/{unit}/balance", period=period, as_known=as_known),
        more=next_page(f"/match/{code}/balance/movements", found["next"], **asked),
    )
