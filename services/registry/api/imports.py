"""Register files in, files of bad rows out."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.masking import check_reason
from libs.access.principal import Principal
from libs.rosters.mapping import LONGEST_GIVEN, SAID
from libs.service.auditing import mark, sensitive
from libs.service.dependencies import NewId, Now, TheJobs, TheRuntime
from libs.service.header_mappings import header_mapping
from libs.service.jobs import Run
from libs.service.jobs_api import JobOut, accepted_with_file
from libs.service.traits import takes_file
from libs.service.uploads import receive_file
from libs.service.writes import meta_of
from libs.values.valid_date import local_date
from services.registry.adapters.importing import Importer, Order
from services.registry.handlers import files, reading
from services.registry.handlers.covering import check_cover
from services.registry.handlers.reading import Reading
from services.registry.settings import RegistrySettings

router = APIRouter(prefix="/v1/imports", tags=["imports"])
_SHEET = {"schema": {"type": "string", "format": "binary"}}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportQuery(BaseModel):
    """How a register file is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    filename: str = Field("register.xlsx", max_length=200)
    dry_run: bool = Field(False, description="answer every row, write nothing")
    as_of: date | None = Field(None, description="the day the data are of, where the file does not say")
    cover: str = Field(
        "",
        max_length=8000,
        description="units (codes, separated by commas) for which the file names everybody; none: delta",
    )
    status: Literal["exited", "not_exited", "monitored"] | None = Field(
        None, description="what the households are of an edition that does not say so (47 columns)"
    )
    mapping: str | None = Field(None, max_length=LONGEST_GIVEN, description=SAID)


@router.post("", status_code=202, response_model=JobOut, dependencies=[takes_file()])
async def import_register(
    request: Request,
    principal: Annotated[Principal, requires("registry:write")],
    runtime: TheRuntime,
    jobs: TheJobs,
    now: Now,
    new_id: NewId,
    asked: Annotated[ImportQuery, Query()],
) -> Response:
    """Take in a register export (xlsx, xls, csv) of the caller's units; every row is answered in the job's result."""
    chosen = await header_mapping(request, "register", principal.division, asked.mapping)
    cover = check_cover([code.strip() for code in asked.cover.split(",") if code.strip()], principal.division)
    uploaded = await receive_file(request, filename=asked.filename)
    order = Order(
        path=uploaded.path,
        filename=uploaded.filename,
        digest=uploaded.sha256,
        unit=principal.division,
        meta=meta_of(request, principal),
        today=local_date(now()),
        dry_run=asked.dry_run,
        as_of=asked.as_of,
        mapping=chosen.columns,
        status=asked.status,
        cover=cover,
    )
    settings: RegistrySettings = request.app.state.settings
    importer = Importer(runtime, new_id, settings.publish_wait, settings.temp_folder)

    async def work(run: Run) -> dict[str, Any]:
        return await chosen.telling(importer.run(order, run))

    told = {"dry_run": asked.dry_run, "cover": list(order.cover), "status": asked.status}
    return await accepted_with_file(
        request, principal, jobs, uploaded, work, kind="register", scope="registry:write", params=told
    )


@router.get(
    "/{import_id}/refused",
    response_class=Response,
    dependencies=[sensitive("import.refused_rows")],
    responses={200: {"content": {XLSX: _SHEET}}},
)
async def read_refused(
    request: Request,
    import_id: UUID,
    principal: Annotated[Principal, requires("registry:refused.export")],
    runtime: TheRuntime,
    now: Now,
    reason: Annotated[
        str | None, Query(max_length=200, description="why rows leave in clear; kept in the trail")
    ] = None,
) -> Response:
    """The rows that were refused, in clear, as a spreadsheet of the same form to correct and import again.

    Needs the header `Purpose: correction` and a `reason` in words; 422 without.
    """
    asked = Reading(principal, "GET /v1/imports/{id}/refused", now(), True, check_reason(reason))
    mark(request, "import.refused_rows", asked.reason)
    place = request.app.state.settings.temp_folder
    content = await files.refused(runtime.pool, runtime.vault, import_id, principal.division.range(), place)
    await reading.note(runtime.pool, asked, [])
    headers = {"Content-Disposition": f'attachment; filename="refused-{import_id}.xlsx"', "Cache-Control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)
