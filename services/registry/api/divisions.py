"""Divisions in time: names, parents, children and histories for everybody signed in; the list from a csv file."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, not_found
from libs.service.dependencies import Now, TheJobs, TheRuntime
from libs.service.jobs import Run
from libs.service.jobs_api import JobOut, accepted_with_file
from libs.service.paging import Page, PageOf
from libs.service.traits import reads, takes_file
from libs.service.uploads import receive_file
from libs.service.writes import meta_of
from libs.values.valid_date import ValidDate, local_date
from services.registry.api.division_schemas import (
    DivisionList,
    DivisionOut,
    HistoryOut,
    LinkOut,
    ResolveDivisionsIn,
    ResolvedList,
    ResolvedOut,
    VersionOut,
)
from services.registry.domain.division_units import successors
from services.registry.handlers import dividing, lineage, listing
from services.registry.projections import divisions

router = APIRouter(prefix="/v1/divisions", tags=["divisions"])
Code = Annotated[str, Path(pattern=r"^[0-9]{12}$", description="12-digit code")]
On = Annotated[date | None, Query(description="as of this day; today without it")]
Reader = Annotated[Principal, requires("registry:divisions.read")]
FILE_LIMIT = 100 * 1024 * 1024


@router.post("/imports", status_code=202, response_model=JobOut, dependencies=[takes_file()])
async def import_divisions(
    request: Request,
    principal: Annotated[Principal, requires("divisions:write")],
    runtime: TheRuntime,
    jobs: TheJobs,
    filename: Annotated[str, Query(max_length=200)] = "divisions.csv",
    edition: Annotated[str, Query(max_length=40, description="its date, e.g. 2016-07 or 2017")] = "",
) -> Response:
    """Take in a list of divisions: csv with code,name,level,parent_code,urban_rural, or a level a file.

    The same list again says nothing new. An edition with a date is compared with the dated one before it: what differs
    is told by `GET …/unexplained`.
    """
    uploaded = await receive_file(request, FILE_LIMIT, filename=filename)
    order = dividing.Order(uploaded.path, uploaded.filename, edition, principal.division, meta_of(request, principal))

    async def work(run: Run) -> dict[str, Any]:
        return await dividing.run(runtime, order, run.progress)

    told = {"edition": edition}
    return await accepted_with_file(
        request, principal, jobs, uploaded, work, kind="divisions", scope="divisions:write", params=told
    )


@router.get("")
async def search_divisions(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    q: Annotated[str, Query(min_length=1, max_length=40, description="how a name or code begins", examples=["西江"])],
) -> PageOf[VersionOut]:
    """Divisions whose name or code begins so, of every time, by code and day."""
    filters = {"q": q}
    key = page.after(request, principal, filters)
    found = divisions.searched(runtime.pool, q.strip())
    rows = await found.page((key[0], date.fromisoformat(key[1])) if key else None, page.limit + 1)
    return page.answer(
        request, response, principal, filters, [VersionOut.of(divisions.version_of(row)) for row in rows],
        key=lambda row: [row.code, str(row.valid_from or date.min)], count=await page.count(found),
    )  # fmt: skip


@router.post("/resolve", dependencies=[reads()])
async def resolve_divisions(
    body: ResolveDivisionsIn, _principal: Reader, runtime: TheRuntime, now: Now
) -> ResolvedList:
    """Codes of any year: each unit then and what lives of it now; several after a split, none after an abolition."""
    today = local_date(now())
    asked = [
        lineage.Asked(listing.full(each.code), ValidDate.parse(each.on).last if each.on else today)
        for each in body.codes
    ]
    return ResolvedList(items=[_resolved(found) for found in await lineage.resolve(runtime.pool, asked)])


@router.get("/{code}")
async def read_division(code: Code, _principal: Reader, runtime: TheRuntime, now: Now, on: On = None) -> DivisionOut:
    """One division on a day, or today as it is or was last; names of divisions are public facts.

    404 when no list or change names it on that day.
    """
    versions = await divisions.one(runtime.pool, code)
    day = on or local_date(now())
    found = next((each for each in versions if each.on(day)), versions[-1] if versions and on is None else None)
    if found is None:
        raise not_found("division")
    return DivisionOut.of(found)


@router.get("/{code}/history")
async def read_history(code: Code, _principal: Reader, runtime: TheRuntime) -> HistoryOut:
    """Everything the code ever named: names, parents and days, what it came from, what it became."""
    units = await divisions.onwards(runtime.pool, [code])
    versions = units.versions.get(code, [])
    if not versions:
        raise not_found("division")
    living = {each.code: each for version in versions for each in successors(units, version)}
    return HistoryOut(
        code=code,
        versions=[VersionOut.of(version) for version in versions],
        came_from=[LinkOut.of(link) for link in await divisions.came_from(runtime.pool, code)],
        became=[LinkOut.of(link) for link in sorted(units.links) if link.old == code],
        successors=[DivisionOut.of(living[each]) for each in sorted(living)],
        undecided=code in units.undecided,
    )


@router.get("/{code}/children")
async def read_children(code: Code, _principal: Reader, runtime: TheRuntime, now: Now, on: On = None) -> DivisionList:
    """The units one level down on a day."""
    found = await divisions.children(runtime.pool, code, on or local_date(now()))
    return DivisionList(items=[DivisionOut.of(version) for version in found])


def _resolved(found: lineage.Lineage) -> ResolvedOut:
    then = DivisionOut.of(found.then) if found.then else None
    if then is None and found.name:
        then = DivisionOut(
            code=found.asked.code, name=found.name, level="county", parent="", valid_from=None, valid_to=None,
            known_from="code_book",
        )  # fmt: skip
    return ResolvedOut(
        code=found.asked.code,
        on=found.asked.on,
        found=found.found,
        then=then,
        successors=[DivisionOut.of(version) for version in found.successors],
        undecided=found.undecided,
    )
