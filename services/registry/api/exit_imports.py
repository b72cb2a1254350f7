"""Lists of exits and returns that the poverty office reports (脱贫名单, 返贫名单) as files."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
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
from services.registry.adapters.exit_importing import take_list
from services.registry.adapters.list_steps import Order
from services.registry.settings import RegistrySettings

router = APIRouter(prefix="/v1/exits", tags=["exits"])


@router.post("/imports", status_code=202, response_model=JobOut, dependencies=[takes_file()])
async def import_exits(
    request: Request,
    principal: Annotated[Principal, requires("registry:write")],
    runtime: TheRuntime,
    jobs: TheJobs,
    now: Now,
    filename: Annotated[str, Query(max_length=200)] = "exits.xlsx",
    dry_run: Annotated[bool, Query(description="answer every row, write nothing")] = False,
    mapping: Annotated[str | None, Query(max_length=LONGEST_GIVEN, description=SAID)] = None,
) -> Response:
    """Take in a list (xlsx, xls, csv) with 脱贫时间 or 返贫时间; again it changes nothing.

    A row with 人编号 or 证件号码 is that woman's, one with only 户编号 is every registered woman's of the household.
    Every row is answered in the job's result; rows of other units answer as those of nobody.
    """
    chosen = await header_mapping(request, "exits", principal.division, mapping)
    settings: RegistrySettings = request.app.state.settings
    uploaded = await receive_file(request, filename=filename)
    order = Order(
        uploaded.path,
        uploaded.filename,
        uploaded.sha256,
        principal.division,
        meta_of(request, principal),
        local_date(now()),
        dry_run,
        chosen.columns,
        settings.temp_folder,
    )

    async def work(run: Run) -> dict[str, Any]:
        return await chosen.telling(take_list(runtime, order, run.progress, settings.publish_wait))

    told = {"dry_run": dry_run}
    return await accepted_with_file(
        request, principal, jobs, uploaded, work, kind="exits", scope="registry:write", params=told
    )
