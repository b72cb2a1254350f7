"""The table of jobs. Params and results may quote rows of a file, so they are sealed with a key of the job's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from libs.access.principal import Principal
from libs.events.personal import Personal
from libs.events.types import Pool, Record
from libs.events.vault import Vault

Status = Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]
OPEN: Final = ("queued", "running")
KEEP: Final = timedelta(days=7)

_INSERT: Final = """
INSERT INTO jobs (id, kind, scope, unit, owner, status, params, sealed_params, created_at, updated_at, expires_at)
VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7, $8, $8, $9)
"""
_SELECT: Final = "SELECT * FROM jobs WHERE id = $1 AND unit BETWEEN $2 AND $3 AND scope = ANY ($4)"
_RECENT: Final = """
SELECT id, kind, scope, unit, owner, status, progress_done, progress_total, NULL::jsonb AS params,
       NULL::jsonb AS result, sealed_params, NULL::text AS sealed_result, NULL::jsonb AS asks,
       NULL::text AS sealed_asks, error, created_at, updated_at, expires_at
FROM jobs WHERE unit BETWEEN $1 AND $2 AND scope = ANY ($3) ORDER BY created_at DESC, id LIMIT $4
"""
_PROGRESS: Final = """
UPDATE jobs SET status = 'running', progress_done = $2, progress_total = $3, updated_at = $4
WHERE id = $1 AND status IN ('queued', 'running')
"""
_FINISH: Final = """
UPDATE jobs SET status = $2, result = $3, sealed_result = $4, error = $5, progress_done = $6, progress_total = $7,
                updated_at = $8, asks = $9, sealed_asks = $10
WHERE id = $1 AND status IN ('queued', 'running')
"""
_INTERRUPT: Final = """
UPDATE jobs SET status = 'interrupted', updated_at = $1
WHERE status IN ('queued', 'running') AND updated_at <= $2 AND id <> ALL ($3)
"""
_FORGET: Final = "UPDATE jobs SET expires_at = '-infinity' WHERE id IS DISTINCT FROM $1"
_EXPIRE: Final = "DELETE FROM jobs WHERE expires_at < $1 AND status NOT IN ('queued', 'running') RETURNING id"


@dataclass(slots=True)
class Job:
    """One job as callers see it; `result` is there when it succeeded, `error` (a problem) when it failed.

    `asks` is what its sender may put right of a file that could not be read; it quotes the file, so it is sealed too.
    """

    id: UUID
    kind: str
    scope: str
    unit: str
    owner: str
    status: Status
    done: int
    total: int | None
    params: Any
    result: Any
    error: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    asks: Any = None

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status not in OPEN

    def visible_to(self, principal: Principal) -> bool:
        """In the caller's units, and of a kind he could have started himself."""
        low, high = principal.division.range()
        return low <= self.unit <= high and self.scope in principal.scopes


class JobStore:
    """Reads and writes the table; without a vault (tests) params and results lie there in clear."""

    def __init__(self, pool: Pool, vault: Vault | None) -> None:
        self._pool = pool
        self._vault = vault

    async def insert(self, job: Job) -> None:
        """Keep a new job, queued."""
        clear, sealed = await self._seal(job.id, job.params)
        await self._pool.execute(
            _INSERT, job.id, job.kind, job.scope, job.unit, job.owner, clear, sealed, job.created_at, job.expires_at
        )

    async def find(self, job_id: UUID, principal: Principal) -> Job | None:
        """The job, if the caller may see it."""
        record = await self._pool.fetchrow(_SELECT, job_id, *principal.division.range(), list(principal.scopes))
        return (await self._jobs([record]))[0] if record else None

    async def recent(self, principal: Principal, limit: int) -> list[Job]:
        """The newest jobs the caller may see, without their results."""
        scopes = list(principal.scopes)
        return await self._jobs(await self._pool.fetch(_RECENT, *principal.division.range(), scopes, limit))

    async def progress(self, job: Job) -> None:
        """Keep how far it is."""
        await self._pool.execute(_PROGRESS, job.id, job.done, job.total, job.updated_at)

    async def finish(self, job: Job) -> None:
        """Keep how it ended."""
        result, asks = await self._seal(job.id, job.result), await self._seal(job.id, job.asks)
        await self._pool.execute(
            _FINISH, job.id, job.status, *result, job.error, job.done, job.total, job.updated_at, *asks
        )

    async def interrupt(self, now: datetime, silent_since: datetime, ours: Sequence[UUID]) -> None:
        """Mark open jobs that nobody runs any more."""
        await self._pool.execute(_INTERRUPT, now, silent_since, list(ours))

    async def expire(self, now: datetime) -> None:
        """Delete old jobs; their keys go too, so that a backup of the table says nothing."""
        gone = await self._pool.fetch(_EXPIRE, now)
        if self._vault is not None:
            for record in gone:
                await self._vault.erase(record["id"])

    async def forget(self, now: datetime, spared: UUID | None = None) -> None:
        """Delete every ended job before its time, and those still open as soon as they end: a person was erased.

        `spared` is the job that erases her, which quotes nobody.
        """
        await self._pool.execute(_FORGET, spared)
        await self.expire(now)

    async def _seal(self, job_id: UUID, value: Any) -> tuple[Any, str | None]:
        if value is None or self._vault is None:
            return value, None
        await self._vault.ensure([job_id])
        return None, self._vault.seal(Personal(job_id, orjson.dumps(value, default=str).decode(), "job"))

    async def _jobs(self, records: Sequence[Record]) -> list[Job]:
        return [_job(record, await self._open(record)) for record in records]

    async def _open(self, record: Record) -> Mapping[str, Any]:
        values = {name: record[name] for name in ("params", "result", "asks")}
        sealed = {name: record[f"sealed_{name}"] for name in values if record[f"sealed_{name}"] is not None}
        if sealed and self._vault is not None:
            texts = await self._vault.open_many([(record["id"], text) for text in sealed.values()])
            values |= {name: orjson.loads(text) if text else None for name, text in zip(sealed, texts, strict=True)}
        return values


def _job(record: Record, opened: Mapping[str, Any]) -> Job:
    return Job(
        id=record["id"],
        kind=record["kind"],
        scope=record["scope"],
        unit=record["unit"],
        owner=record["owner"],
        status=record["status"],
        done=record["progress_done"],
        total=record["progress_total"],
        params=opened["params"],
        result=opened["result"],
        error=record["error"],
        created_at=record["created_at"],
        updated_at=record["updated_at"],
        expires_at=record["expires_at"],
        asks=opened["asks"],
    )
