"""Long work: followed, cancelled, failed, interrupted, seen by its own unit only."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.types import Pool
from libs.events.vault import MemoryVault
from libs.service.app import create_app
from libs.service.clock import system_ids
from libs.service.jobs import Jobs, Run
from libs.service.settings import ServiceSettings
from libs.values.errors import Conflict, NotFound, Refused
from tests.integration.service.conftest import NOW, person

COUNTY, YONGLE, DATANG = person(), person("522634101000"), person("522634102000")

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Gate:
    """Work that waits at a gate the test opens."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, run: Run) -> dict[str, Any]:
        await run.progress(1, 3)
        self.entered.set()
        await self.opened.wait()
        await run.progress(3)
        return {"names": ["杨秀英"]}


async def test_a_job_tells_how_far_it_is_and_how_it_ended(jobs: Jobs) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write", params={"filename": "杨秀英.xlsx"})
    await gate.entered.wait()
    seen = await jobs.get(job.id, YONGLE)
    assert (seen.status, seen.done, seen.total, seen.result) == ("running", 1, 3, None)
    gate.opened.set()
    ended = await jobs.get(job.id, YONGLE, wait=5)
    assert (ended.status, ended.done, ended.result) == ("succeeded", 3, {"names": ["杨秀英"]})
    stored = await jobs.get(job.id, YONGLE)
    assert (stored.status, stored.result, stored.params) == ("succeeded", ended.result, {"filename": "杨秀英.xlsx"})


async def test_waiting_ends_at_the_time_asked_for(jobs: Jobs) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    assert (await jobs.get(job.id, YONGLE, wait=0.05)).status in ("queued", "running")


async def test_rows_of_a_file_lie_sealed_in_the_table(jobs: Jobs, pool: Pool) -> None:
    gate = Gate()
    gate.opened.set()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write", params={"filename": "杨秀英.xlsx"})
    assert (await jobs.get(job.id, YONGLE, wait=5)).status == "succeeded"
    assert "杨秀英" not in str(await pool.fetchval("SELECT jobs::text FROM jobs"))


@pytest.mark.parametrize("ended", [False, True])
async def test_a_job_is_seen_in_its_unit_and_above_by_those_who_could_have_started_it(jobs: Jobs, ended: bool) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="registry:write")
    if ended:
        gate.opened.set()
        await jobs.get(job.id, YONGLE, wait=5)
    assert (await jobs.get(job.id, COUNTY)).id == job.id
    for stranger in (DATANG, person("522634101201"), person("522634101000", "reader"), person("522600000000", "cadre")):
        with pytest.raises(NotFound):
            await jobs.get(job.id, stranger)
        with pytest.raises(NotFound):
            await jobs.cancel(job.id, stranger)
        assert await jobs.recent(stranger) == []
    assert [seen.id for seen in await jobs.recent(COUNTY)] == [job.id]


async def test_a_job_can_be_cancelled_once(jobs: Jobs) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    await gate.entered.wait()
    assert (await jobs.cancel(job.id, YONGLE)).status == "cancelled"
    with pytest.raises(Conflict):
        await jobs.cancel(job.id, YONGLE)


async def test_a_waiting_job_can_be_cancelled_before_it_starts(jobs: Jobs) -> None:
    gates = [Gate() for _ in range(3)]
    started = [await jobs.start("import", gate, principal=YONGLE, scope="training:write") for gate in gates]
    await gates[1].entered.wait()
    last = await jobs.get(started[2].id, YONGLE)
    assert last.status == "queued"
    assert (await jobs.cancel(last.id, YONGLE)).status == "cancelled"
    assert not gates[2].entered.is_set()


async def test_a_refusal_is_kept_as_a_problem(jobs: Jobs) -> None:
    async def work(_run: Run) -> None:
        raise Refused("rosters.no_header", "第1行没有表头", field="row", right="姓名")

    job = await jobs.start("import", work, principal=YONGLE, scope="training:write")
    ended = await jobs.get(job.id, YONGLE, wait=5)
    assert ended.status == "failed"
    assert ended.error is not None
    assert (ended.error["code"], ended.error["detail"]) == ("rosters.no_header", "第1行没有表头")


async def test_an_unforeseen_error_is_kept_without_its_message(jobs: Jobs) -> None:
    async def work(_run: Run) -> None:
        raise RuntimeError("杨秀英")

    job = await jobs.start("import", work, principal=YONGLE, scope="training:write")
    ended = await jobs.get(job.id, YONGLE, wait=5)
    assert ended.error is not None
    assert ended.error["code"] == "common.internal"
    assert "杨秀英" not in str(ended.error)


async def test_a_job_whose_database_went_away_is_interrupted_and_says_so(jobs: Jobs) -> None:
    async def work(_run: Run) -> None:
        raise ConnectionResetError("5432")

    job = await jobs.start("import", work, principal=YONGLE, scope="training:write")
    ended = await jobs.get(job.id, YONGLE, wait=5)
    assert ended.status == "interrupted"
    assert ended.error is not None
    assert ended.error["code"] == "database.unavailable"


async def test_an_end_is_kept_although_connections_were_cut_meanwhile(jobs: Jobs, pool: Pool) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    await gate.entered.wait()
    await pool.execute(CUT)
    gate.opened.set()
    assert (await jobs.get(job.id, YONGLE, wait=5)).status == "succeeded"
    assert await pool.fetchval("SELECT status FROM jobs") == "succeeded"


async def test_what_a_killed_process_left_is_interrupted_at_the_next_start(
    jobs: Jobs, pool: Pool, vault: MemoryVault
) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    await gate.entered.wait()
    after_the_kill = Jobs(pool, clock=lambda: NOW, ids=system_ids, vault=vault)
    await after_the_kill.open()
    assert (await after_the_kill.get(job.id, YONGLE)).status == "interrupted"


async def test_beside_other_processes_only_silent_jobs_are_interrupted(
    jobs: Jobs, pool: Pool, vault: MemoryVault
) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    await gate.entered.wait()
    now = NOW
    beside = Jobs(pool, clock=lambda: now, ids=system_ids, vault=vault, alone=False)
    await beside.open()
    assert (await beside.get(job.id, YONGLE)).status == "running"
    now = NOW + timedelta(minutes=10)
    await beside.open()
    assert (await beside.get(job.id, YONGLE)).status == "interrupted"


async def test_a_clean_stop_interrupts_what_runs(jobs: Jobs) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    await gate.entered.wait()
    await jobs.stop()
    assert (await jobs.get(job.id, YONGLE)).status == "interrupted"


async def test_old_jobs_go_with_their_keys(jobs: Jobs, pool: Pool, vault: MemoryVault) -> None:
    gate = Gate()
    gate.opened.set()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    await jobs.get(job.id, YONGLE, wait=5)
    sealed = await pool.fetchval("SELECT sealed_result FROM jobs")
    later = Jobs(pool, clock=lambda: NOW + timedelta(days=8), ids=system_ids, vault=vault)
    await later.open()
    assert await pool.fetchval("SELECT count(*) FROM jobs") == 0
    assert await vault.open_many([(job.id, sealed)]) == [None]


@pytest.fixture
async def client(jobs: Jobs, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        "sample",
        title="Sample",
        routers=[],
        runtime=None,
        verifier=issuer.verifier(),
        settings=ServiceSettings(),
        jobs=jobs,
        jobs_scope="registry:read",
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sample") as made:
        yield made


@pytest.fixture
def issuer(tmp_path: Any) -> Issuer:
    return Issuer.from_file(tmp_path / "signing.json", clock=lambda: NOW, ids=system_ids)


def headers(issuer: Issuer, principal: Principal) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.user_token(principal)}"}


async def test_the_routes_of_jobs(jobs: Jobs, client: httpx.AsyncClient, issuer: Issuer) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    await gate.entered.wait()
    shown = (await client.get(f"/v1/jobs/{job.id}", headers=headers(issuer, YONGLE))).json()
    assert (shown["status"], shown["progress"]) == ("running", {"done": 1, "total": 3})
    gate.opened.set()
    waits = headers(issuer, YONGLE) | {"Prefer": "wait=5"}
    done = await client.get(f"/v1/jobs/{job.id}", headers=waits)
    assert (done.status_code, done.headers["location"]) == (303, f"/v1/jobs/{job.id}/result")
    assert done.headers["preference-applied"] == "wait=5"
    assert (done.json()["status"], done.json()["result"]) == ("succeeded", {"names": ["杨秀英"]})
    assert (await client.get(done.headers["location"], headers=waits)).json() == {"names": ["杨秀英"]}
    listed = (await client.get("/v1/jobs", headers=headers(issuer, COUNTY))).json()
    assert [item["id"] for item in listed["items"]] == [str(job.id)]
    assert listed["items"][0]["result"] is None
    assert (await client.delete(f"/v1/jobs/{job.id}", headers=headers(issuer, YONGLE))).status_code == 409
    other = await client.get(f"/v1/jobs/{job.id}", headers=headers(issuer, DATANG))
    none = await client.get(f"/v1/jobs/{uuid4()}", headers=headers(issuer, DATANG))
    same = {"trace_id": "", "instance": ""}
    assert (other.status_code, other.json() | same) == (404, none.json() | same)


async def test_the_rows_of_a_file_are_told_to_whoever_sent_it_and_to_nobody_else(
    jobs: Jobs, client: httpx.AsyncClient, issuer: Issuer
) -> None:
    async def work(_run: Run) -> dict[str, Any]:
        return {"totals": {"rows": 1}, "rows": [{"value": "杨秀英"}], "refused_file": "/registry/v1/imports/1/refused"}

    job = await jobs.start("import", work, principal=YONGLE, scope="training:write")
    await jobs.get(job.id, YONGLE, wait=5)
    own = (await client.get(f"/v1/jobs/{job.id}", headers=headers(issuer, YONGLE))).json()
    assert (own["result"]["totals"], own["errors_url"]) == ({"rows": 1}, "/registry/v1/imports/1/refused")
    rows = await client.get(own["rows_url"], headers=headers(issuer, YONGLE))
    assert (rows.json()["items"], rows.headers["cache-control"]) == ([{"value": "杨秀英"}], "no-store")
    for path in (f"/v1/jobs/{job.id}", f"/v1/jobs/{job.id}/result"):
        other = await client.get(path, headers=headers(issuer, replace(COUNTY, sub="another")))
        assert (other.status_code < 400, "totals" in other.text, "杨秀英" in other.text) == (True, True, False)
        assert not other.json().get("rows_url")
    other = await client.get(own["rows_url"], headers=headers(issuer, replace(COUNTY, sub="another")))
    assert (other.status_code, "杨秀英" in other.text) == (404, False)


def answered(number: int) -> dict[str, Any]:
    """Every hundredth row is refused, every tenth warned of."""
    severities = (["error"] if number % 100 == 0 else []) + (["warning"] if number % 10 == 0 else [])
    outcome = "refused" if number % 100 == 0 else "accepted"
    return {"row": number, "outcome": outcome, "findings": [{"severity": each} for each in severities]}


async def test_the_rows_of_a_file_are_read_in_pages_by_what_became_of_them(
    jobs: Jobs, client: httpx.AsyncClient, issuer: Issuer
) -> None:
    async def work(_run: Run) -> dict[str, Any]:
        return {"rows": (answered(number) for number in range(1, 2_501)), "totals": {}}

    job = await jobs.start("import", work, principal=YONGLE, scope="training:write")
    assert (await jobs.get(job.id, YONGLE, wait=5)).result == {"totals": {}}

    async def numbers(show: str, limit: int) -> tuple[list[int], int]:
        found: list[int] = []
        url, count = f"/v1/jobs/{job.id}/rows?show={show}&limit={limit}&count=exact", 0
        while url:
            page = (await client.get(url, headers=headers(issuer, YONGLE))).json()
            assert len(page["items"]) <= limit
            found += [row["row"] for row in page["items"]]
            url, count = page["next"], page.get("count", count)
        return found, count

    refused = list(range(100, 2_501, 100))
    assert await numbers("all", 499) == (list(range(1, 2_501)), 2_500)
    assert await numbers("outcome:refused", 7) == (refused, 25)
    assert await numbers("severity:error", 25) == (refused, 25)
    assert await numbers("findings", 100) == (list(range(10, 2_501, 10)), 250)
    assert await numbers("outcome:waiting", 100) == ([], 0)


async def test_a_job_that_has_not_succeeded_has_no_result(
    jobs: Jobs, client: httpx.AsyncClient, issuer: Issuer
) -> None:
    gate = Gate()
    job = await jobs.start("import", gate, principal=YONGLE, scope="training:write")
    answer = await client.get(f"/v1/jobs/{job.id}/result", headers=headers(issuer, YONGLE))
    assert (answer.status_code, answer.json()["code"]) == (409, "jobs.no_result")
    running = await client.get(f"/v1/jobs/{job.id}", headers=headers(issuer, YONGLE) | {"Prefer": "wait=0"})
    assert (running.status_code, running.headers["retry-after"]) == (200, "1")
    gate.opened.set()


async def test_a_job_whose_end_could_not_be_written_is_interrupted(jobs: Jobs, pool: Pool) -> None:
    """Else a caller who waits for its end would ask for ever."""
    job = await jobs.start("import", Gate(), principal=YONGLE, scope="training:write")
    jobs._running.pop(job.id)[1].cancel()
    await pool.execute("UPDATE jobs SET status = 'running' WHERE id = $1", job.id)
    assert (await jobs.get(job.id, YONGLE, wait=5)).status == "interrupted"
