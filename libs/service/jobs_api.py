"""Routes of jobs: followed by `GET /v1/jobs/{id}?wait=5`, listed, cancelled by `DELETE`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel
from starlette.responses import JSONResponse

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.service.dependencies import TheJobs
from libs.service.job_store import Job, Status
from libs.service.jobs import MAX_WAIT


class Progress(BaseModel):
    """How far a job is; `total` is null until it is known."""

    done: int
    total: int | None


class JobOut(BaseModel):
    """A job: `result` when it succeeded, `error` (a problem) when it failed."""

    id: UUID
    kind: str
    status: Status
    progress: Progress
    params: Any = None
    result: Any = None
    error: dict[str, Any] | None = None
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
        principal: Annotated[Principal, requires(jobs_action)],
        jobs: TheJobs,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> JobList:
        """The newest jobs of the caller's units."""
        return JobList(items=[job_out(job) for job in await jobs.recent(principal, limit)])

    @jobs_router.get("/{job_id}")
    async def read_job(
        job_id: UUID,
        principal: Annotated[Principal, requires(jobs_action)],
        jobs: TheJobs,
        wait: Annotated[float, Query(ge=0, le=MAX_WAIT, description="seconds to wait for its end")] = 0,
    ) -> JobOut:
        """One job; with `wait` the answer comes when it ends, at the latest after so many seconds."""
        return job_out(await jobs.get(job_id, principal, wait))

    @jobs_router.delete("/{job_id}")
    async def cancel_job(job_id: UUID, principal: Annotated[Principal, requires(jobs_action)], jobs: TheJobs) -> JobOut:
        """Stop it; what it wrote so far stays. 409 when it has ended."""
        return job_out(await jobs.cancel(job_id, principal))

    return jobs_router


def job_out(job: Job) -> JobOut:
    """The job as callers see it."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        status=job.status,
        progress=Progress(done=job.done, total=job.total),
        params=job.params,
        result=job.result,
        error=job.error,
        created_at=job.created_at,
        updated_at=job.updated_at,
        expires_at=job.expires_at,
    )


def accepted(request: Request, job: Job) -> JSONResponse:
    """202 with the job and where to follow it."""
    root = request.scope.get("root_path", "").rstrip("/")
    headers = {"Location": f"{root}/v1/jobs/{job.id}", "Retry-After": "1", "Preference-Applied": "respond-async"}
    return JSONResponse(jsonable_encoder(job_out(job)), 202, headers)
