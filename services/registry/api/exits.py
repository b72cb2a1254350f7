"""Exits by household as they stand: lists, one with its history, the public notice, the differences with the office."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.access.fastapi import requires
from libs.access.masking import NOTICE
from libs.access.principal import Principal, covers_or_404, not_found
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.types import Record
from libs.service.asking import Asks
from libs.service.auditing import sensitive
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import Page, PageOf
from libs.service.past import texts_of
from libs.service.writes import etag
from libs.values.division import Division
from libs.values.errors import NotFound
from libs.values.valid_date import local_date
from services.registry.api import exit_schemas as s
from services.registry.domain.exits.state import ALLOWED
from services.registry.handlers import exit_notice
from services.registry.handlers.exits import Exits
from services.registry.projections import divisions, exits

router = APIRouter(prefix="/v1", tags=["exits"])
Reader = Annotated[Principal, requires("exits:read")]
Code = Annotated[str | None, Query(pattern=r"^[0-9]{12}$", description="the caller's unit or one inside it")]
_DATES: Final = ("on", "valid", "first")


@router.get("/exits")
async def list_exits(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    asked: Annotated[s.ExitQuery, Query()],
) -> PageOf[s.ExitOut]:
    """Processes of the caller's units, by division and id."""
    unit = Division(asked.division) if asked.division else principal.division
    covers_or_404(principal, unit, "division")
    filters = {**asked.model_dump(mode="json"), "division": unit.code}
    key = page.after(request, principal, filters)
    listing = exits.listed(
        runtime.pool,
        unit.range(),
        step=asked.step,
        running=asked.running,
        due_before=asked.due_before,
        household_id=asked.household_id,
    )
    rows = await listing.page((str(key[0]), UUID(key[1])) if key else None, page.limit + 1)
    shown = await _shown(runtime, rows)
    return page.answer(
        request, response, principal, filters, shown,
        key=lambda row: [row.division, str(row.process_id)], count=await page.count(listing),
    )  # fmt: skip


@router.get("/exits/{process_id}", dependencies=[sensitive("exit.opened")])
async def read_exit(
    request: Request,
    process_id: UUID,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    asking: Asks,
) -> s.ExitDetail:
    """One process with its history; reasons and objections only in clear, with a reason that is kept."""
    asking.masks(principal)
    row = await exits.one(runtime.pool, process_id, principal.division.range())
    if row is None:
        raise not_found("exit")
    handler: Exits = request.app.state.exits
    recorded = (await handler.history(process_id, principal.division.range()))[: row["version"]]
    texts = await texts_of(runtime, recorded) if asking.clear else {}
    shown = (await _shown(runtime, [row]))[0]
    response.headers["ETag"] = etag(row["version"])
    response.headers["Cache-Control"] = "no-store"
    return s.ExitDetail(**dict(shown), timeline=[_told(each, texts.get(each.version, {})) for each in recorded])


@router.get("/exits/{process_id}/notice")
async def read_notice(process_id: UUID, principal: Reader, runtime: TheRuntime) -> s.NoticeOut:
    """The public notice: head (masked), village, persons and days, and nothing else. 404 before there is one."""
    row = await exits.one(runtime.pool, process_id, principal.division.range())
    if row is None:
        raise not_found("exit")
    if row["notice_first"] is None:
        raise NotFound("exits.no_notice", "公示还没有开始", rule="公示期起止定下后才能打印", right="先开始公示")
    name = await exit_notice.head_of(runtime.pool, runtime.vault, row["household_id"])
    return s.NoticeOut(
        process_id=process_id,
        division=row["division"],
        places=await exit_notice.places_of(runtime.pool, Division(row["division"])),
        head=NOTICE["name"](name) if name else None,
        persons=row["persons"],
        notice_first=row["notice_first"],
        notice_until=row["notice_until"],
    )


@router.get("/exit-differences")
async def list_differences(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    state: Annotated[s.DifferenceState | None, Query(description="open, settled by a person, or agreed again")] = None,
) -> PageOf[s.DifferenceOut]:
    """Where a process and the poverty office say otherwise (与扶贫办不一致): both sides with dates and sources."""
    filters = {"state": state}
    key = page.after(request, principal, filters)
    listing = exits.differences(runtime.pool, principal.division.range(), state)
    rows = await listing.page((str(key[0]), UUID(key[1])) if key else None, page.limit + 1)
    names = await divisions.names(runtime.pool, [row["division"] for row in rows])
    shown = [s.DifferenceOut(**row, division_name=names.get(row["division"], "")) for row in rows]
    return page.answer(
        request, response, principal, filters, shown,
        key=lambda row: [row.division, str(row.process_id)], count=await page.count(listing),
    )  # fmt: skip


@router.get("/exit-spot-checks")
async def read_spot_checks(
    request: Request,
    principal: Reader,
    runtime: TheRuntime,
    now: Now,
    division: Code = None,
    year: Annotated[int | None, Query(ge=2011, le=2100)] = None,
) -> s.SpotChecksOut:
    """Whether enough households were looked at on the spot: township and county each have their share (抽查)."""
    unit = Division(division) if division else principal.division
    covers_or_404(principal, unit, "division")
    chosen = year or local_date(now()).year
    first, last = date(chosen, 1, 1), date(chosen, 12, 31)
    found = await exits.checked(runtime.pool, unit.range(), first, last)
    handler: Exits = request.app.state.exits
    township, county = handler.shares(unit.code, last)
    return s.SpotChecksOut(
        division=unit.code,
        division_name=(await divisions.names(runtime.pool, [unit.code])).get(unit.code, ""),
        year=chosen,
        confirmed=found["confirmed"],
        township_visited=found["township"],
        township_least=_least(found["confirmed"], township),
        county_visited=found["county"],
        county_least=_least(found["confirmed"], county),
    )


async def _shown(runtime: Runtime, rows: list[Record]) -> list[s.ExitOut]:
    names = await divisions.names(runtime.pool, [row["division"] for row in rows])
    return [
        s.ExitOut(**row, division_name=names.get(row["division"], ""), next_steps=list(ALLOWED[row["step"]]))
        for row in rows
    ]


def _told(recorded: Recorded[Any], texts: dict[str, str | None]) -> s.HistoryOut:
    event, meta = recorded.event, recorded.meta
    on = next((str(getattr(event, name)) for name in _DATES if hasattr(event, name)), None)
    hidden: dict[str, str | None] = dict.fromkeys(getattr(event, "personal", {}))
    return s.HistoryOut(
        number=recorded.version,
        kind=recorded.type,
        on=on,
        at=recorded.recorded_at,
        actor=meta.actor,
        role=meta.role,
        unit=meta.unit,
        objection_id=getattr(event, "objection_id", None),
        says=hidden | texts,
    )


def _least(confirmed: int, share: int) -> int:
    """At least so many percent of the households, rounded up."""
    return -(-confirmed * share // 100)
