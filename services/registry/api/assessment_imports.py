"""Income sheets (收入核算表) and needs sheets (需求评估表) as files."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.rosters.mapping import LONGEST_GIVEN, SAID
from libs.service.dependencies import Now, TheJobs, TheRuntime
from libs.service.header_mappings import header_mapping
from libs.service.jobs import Run
from libs.service.jobs_api import JobOut, accepted_with_file
from libs.service.traits import takes_file
from libs.service.uploads import receive_file
from libs.service.writes import meta_of
from libs.values.valid_date import local_date
from services.registry.adapters.income_lists import income_list
from services.registry.adapters.list_steps import Order
from services.registry.adapters.need_lists import needs_list
from services.registry.adapters.row_lists import ListKind, take_list
from services.registry.api.incomes import bounds_of
from services.registry.settings import RegistrySettings

router = APIRouter(prefix="/v1", tags=["incomes", "needs"])
Importer = Annotated[Principal, requires("registry:write")]


class SheetQuery(BaseModel):
    """How a sheet is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    filename: str = Field("sheet.xlsx", max_length=200)
    dry_run: bool = Field(False, description="answer every row, write nothing")
    as_of: date | None = Field(None, description="the day of rows that do not say theirs; without it today")
    mapping: str | None = Field(None, max_length=LONGEST_GIVEN, description=SAID)


@router.post("/incomes/imports", status_code=202, response_model=JobOut, dependencies=[takes_file()])
async def import_incomes(
    request: Request,
    principal: Importer,
    runtime: TheRuntime,
    jobs: TheJobs,
    now: Now,
    asked: Annotated[SheetQuery, Query()],
) -> Response:
    """Take in an income sheet (xlsx, xls, csv), a row a household and year, amounts in yuan; again changes nothing.

    A household is named by 户编号 or the id of a member; headings are those of the register's table AC07.
    """
    return await _import(request, principal, runtime, jobs, now, asked, income_list(bounds_of(request)))


@router.post("/needs/imports", status_code=202, response_model=JobOut, dependencies=[takes_file()])
async def import_needs(
    request: Request,
    principal: Importer,
    runtime: TheRuntime,
    jobs: TheJobs,
    now: Now,
    asked: Annotated[SheetQuery, Query()],
) -> Response:
    """Take in a needs sheet (xlsx, xls, csv), a row a woman by id, 人编号 or name; again changes nothing."""
    return await _import(request, principal, runtime, jobs, now, asked, needs_list())


async def _import(
    request: Request,
    principal: Principal,
    runtime: TheRuntime,
    jobs: TheJobs,
    now: Now,
    asked: SheetQuery,
    kind: ListKind[Any],
) -> Response:
    chosen = await header_mapping(request, kind.name, principal.division, asked.mapping)
    settings: RegistrySettings = request.app.state.settings
    uploaded = await receive_file(request, filename=asked.filename)
    order = Order(
        uploaded.path,
        uploaded.filename,
        uploaded.sha256,
        principal.division,
        meta_of(request, principal),
        local_date(now()),
        asked.dry_run,
        chosen.columns,
        settings.temp_folder,
    )

    async def work(run: Run) -> dict[str, Any]:
        taken = take_list(runtime, kind, order, asked.as_of, run.progress, settings.publish_wait)
        return await chosen.telling(taken)

    told = {"dry_run": asked.dry_run}
    return await accepted_with_file(
        request, principal, jobs, uploaded, work, kind=kind.name, scope="registry:write", params=told
    )
