"""An erased woman is gone from every table, kept file and result; a killed erasure is finished by the next call."""

import io
import signal
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from jinguo.restore import erase_again
from libs.events import failpoints, sealing
from libs.events.pool import connect
from libs.events.vault_postgres import PostgresVault
from libs.events.verifying.check import snapshot
from libs.values.resident_id import key as first18
from services.registry.adapters import erasing
from services.registry.handlers import files
from services.registry.verification import check_erasures
from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.eraser import order
from tests.integration.registry.house import COUNTY, House, key
from tests.support.forks import Forked

ROWS = rows_of("方祥乡", 30)
REQUEST, UNLAWFUL = {"reason": "request"}, {"reason": "unlawful"}


@pytest.fixture
async def small(house: House) -> House:
    """A registry with some households of one township, and a file of bad rows."""
    await house.take_in(Path("r.xlsx"), COUNTY, content=book([*ROWS, bad_row()]))
    return house


def bad_row() -> Row:
    """A row of the first household without an id, under the name of one of its women."""
    return {**women_rows()[0], "证件号码": "", "人编号": None}


def women_rows() -> list[Row]:
    return [row for row in ROWS if int(str(row["证件号码"])[16]) % 2 == 0]


async def woman_of(house: House, row: Row) -> UUID:
    """The id under which a row's woman is registered."""
    token = house.vault.token("resident_id", first18(str(row["证件号码"])))
    found: UUID = await house.runtime.pool.fetchval("SELECT person_id FROM persons WHERE id_token = $1", token)
    return found


async def everything(dsn_or_pool: Any) -> str:
    """All rows of all tables as text."""
    tables = await dsn_or_pool.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    texts = [
        row["t"]
        for table in tables
        for row in await dsn_or_pool.fetch(f'SELECT to_jsonb(x)::text AS t FROM "{table["name"]}" x')
    ]
    return "\n".join(texts)


async def readable(house: House) -> str:
    """Everything anybody who has the databases and the master key can read, files included."""
    found = [await everything(house.runtime.pool)]
    keys = await connect(house.keys_dsn)
    known = await keys.fetch(
        "SELECT subject_id, key_version, wrapped_key FROM subject_keys WHERE wrapped_key IS NOT NULL"
    )
    await keys.close()
    opened = [
        (row["subject_id"], sealing.unwrap(b"m" * 32, row["subject_id"], row["key_version"], row["wrapped_key"]))
        for row in known
    ]
    subjects = dict(opened)
    for row in await house.runtime.pool.fetch("SELECT data FROM events"):
        found += [sealing.unseal(subjects[s], s, text) for s, text in sealed_in(row["data"]) if s in subjects]
    async for kept in files.all_kept(house.runtime.pool, house.vault):
        found += [cells(path) for path in (kept.raw, kept.refused) if path and path.stat().st_size]
    return "\n".join(found)


def sealed_in(data: Any) -> list[tuple[UUID, str]]:
    if isinstance(data, dict):
        if data.get("sealed") and "subject" in data:
            return [(UUID(data["subject"]), data["sealed"])]
        return [each for value in data.values() for each in sealed_in(value)]
    return [each for value in data for each in sealed_in(value)] if isinstance(data, list) else []


def cells(path: Path) -> str:
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
    assert sheet is not None
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


async def test_nothing_of_an_erased_woman_can_be_read_any_more_and_others_lose_nothing(small: House) -> None:
    row, other = women_rows()[0], women_rows()[-1]
    woman = await woman_of(small, row)
    before = await readable(small)
    assert before.count(row["证件号码"]) >= 2, "in an event and in the kept file"
    assert before.count(row["姓名"]) >= 4, "in an event, twice in the kept file, and in the file of bad rows"
    async with small.client() as client:
        seen = {**await small.seen(client, woman), "Prefer": "respond-async"}
        done = await small.result(client, await client.post(f"/v1/women/{woman}/erase", json=UNLAWFUL, headers=seen))
        left = (await client.get("/v1/jobs")).json()["items"]
        assert [job["kind"] for job in left] == ["erase"], "results of imports may quote her"
        assert left[0]["progress"] == {"done": 1, "total": 1}
    assert (done["woman_id"], done["files"]) == (str(woman), 1)
    xid = await small.runtime.pool.fetchval("SELECT max(xid) FROM events")
    assert await small.runtime.wait_projected(xid, "women", 10)
    after = await readable(small)
    assert row["证件号码"] not in after
    assert row["姓名"] not in after
    assert after.count(other["证件号码"]) == before.count(other["证件号码"]) == 2
    again = await small.take_in(Path("r.xlsx"), COUNTY, content=book(ROWS))
    assert again["totals"]["refused"] == 1
    assert row["证件号码"] not in await readable(small), "a file that brings her again is kept without her"


async def test_a_registered_womans_data_are_kept_until_she_has_left_poverty(small: House) -> None:
    pool = small.runtime.pool
    woman = await pool.fetchval("SELECT woman_id FROM women WHERE status = 'not_exited' LIMIT 1")
    async with small.client() as client:
        refused = await small.decide(client, woman, "erase", REQUEST)
        assert (refused.status_code, refused.json()["code"]) == (409, "registry.erasure_still_registered")
        stale = await client.post(f"/v1/women/{woman}/erase", json=UNLAWFUL, headers={"If-Match": '"7"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "events.stale")
        assert (await small.decide(client, woman, "erase", {"reason": "张三要求"})).status_code == 422
        assert (await client.get(f"/v1/women/{woman}")).json()["name"] is not None
        await client.post(f"/v1/women/{woman}/exit", json={"valid": "2017-05"}, headers=key())
        await small.erase(client, woman, "request")
    said = await pool.fetchrow("SELECT data, meta FROM events WHERE type = 'woman-erased'")
    assert said["data"] == {"woman_id": str(woman), "reason": "request"}
    assert said["meta"]["actor"] == f"federation-{COUNTY}"


async def test_all_records_of_one_woman_are_erased_together(small: House) -> None:
    first, second, third = [await woman_of(small, row) for row in women_rows()[:3]]
    async with small.client() as client:
        for merged, into in ((first, second), (second, third)):
            merging = await small.decide(client, merged, "merge", {"into": str(into)})
            assert merging.status_code == 200, merging.text
        await small.erase(client, second)
    told = await small.runtime.pool.fetch("SELECT stream_id FROM events WHERE type = 'woman-erased' ORDER BY position")
    assert [row["stream_id"] for row in told] == [first, second, third]
    await small.runtime.wait_projected(await small.runtime.pool.fetchval("SELECT max(xid) FROM events"), "women", 10)
    left = await small.runtime.pool.fetch("SELECT sealed FROM women WHERE woman_id = ANY($1)", [first, second, third])
    assert [row["sealed"] for row in left] == [{}, {}, {}]


async def unfinished(house: House) -> bool:
    """Whether `jinguo verify` names an erasure that was begun and not finished."""
    async with snapshot(house.dsn) as registry, snapshot(house.keys_dsn) as keys:
        return not (await check_erasures(registry, keys)).good


async def test_a_restored_log_destroys_again_the_keys_that_an_older_keys_file_brings_back(small: House) -> None:
    woman, other = [await woman_of(small, row) for row in women_rows()[:2]]
    pool = small.runtime.pool
    await erasing.erase(small.runtime, order(woman))
    older = await small.vault._pool.fetchval("SELECT wrapped_key FROM subject_keys WHERE subject_id = $1", other)
    await small.vault._pool.execute(
        "UPDATE subject_keys SET wrapped_key = $2, shredded_at = NULL WHERE subject_id = $1", woman, older
    )
    assert await erase_again(pool, small.vault) == 1
    left = await small.vault._pool.fetch("SELECT subject_id FROM subject_keys WHERE shredded_at IS NOT NULL")
    assert woman in {row["subject_id"] for row in left}
    assert other not in {row["subject_id"] for row in left}


POINTS = [point for point in failpoints.POINTS if point.startswith("erase.")]


@pytest.mark.parametrize("point", POINTS)
async def test_an_erasure_killed_at_any_step_is_finished_by_another_call(point: str, small: House) -> None:
    row = women_rows()[0]
    woman = await woman_of(small, row)
    process = Forked(
        "tests.integration.registry.eraser", small.dsn, small.keys_dsn, woman, env={"JINGUO_FAILPOINT": point}
    )
    assert await process.ended() == -signal.SIGKILL
    assert await unfinished(small) == (point != "erase.told")
    for _ in range(2):
        await erasing.erase(small.runtime, order(woman))
    assert await small.runtime.pool.fetchval("SELECT count(*) FROM events WHERE type = 'woman-erased'") == 1
    assert not await unfinished(small)
    text = await readable(small)
    assert row["证件号码"] not in text
    assert await small.runtime.pool.fetchval("SELECT count(*) FROM import_files WHERE retired_keys <> '{}'") == 0
    assert await small.runtime.pool.fetchval("SELECT count(*) FROM jobs") == 0


async def test_a_process_that_held_her_key_forgets_it_and_refuses_to_write_of_her(
    small: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    woman = await woman_of(small, women_rows()[0])
    elsewhere = await PostgresVault.open(small.keys_dsn, b"m" * 32)
    await elsewhere.ensure([woman])
    await erasing.erase(small.runtime, order(woman))
    monkeypatch.setattr("libs.events.vault_postgres.FORGET_AFTER", 0.0)
    with pytest.raises(Exception, match="erased"):
        await elsewhere.ensure([woman])
    assert woman not in elsewhere._held
    await elsewhere.close()
