"""Routes of jobs: followed by `GET /v1/jobs/{id}` with `Prefer: wait=5`, listed, cancelled by `DELETE`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, not_found
from libs.service.auditing import mark
from libs.service.dependencies import TheJobs
from libs.service.job_rows import ALL, SHOWS
from libs.service.job_store import Job, Status
from libs.service.jobs import MAX_WAIT, Jobs, Run, Work
from libs.service.once import once
from libs.service.paging import Page, PageOf
from libs.service.traits import unversioned
from libs.service.uploads import UploadedFile
from libs.service.writes import path_in, prefer_wait, prefers
from libs.values.errors import Conflict

_SHOW_SAID: Final = (
    "`all`, `findings` (rows of which something is said), `outcome:` and an outcome, `severity:` and error, warning or "
    "accepted"
)
DONE: Final = "It has succeeded: its result is at Location; the job is told all the same"


class Progress(BaseModel):
    """How far a job is; `total` is null until it is known."""

    done: int
    total: int | None


class JobOut(BaseModel):
    """A job: `result` when it succeeded, `error` (a problem) when it failed.

    The answers to the rows of a file quote it, so only who sent it reads them, page by page at `rows_url`; others of
    the unit are told the totals. `asks`, which quotes headings of a file that failed, is for who sent it too.
    `errors_url` is where its refused rows are fetched, `result_url` its result alone.
    """

    id: UUID
    kind: str
    status: Status
    progress: Progress
    params: Any = None
    result: Any = None
    error: dict[str, Any] | None = None
    asks: dict[str, Any] | None = Field(
        None, description="of a file whose header was not found: which of its headings are our columns", examples=[None]
    )
    result_url: str | None = None
    rows_url: str | None = None
    errors_url: str | None = None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


class JobList(BaseModel):
    """The newest jobs, without their results."""

    items: list[JobOut]


def router(scope: str) -> APIRouter:
    """The routes under the service's reading scope; a job also asks for the scope that started it."""
    jobs_action = f"{scope.partition(':')[0]}:jobs"
    jobs_router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    @jobs_router.get("")
    async def list_jobs(
        request: Request,
        principal: Annotated[Principal, requires(jobs_action)],
        jobs: TheJobs,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> JobList:
        """The newest jobs of the caller's units."""
        return JobList(items=[job_out(request, principal, job) for job in await jobs.recent(principal, limit)])

    @jobs_router.get("/{job_id}", response_model=JobOut, responses={303: {"model": JobOut, "description": DONE}})
    async def read_job(
        request: Request, job_id: UUID, principal: Annotated[Principal, requires(jobs_action)], jobs: TheJobs
    ) -> Response:
        """One job; with `Prefer: wait=5` the answer comes when it ends, at the latest after so many seconds.

        303 to its result once it has succeeded, with the job as body all the same.
        """
        job = await jobs.get(job_id, principal, _waited(request))
        return _answer(request, principal, job, 303 if job.result is not None else 200)

    @jobs_router.get("/{job_id}/result", response_model=dict[str, Any])
    async def read_result(
        request: Request, job_id: UUID, principal: Annotated[Principal, requires(jobs_action)], jobs: TheJobs
    ) -> Any:
        """What came of a job, by itself; 409 `jobs.no_result` while it has not succeeded."""
        job = await jobs.get(job_id, principal, _waited(request))
        if job.result is None:
            raise Conflict(
                "jobs.no_result", "任务没有结果：尚未完成，或没有成功。", value=job.status, right="succeeded"
            )
        return job.result

    @jobs_router.delete("/{job_id}", dependencies=[unversioned("it stops a job, however far that has come")])
    async def cancel_job(
        request: Request, job_id: UUID, principal: Annotated[Principal, requires(jobs_action)], jobs: TheJobs
    ) -> JobOut:
        """Stop it; what it wrote so far stays. 409 when it has ended."""
        return job_out(request, principal, await jobs.cancel(job_id, principal))

    _add_rows(jobs_router, jobs_action)
    return jobs_router


def _add_rows(jobs_router: APIRouter, action: str) -> None:
    @jobs_router.get("/{job_id}/rows")
    async def list_rows(
        request: Request,
        response: Response,
        job_id: UUID,
        principal: Annotated[Principal, requires(action)],
        jobs: TheJobs,
        page: Page,
        show: Annotated[str, Query(pattern=SHOWS, description=_SHOW_SAID)] = ALL,
    ) -> PageOf[dict[str, Any]]:
        """What became of each row of the file, in its order; for who sent it, which is noted in the trail."""
        told = {"job": str(job_id), "show": show}
        after = page.after(request, principal, told)
        if not _own(principal, await jobs.get(job_id, principal)):
            raise not_found("job")
        found = await jobs.rows.read(job_id, show, (after[0], after[1]) if after else None, page.limit + 1)
        count = await page.counted(lambda: jobs.rows.count(job_id, show))
        mark(request, "job.rows_opened", job=str(job_id), rows=min(len(found), page.limit))
        response.headers["Cache-Control"] = "no-store"
        answer = page.answer(request, response, principal, told, found, key=lambda item: item[0], count=count)
        return PageOf(items=[dict(row) for _, row in answer.items], next=answer.next, count=answer.count)


def job_out(request: Request, principal: Principal, job: Job) -> JobOut:
    """The job as this caller sees it."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        status=job.status,
        progress=Progress(done=job.done, total=job.total),
        params=job.params,
        result=job.result,
        error=job.error,
        asks=job.asks if _own(principal, job) else None,
        result_url=f"{_address(request, job)}/result" if job.result is not None else None,
        rows_url=f"{_address(request, job)}/rows" if job.result is not None and _own(principal, job) else None,
        errors_url=(job.result or {}).get("refused_file"),
        created_at=job.created_at,
        updated_at=job.updated_at,
        expires_at=job.expires_at,
    )


async def accepted(request: Request, principal: Principal, jobs: Jobs, job: Job) -> Response:
    """202 with the job and where to follow it; with `Prefer: wait=5` it may have ended by then.

    Its result is never in this answer, which is kept for those who ask again, and a result may quote a person; nor is
    what it asks.
    """
    if _waited(request):
        job = await jobs.get(job.id, principal, _waited(request))
    return _answer(request, principal, replace(job, result=None, asks=None), 202)


async def accepted_with_file(
    request: Request,
    principal: Principal,
    jobs: Jobs,
    file: UploadedFile,
    work: Work,
    *,
    kind: str,
    scope: str,
    params: Mapping[str, Any],
) -> Response:
    """The same for a job that works on a file, started once a key; the file is removed when nobody needs it any more.

    `params` are told with the job, beside the name of the file.
    """

    async def with_file(run: Run) -> Mapping[str, Any] | None:
        try:
            return await work(run)
        finally:
            file.remove()

    async def start() -> Response:
        told = {"filename": file.filename, **params}
        job = await jobs.start(kind, with_file, principal=principal, scope=scope, params=told)
        return await accepted(request, principal, jobs, job)

    return await once(request, principal, start, fingerprint=file.sha256, unused=file.remove)


def _answer(request: Request, principal: Principal, job: Job, status: int) -> Response:
    out = job_out(request, principal, job)
    headers = {}
    if status == 202:
        headers["Location"] = _address(request, job)
    elif status == 303 and out.result_url:
        headers["Location"] = out.result_url
    if not job.ended:
        headers["Retry-After"] = "1"
    if followed := ", ".join(_followed(request, status)):
        headers["Preference-Applied"] = followed
    return JSONResponse(jsonable_encoder(out), status, headers)


def _followed(request: Request, status: int) -> Iterator[str]:
    if status == 202 and prefers(request, "respond-async") is not None:
        yield "respond-async"
    if (wait := prefers(request, "wait")) is not None:
        yield f"wait={wait}"


def _own(principal: Principal, job: Job) -> bool:
    return job.owner == principal.sub


def _waited(request: Request) -> float:
    return prefer_wait(request, MAX_WAIT)


def _address(request: Request, job: Job) -> str:
    return path_in(request, f"/v1/jobs/{job.id}")
