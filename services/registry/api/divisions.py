"""Divisions: names and children for everybody signed in, the list itself from a csv file."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, not_found
from libs.service.dependencies import TheJobs, TheRuntime
from libs.service.jobs import Run
from libs.service.jobs_api import JobOut, accepted_with_file
from libs.service.traits import takes_file
from libs.service.uploads import receive_file
from libs.service.writes import meta_of
from services.registry.api.schemas import DivisionList, DivisionOut
from services.registry.handlers import dividing
from services.registry.projections import divisions

router = APIRouter(prefix="/v1/divisions", tags=["divisions"])
Code = Annotated[str, Path(pattern=r"^[0-9]{12}$", description="12-digit code")]
FILE_LIMIT = 100 * 1024 * 1024


@router.post("/imports", status_code=202, response_model=JobOut, dependencies=[takes_file()])
async def import_divisions(
    request: Request,
    principal: Annotated[Principal, requires("divisions:write")],
    runtime: TheRuntime,
    jobs: TheJobs,
    filename: Annotated[str, Query(max_length=200)] = "divisions.csv",
    edition: Annotated[str, Query(max_length=40, description="e.g. 2016-07")] = "",
) -> Response:
    """Take in a list of divisions (csv: code,name,level,parent_code,urban_rural); again it changes nothing."""
    uploaded = await receive_file(request, FILE_LIMIT, filename=filename)
    meta = meta_of(request, principal)

    async def work(run: Run) -> dict[str, Any]:
        content = uploaded.path.read_bytes()
        return await dividing.run(runtime, content, uploaded.filename, edition, principal.division, meta, run.progress)

    told = {"edition": edition}
    return await accepted_with_file(
        request, principal, jobs, uploaded, work, kind="divisions", scope="divisions:write", params=told
    )


@router.get("/{code}")
async def read_division(
    code: Code, _principal: Annotated[Principal, requires("registry:divisions.read")], runtime: TheRuntime
) -> DivisionOut:
    """One division; names of divisions are public facts, so every unit may read all of them."""
    found = await divisions.one(runtime.pool, code)
    if found is None:
        raise not_found("division")
    return DivisionOut(**found)


@router.get("/{code}/children")
async def read_children(
    code: Code, _principal: Annotated[Principal, requires("registry:divisions.read")], runtime: TheRuntime
) -> DivisionList:
    """The units one level down."""
    return DivisionList(items=[DivisionOut(**row) for row in await divisions.children(runtime.pool, code)])
