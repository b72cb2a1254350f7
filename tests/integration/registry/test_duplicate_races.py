"""Scans killed, scans beside scans, two people at once, a merge inside an import: the same pairs, one decision."""

import asyncio
import random
import signal
from typing import Any

import pytest

from libs.access.tokens import Issuer
from services.registry.adapters.watching import META, watching
from services.registry.domain import pair as p
from services.registry.handlers import pairs, scanning
from tests.integration.registry.house import COUNTY, House
from tests.integration.registry.test_duplicates import HER, one_pair, planted
from tests.integration.registry.twins import alone, answer_pair, mistyped, queue, scanned, take, undo_pair, women_rows
from tests.support.forks import Forked
from tests.support.postgres import free_leases

PAIRS = "SELECT one, other, state, score, signs, version FROM duplicate_pairs ORDER BY pair_id"
EVENTS = "SELECT type, count(*) AS n FROM events WHERE type LIKE 'pair-%' GROUP BY type ORDER BY type"


async def found(house: House) -> list[tuple[Any, ...]]:
    """Every pair as it is kept, after seeing that its stream says the same."""
    for row in await house.runtime.pool.fetch("SELECT pair_id, state, version FROM duplicate_pairs"):
        recorded = await house.runtime.store.load(row["pair_id"])
        state = p.pair.fold(item.event for item in recorded)
        assert (pairs.state_of(state), recorded[-1].version) == (row["state"], row["version"])
    return [tuple(row) for row in await house.runtime.pool.fetch(PAIRS)]


@pytest.fixture
async def filled(house: House) -> House:
    """A register with planted duplicates that nobody has scanned."""
    await take(house, planted()[0])
    return house


async def test_a_scan_killed_at_random_points_finds_the_same_pairs(filled: House, issuer: Issuer) -> None:
    chance = random.Random(7)
    for point in (f"append.{chance.choice(('before', 'after'))}:{number}" for number in chance.sample(range(1, 5), 3)):
        process = Forked(
            "tests.integration.registry.scanner", filled.dsn, filled.keys_dsn, env={"JINGUO_FAILPOINT": point}
        )
        assert await process.ended() in (-signal.SIGKILL, 0)
        await free_leases(filled.dsn)
    await scanning.scan(filled.runtime, META)
    after_kills = await found(filled)
    told = await filled.runtime.pool.fetch(EVENTS)
    assert [(row["type"], row["n"]) for row in told] == [("pair-found", len(after_kills))]
    assert await filled.runtime.pool.fetchval("SELECT count(*) FROM duplicate_changes") == 0
    await scanning.ask_all(filled.runtime, ("0" * 12, "9" * 12))
    await scanning.scan(filled.runtime, META)
    assert await found(filled) == after_kills, "a whole scan finds nothing that the killed ones left out"


async def test_scans_at_once_find_each_pair_once(filled: House) -> None:
    await asyncio.gather(*(scanning.scan(filled.runtime, META, batch=7) for _ in range(4)))
    pairs_found = await found(filled)
    told = await filled.runtime.pool.fetch(EVENTS)
    assert len(pairs_found) >= 12
    assert [(row["type"], row["n"]) for row in told] == [("pair-found", len(pairs_found))]
    assert await filled.runtime.pool.fetchval("SELECT count(*) FROM duplicate_changes") == 0


async def test_of_two_who_decide_at_once_one_is_told_that_it_changed(house: House) -> None:
    pair = await one_pair(house)
    async with house.client() as client:
        seen = {"If-Match": (await client.get(f"/v1/duplicates/{pair}")).headers["ETag"]}
        answers = await asyncio.gather(
            *(
                client.post(f"/v1/duplicates/{pair}/decision", json=body, headers=seen)
                for body in (
                    {"verdict": "same", "survivor": "one"},
                    {"verdict": "different"},
                    {"verdict": "same", "survivor": "other"},
                )
            )
        )
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [200, 412, 412]
        [decided] = [answer.json()["state"] for answer in answers if answer.status_code == 200]
        assert [each["pair_id"] for each in await queue(client, state=decided)] == [pair]
    await found(house)


async def test_a_decision_while_scans_run_stays(filled: House) -> None:
    await scanned(filled)
    async with filled.client() as client:
        chosen = (await queue(client))[:6]
        await scanning.ask_all(filled.runtime, ("0" * 12, "9" * 12))
        scans = [asyncio.create_task(scanning.scan(filled.runtime, META, batch=5)) for _ in range(2)]
        answers = [await answer_pair(client, each["pair_id"], "different") for each in chosen]
        await asyncio.gather(*scans)
        assert [each.status_code for each in answers] == [200] * 6
        await scanned(filled, full=True)
        stayed = {each["pair_id"] for each in await queue(client, state="different")}
    assert stayed == {each["pair_id"] for each in chosen}


async def test_a_merge_while_an_import_runs_loses_nothing(house: House) -> None:
    rows = women_rows(60)
    pair = await one_pair(house)
    twin = alone(HER, 证件号码=mistyped(HER["证件号码"]))
    importing = asyncio.create_task(
        take(house, [*rows[1:], {**HER, "联系电话": "15900000000"}], as_of="2017年12月31日")
    )
    async with house.client() as client:
        merged = await answer_pair(client, pair, "same", "one")
        assert merged.status_code == 200, merged.text
        await importing
        await scanned(house)
        assert [each["pair_id"] for each in await queue(client, state="same")] == [pair]
        parted = await undo_pair(client, pair)
        assert parted.status_code == 200, parted.text
    result = await take(house, [twin], as_of="2017年12月31日")
    assert result["totals"]["rows"] == 1
    assert await house.runtime.pool.fetchval("SELECT count(*) FROM persons WHERE survivor_id IS NOT NULL") == 0
    async with house.client(COUNTY) as client:
        women = (await client.get("/v1/women", params={"limit": 500, "count": "exact"})).json()
    assert women["count"] == 61


async def test_a_change_is_looked_at_by_itself_also_after_a_scan_that_failed(filled: House) -> None:
    pool = filled.runtime.pool
    await pool.execute("ALTER TABLE duplicate_changes RENAME TO away")
    async with watching(filled.runtime, 0.01) as task, asyncio.timeout(60):
        assert task is not None
        while not await pool.fetchval("SELECT count(*) FROM duplicate_pairs"):
            assert not task.done(), "a scan that fails must not end all later ones"
            await pool.execute("ALTER TABLE IF EXISTS away RENAME TO duplicate_changes")
            await asyncio.sleep(0.01)
    assert task.done()
    await scanning.scan(filled.runtime, META)
    assert len(await found(filled)) >= 12
