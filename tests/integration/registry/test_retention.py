"""Kept files go when their time is over, told and once, also when killed; a woman's record is only proposed."""

import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from libs.access.tokens import Issuer
from libs.events import failpoints
from services.registry.adapters.retaining import META
from services.registry.handlers import retaining
from tests.integration.registry.books import book
from tests.integration.registry.exit_walk import Clock
from tests.integration.registry.filled import with_divisions
from tests.integration.registry.house import COUNTY, House, key
from tests.integration.registry.test_erasing import ROWS, bad_row, readable
from tests.support.forks import Forked
from tests.support.postgres import Databases

LATER = timedelta(days=3 * 365 + 400)
EVENTS = "SELECT data FROM events WHERE type = 'files-destroyed' ORDER BY position"


@pytest.fixture
async def small(own_databases: Databases, issuer: Issuer, clock: Clock) -> AsyncIterator[House]:
    """A registry with a kept file and the bad rows of it."""
    clock.now = datetime.now(UTC)
    async with House.open(*await with_divisions(own_databases), issuer, clock=clock) as opened:
        await opened.take_in(Path("r.xlsx"), COUNTY, content=book([*ROWS, bad_row()]))
        yield opened


async def test_files_are_due_by_their_rule_destroyed_once_and_told(small: House, clock: Clock) -> None:
    pool = small.runtime.pool
    assert await retaining.due(pool, clock.now) == []
    clock.now += timedelta(days=200)
    [half] = await retaining.due(pool, clock.now)
    assert (half.kind, half.days, half.way) == ("refused_file", 180, "destroyed")
    assert await retaining.destroy(small.runtime, META) == 1
    assert await retaining.destroy(small.runtime, META) == 0
    assert await small.vault._pool.fetchval("SELECT count(*) FROM subject_keys WHERE shredded_at IS NOT NULL") == 1
    assert ROWS[0]["证件号码"] in await readable(small), "the raw file has its own time"
    clock.now += LATER
    assert [each.kind for each in await retaining.due(pool, clock.now)] == ["raw_file"]
    assert await retaining.destroy(small.runtime, META) == 1
    assert await retaining.due(pool, clock.now) == []
    assert [row["data"]["kinds"] for row in await pool.fetch(EVENTS)] == [["refused_file"], ["raw_file"]]
    again = await small.take_in(Path("r.xlsx"), COUNTY, content=book([*ROWS, bad_row()]))
    assert again["totals"]["unchanged"] == len(ROWS), "the same file may come again"


@pytest.mark.parametrize("point", [each for each in failpoints.POINTS if each.startswith("retention.")])
async def test_a_run_killed_at_any_step_is_finished_by_the_next(point: str, small: House, clock: Clock) -> None:
    clock.now += LATER
    process = Forked(
        "tests.integration.registry.retainer",
        small.dsn,
        small.keys_dsn,
        clock.now.isoformat(),
        env={"JINGUO_FAILPOINT": point},
    )
    assert await process.ended() == -signal.SIGKILL
    for _ in range(2):
        await retaining.destroy(small.runtime, META)
    assert len(await small.runtime.pool.fetch(EVENTS)) == 1
    assert await small.runtime.pool.fetchval("SELECT count(*) FROM import_files WHERE retired_keys <> '{}'") == 0
    assert await small.vault._pool.fetchval("SELECT count(*) FROM subject_keys WHERE shredded_at IS NOT NULL") == 1


async def test_who_left_long_ago_is_proposed_and_never_erased_by_itself(small: House, clock: Clock) -> None:
    pool = small.runtime.pool
    xid = await pool.fetchval("SELECT max(xid) FROM events")
    assert await small.runtime.wait_projected(xid, "women", 10)
    woman = await pool.fetchval("SELECT woman_id FROM women LIMIT 1")
    async with small.client() as client:
        left = await small.seen(client, woman)
        body = {"why": "died", "valid": "2019-05", "reason": "户籍注销证明"}
        assert (await client.post(f"/v1/women/{woman}/leave", json=body, headers=left | key())).status_code == 200
        xid = await pool.fetchval("SELECT max(xid) FROM events")
        assert await small.runtime.wait_projected(xid, "women", 10)
        [due] = await retaining.due(pool, clock.now)
        assert (due.subject, due.kind, due.way, due.since) == (woman, "woman_left", "proposed", "2019-05")
        assert await retaining.destroy(small.runtime, META) == 0
        clear = {"ids": [str(woman)], "clear": True, "reason": "checking"}
        [shown] = (await client.post("/v1/women/names", json=clear)).json()["items"]
        assert shown["name"], "a person decides"
