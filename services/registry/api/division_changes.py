"""Changes of divisions: the list of changes in, what no change explains, and what only a person can decide."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response, status

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.service.dependencies import TheJobs, TheRuntime
from libs.service.jobs import Run
from libs.service.jobs_api import JobOut, accepted_with_file
from libs.service.once import once
from libs.service.paging import Page, PageOf
from libs.service.problems import language_of, problem_of
from libs.service.traits import takes_file, unversioned
from libs.service.uploads import receive_file
from libs.service.writes import json_answer, meta_of
from libs.values.division import Division
from libs.values.errors import Invalid
from services.registry.api.division_schemas import (
    DivisionDecisionIn,
    DivisionDecisionOut,
    DivisionDecisionsIn,
    DivisionDecisionsOut,
    DivisionOut,
    UndecidedHouseholdOut,
    UndecidedOut,
    UnexplainedOut,
)
from services.registry.handlers import changing, deciding
from services.registry.projections import divisions, undecided

router = APIRouter(prefix="/v1/divisions", tags=["division-changes"])
Writer = Annotated[Principal, requires("divisions:write")]
Reader = Annotated[Principal, requires("registry:divisions.undecided")]
Decider = Annotated[Principal, requires("registry:divisions.decide")]
FILE_LIMIT = 20 * 1024 * 1024
_DECIDED = unversioned("a unit or household is decided once, whatever its record was meanwhile")


@router.post("/changes/imports", status_code=202, response_model=JobOut, dependencies=[takes_file()])
async def import_changes(
    request: Request,
    principal: Writer,
    runtime: TheRuntime,
    jobs: TheJobs,
    filename: Annotated[str, Query(max_length=200)] = "division-changes.csv",
    dry_run: Annotated[bool, Query(description="answer every row, write nothing")] = False,
) -> Response:
    """Take in changes (csv: change_id,date,kind,old_code,old_name,new_code,new_name); women of the units follow.

    Rows of one `change_id` are one split or merge. Every row is answered in the job's result; again: nothing new.
    """
    uploaded = await receive_file(request, FILE_LIMIT, filename=filename)
    order = changing.Order(uploaded.filename, principal.division, meta_of(request, principal), dry_run)

    async def work(run: Run) -> dict[str, Any]:
        return await changing.run(runtime, uploaded.path.read_bytes(), order, run.progress)

    told = {"dry_run": dry_run}
    return await accepted_with_file(
        request, principal, jobs, uploaded, work, kind="division-changes", scope="divisions:write", params=told
    )


@router.get("/unexplained")
async def list_unexplained(
    request: Request, response: Response, principal: Reader, runtime: TheRuntime, page: Page
) -> PageOf[UnexplainedOut]:
    """What a later edition shows otherwise and no change explains, in the caller's units: bring the change's list."""
    key = page.after(request, principal, {})
    found = divisions.unexplained(runtime.pool, principal.division.range())
    rows = [
        UnexplainedOut(**{name: row[name] for name in UnexplainedOut.model_fields})
        for row in await found.page(key, page.limit + 1)
    ]
    return page.answer(
        request, response, principal, {}, rows, key=lambda row: [row.code, row.finding], count=await page.count(found)
    )


@router.get("/undecided")
async def list_undecided(
    request: Request, response: Response, principal: Reader, runtime: TheRuntime, page: Page
) -> PageOf[UndecidedOut]:
    """Units of the caller's of which a person must say what became of them, with how many are registered there."""
    key = page.after(request, principal, {})
    found = undecided.listed(runtime.pool, principal.division.range())
    rows = await found.page(key, page.limit + 1)
    units = await divisions.around(runtime.pool, {code for row in rows for code in row["candidates"]})
    items = [_undecided(row, [v for code in row["candidates"] if (v := units.last(code))]) for row in rows]
    return page.answer(
        request, response, principal, {}, items, key=lambda row: [row.code], count=await page.count(found)
    )


@router.get("/undecided/{code}/households")
async def list_undecided_households(
    request: Request,
    response: Response,
    code: Annotated[str, Path(pattern=r"^[0-9]{12}$", description="12-digit code")],
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
) -> PageOf[UndecidedHouseholdOut]:
    """The households registered in one unit of the caller's, to be shared one by one."""
    covers_or_404(principal, Division(code), "division")
    filters = {"code": code}
    key = page.after(request, principal, filters)
    found = undecided.households(runtime.pool, Division(code), principal.division.range())
    rows = [
        UndecidedHouseholdOut(**dict(row)) for row in await found.page([UUID(key[0])] if key else None, page.limit + 1)
    ]
    return page.answer(
        request, response, principal, filters, rows, key=lambda row: [str(row.household_id)],
        count=await page.count(found),
    )  # fmt: skip


@router.post(
    "/undecided/decisions",
    status_code=status.HTTP_207_MULTI_STATUS,
    response_model=DivisionDecisionsOut,
    dependencies=[_DECIDED],
)
async def decide_divisions(
    request: Request, body: DivisionDecisionsIn, principal: Decider, runtime: TheRuntime
) -> Response:
    """Say what units became, or to which part households belong; the caller's units must hold both sides.

    Per item 404 for what is not the caller's, 409 for what is decided already, 422 for a unit that it did not become.
    """
    caller = deciding.Caller(principal.division, meta_of(request, principal), body.reason)
    wanted = [_decision(place, each) for place, each in enumerate(body.decisions)]
    language = language_of(request)

    async def work() -> Response:
        decided = await deciding.decide(runtime, caller, wanted)
        items = [
            DivisionDecisionOut(
                code=asked.code,
                household_id=asked.household_id,
                to=asked.to,
                status=done.problem.status if done.problem else status.HTTP_200_OK,
                women=done.women,
                households=done.households,
                problem=problem_of(done.problem, language) if done.problem else None,
            )
            for asked, done in zip(body.decisions, decided, strict=True)
        ]
        passing = any(item.status >= status.HTTP_500_INTERNAL_SERVER_ERROR for item in items)
        return json_answer(DivisionDecisionsOut(items=items), status.HTTP_207_MULTI_STATUS, passing=passing)

    return await once(request, principal, work)


def _decision(place: int, asked: DivisionDecisionIn) -> deciding.Decision:
    Division(asked.to)
    if asked.code is not None and asked.household_id is None:
        return deciding.OfUnit(Division(asked.code).code, asked.to, asked.join)
    if asked.household_id is not None and asked.code is None:
        return deciding.OfHousehold(asked.household_id, asked.to)
    raise Invalid(
        "registry.unit_or_household",
        "每项决定写 code（整个单位）或 household_id（一户），只写其一。",
        field=f"decisions.{place}",
        rule="code 与 household_id 只写其一",
        right='{"code": "522634100201", "to": "522634105201"}',
    )


def _undecided(row: Any, candidates: list[Any]) -> UndecidedOut:
    proposed = None
    if row["whole"] and len(row["candidates"]) == 1:
        prefix = Division(row["candidates"][0]).prefix
        proposed = f"{prefix}{row['code'][len(prefix) :]}"
    return UndecidedOut(
        code=row["code"],
        name=row["name"],
        change_id=row["change_id"],
        kind=row["kind"],
        valid=row["valid"],
        candidates=[DivisionOut.of(version) for version in candidates],
        proposed=proposed,
        whole=row["whole"],
        households=row["households"],
        women=row["women"],
    )
