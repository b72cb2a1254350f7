"""Long work in the service's own process: started by a request, followed by polling, cancelled, never half-told.

    async def work(run: Run) -> Mapping[str, Any]:
        for n, rows in enumerate(batches):
            ...
            await run.progress(n * 500, total)
        return {"totals": …}

    job = await jobs.start("import", work, principal=principal, scope="registry:write", params={"filename": …})
    return await accepted(request, principal, jobs, job)

`rows` of the mapping are kept in pages, as by `run.keep_rows`, and are no part of the result.
A job killed with its process is `interrupted` at the next start; what it wrote stays, and doing the same again
finishes it (imports are idempotent by their rows).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from libs.access.principal import Principal, not_found
from libs.events.pool import is_lost
from libs.events.types import Clock, Ids, Pool
from libs.events.vault import Vault
from libs.service.job_rows import JobRows
from libs.service.job_store import KEEP, Job, JobStore, Status
from libs.service.logs import where
from libs.service.problems import plain_problem, problem_of
from libs.values.errors import Conflict, DomainError, Unavailable

Work = Callable[["Run"], Awaitable[Mapping[str, Any] | None]]
MAX_WAIT: Final = 30.0
ROWS: Final = "rows"
_WRITE_EVERY: Final = 0.5  # seconds between two writes of progress
_HEARTBEAT: Final = 20.0
_STOP_SECONDS: Final = 10.0
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # seconds between tries to write an end
_log = structlog.get_logger("jinguo.jobs")


@contextmanager
def suppress_lost() -> Iterator[None]:
    """Progress that cannot be written now is written later."""
    try:
        yield
    except Exception as error:
        if not (is_lost(error) or isinstance(error, Unavailable)):
            raise


class Run:
    """A running job as its work sees it."""

    def __init__(self, jobs: "Jobs", job: Job) -> None:
        self._jobs = jobs
        self._job = job
        self.id = job.id

    async def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far it is; may be called for every row, is written twice a second."""
        self._job.done = done
        self._job.total = total if total is not None else self._job.total
        await self._jobs.told(self._job)

    async def keep_rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep the answers to the rows of a file, in the order in which they come."""
        await self._jobs.rows.keep(self.id, rows)


class Jobs:
    """The jobs of one service in one process."""

    def __init__(
        self,
        pool: Pool,
        *,
        clock: Clock,
        ids: Ids,
        vault: Vault | None = None,
        at_once: int = 2,
        alone: bool = True,
        language: str = "zh",
    ) -> None:
        """`alone`: no other process runs jobs of this service, so open ones found at the start are interrupted."""
        self.rows = JobRows(pool, vault)
        self._store = JobStore(pool, vault)
        self._clock = clock
        self._ids = ids
        self._slots = asyncio.Semaphore(at_once)
        self._alone = alone
        self._language = language
        self._changed = asyncio.Condition()
        self._running: dict[UUID, tuple[Job, asyncio.Task[None]]] = {}
        self._written: dict[UUID, float] = {}
        self._stopping = False

    async def open(self) -> None:
        """At the start of the process: mark what an earlier one left, delete what has expired."""
        await self._mark_abandoned()
        await self._store.expire(self._clock())

    async def start(
        self, kind: str, work: Work, *, principal: Principal, scope: str, params: Mapping[str, Any] | None = None
    ) -> Job:
        """Queue `work`; only callers of the same unit (or above) who hold `scope` will see it."""
        now = self._clock()
        job = Job(
            id=self._ids(), kind=kind, scope=scope, unit=principal.division.code, owner=principal.sub,
            status="queued", done=0, total=None, params=params, result=None, error=None,
            created_at=now, updated_at=now, expires_at=now + KEEP,
        )  # fmt: skip
        await self._store.insert(job)
        task = asyncio.create_task(self._run(job, work), name=f"job-{kind}-{job.id}")
        self._running[job.id] = (job, task)
        return job

    async def get(self, job_id: UUID, principal: Principal, wait: float = 0.0) -> Job:
        """The job; with `wait` it is answered when it ends, at the latest after so many seconds."""
        here = self._running.get(job_id)
        if here is None:
            return await self._stored(job_id, principal)
        job = here[0]
        if not job.visible_to(principal):
            raise not_found("job")
        if wait > 0:
            await self._wait(job, min(wait, MAX_WAIT))
        return job

    async def recent(self, principal: Principal, limit: int = 20) -> list[Job]:
        """The newest jobs of the caller's units."""
        return await self._store.recent(principal, limit)

    async def cancel(self, job_id: UUID, principal: Principal) -> Job:
        """Stop it at its next await; 409 when it has ended already."""
        job = await self.get(job_id, principal)
        here = self._running.get(job_id)
        if here is None or job.ended:
            raise Conflict("jobs.ended", "任务已经结束，不能再取消。", value=job.status)
        here[1].cancel()
        await self._wait(job, _STOP_SECONDS)
        return job

    async def stop(self) -> None:
        """At the end of the process: what runs is interrupted, and says so."""
        self._stopping = True
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)

    async def told(self, job: Job) -> None:
        """Progress was made: keep it now and then."""
        now = asyncio.get_running_loop().time()
        if now - self._written.get(job.id, 0.0) >= _WRITE_EVERY:
            self._written[job.id] = now
            job.updated_at = self._clock()
            with suppress_lost():
                await self._store.progress(job)

    async def _run(self, job: Job, work: Work) -> None:
        heartbeat: asyncio.Task[None] | None = None
        try:
            if not self._alone:
                heartbeat = asyncio.create_task(self._beat(job))
            async with self._slots:
                job.status = "running"
                await self.told(job)
                result = await self._without_rows(job, await work(Run(self, job)))
            await self._end(job, "succeeded", result=result)
        except asyncio.CancelledError:
            await self._end(job, "interrupted" if self._stopping else "cancelled")
        except Unavailable as error:
            await self._end(job, "interrupted", error=problem_of(error, self._language))
        except DomainError as error:
            await self._end(job, "failed", error=problem_of(error, self._language), asks=error.asks)
        except Exception as error:  # noqa: BLE001 - told to the caller as a problem, logged by kind and place
            _log.error("job.failed", job=str(job.id), work=job.kind, kind=type(error).__name__, where=where(error))
            await self._end_badly(job, error)
        finally:
            if heartbeat is not None:
                heartbeat.cancel()
            self._running.pop(job.id, None)
            self._written.pop(job.id, None)

    async def _without_rows(self, job: Job, result: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if result is None or ROWS not in result:
            return result
        await self.rows.keep(job.id, result[ROWS])
        return {name: value for name, value in result.items() if name != ROWS}

    async def _end(
        self,
        job: Job,
        status: Status,
        result: Mapping[str, Any] | None = None,
        error: dict[str, Any] | None = None,
        asks: Mapping[str, Any] | None = None,
    ) -> None:
        ended = replace(job, status=status, result=result, error=error, asks=asks, updated_at=self._clock())
        await self._keep(ended)
        with suppress_lost():
            await self._store.expire(ended.updated_at)
        job.status, job.result, job.error, job.asks, job.updated_at = status, result, error, asks, ended.updated_at
        async with self._changed:
            self._changed.notify_all()

    async def _end_badly(self, job: Job, error: Exception) -> None:
        """The database went away: interrupted, doing it again finishes it. Anything else: failed."""
        if is_lost(error):
            problem = plain_problem("database.unavailable", 503, self._language)
            await self._end(job, "interrupted", error=problem)
        else:
            await self._end(job, "failed", error=plain_problem("common.internal", 500, self._language))

    async def _keep(self, ended: Job) -> None:
        """Write how it ended; a database that is just starting again is waited for."""
        for pause in _PAUSES:
            with suppress_lost():
                await self._store.finish(ended)
                return
            await asyncio.sleep(pause)
        _log.error("job.end_not_kept", job=str(ended.id), work=ended.kind)

    async def _wait(self, job: Job, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: job.ended)
        except TimeoutError:
            return

    async def _beat(self, job: Job) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT)
            job.updated_at = self._clock()
            with suppress_lost():
                await self._store.progress(job)

    async def _mark_abandoned(self) -> None:
        now = self._clock()
        silent = now if self._alone else now - timedelta(seconds=6 * _HEARTBEAT)
        await self._store.interrupt(now, silent, list(self._running))

    async def _stored(self, job_id: UUID, principal: Principal) -> Job:
        job = await self._store.find(job_id, principal)
        if job is not None and not job.ended:
            await self._mark_abandoned()  # its end could not be written: nobody runs it any more
            job = await self._store.find(job_id, principal)
        if job is None:
            raise not_found("job")
        return job
