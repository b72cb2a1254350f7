"""Publicity statistics sheets in: counts of activities, never a person."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.rosters.mapping import LONGEST_GIVEN, SAID
from libs.service.dependencies import TheJobs
from libs.service.header_mappings import header_mapping
from libs.service.jobs import Run
from libs.service.jobs_api import JobOut, accepted_with_file
from libs.service.traits import takes_file
from libs.service.uploads import receive_file
from libs.service.writes import meta_of
from libs.values.division import Division
from services.outreach.api.parts import TheParts
from services.outreach.api.schemas import CODE
from services.outreach.rosters.importing import Upload

router = APIRouter(prefix="/v1/imports", tags=["imports"])


class ImportQuery(BaseModel):
    """How a sheet is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    filename: str = Field("publicity.xlsx", max_length=200)
    dry_run: bool = Field(False, description="answer every row, write nothing")
    unit: str | None = Field(None, pattern=CODE, description="the unit that reports, if not one's own")
    mapping: str | None = Field(None, max_length=LONGEST_GIVEN, description=SAID)


@router.post("", status_code=202, response_model=JobOut, dependencies=[takes_file()])
async def import_sheet(
    request: Request,
    principal: Annotated[Principal, requires("outreach:write")],
    parts: TheParts,
    jobs: TheJobs,
    asked: Annotated[ImportQuery, Query()],
) -> Response:
    """Take in a publicity statistics sheet (xlsx, xls, csv); every row is answered in the job's result.

    The job fails with `roster.*` for a file that cannot be read and `outreach.no_period` for one that does not say for
    which period it is; then nothing was written. 404 for a `unit` outside the caller's.
    """
    unit = Division(asked.unit) if asked.unit else principal.division
    covers_or_404(principal, unit, "unit")
    chosen = await header_mapping(request, "publicity", unit, asked.mapping)
    uploaded = await receive_file(request, filename=asked.filename)
    upload = Upload(uploaded.filename, uploaded.path, chosen.columns)
    meta = replace(meta_of(request, principal), unit=unit.code)

    async def work(run: Run) -> dict[str, Any]:
        return await chosen.telling(parts.sheet.run(upload, meta, run.progress, dry_run=asked.dry_run))

    told = {"dry_run": asked.dry_run}
    return await accepted_with_file(
        request, principal, jobs, uploaded, work, kind="publicity", scope="outreach:write", params=told
    )
