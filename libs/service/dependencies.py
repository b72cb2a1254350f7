"""What a route asks for by type: `now: Now`, `new_id: NewId`, `runtime: TheRuntime`, `jobs: TheJobs`."""

from typing import Annotated

from fastapi import Depends, Request

from libs.events.runtime import Runtime
from libs.events.types import Clock, Ids
from libs.service.jobs import Jobs


async def get_runtime(request: Request) -> Runtime:
    """The service's runtime: `runtime.commands`, `runtime.pool`, `runtime.vault`."""
    runtime = request.app.state.runtime
    assert isinstance(runtime, Runtime)
    return runtime


async def clock(request: Request) -> Clock:
    """The clock handed in: `now()`."""
    found: Clock = request.app.state.clock
    return found


async def ids(request: Request) -> Ids:
    """The source of UUIDv7 handed in: `new_id()`."""
    found: Ids = request.app.state.ids
    return found


async def get_jobs(request: Request) -> Jobs:
    """The service's long-running jobs."""
    jobs = request.app.state.jobs
    assert isinstance(jobs, Jobs)
    return jobs


Now = Annotated[Clock, Depends(clock)]
NewId = Annotated[Ids, Depends(ids)]
TheJobs = Annotated[Jobs, Depends(get_jobs)]
TheRuntime = Annotated[Runtime, Depends(get_runtime)]
