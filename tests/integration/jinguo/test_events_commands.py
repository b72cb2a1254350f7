"""The logs of a machine as an operator sees them: as of then, true by then, and never a person's data."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from jinguo.cli.app import run
from jinguo.databases import create_missing
from jinguo.folder import DataFolder
from jinguo.postgres import EmbeddedPostgres
from libs.events.personal import Personal
from libs.events.pool import connect, make_pool
from libs.events.postgres import PostgresStore
from libs.events.schema import migrate
from libs.events.store import NO_STREAM, Append
from libs.events.testing.store_suite import META, Counted, Named, suite_codec
from libs.events.testing.timer_suite import MINUTE, NOON, Fired, a_timer
from libs.events.timers import PostgresTimers
from libs.events.vault import MemoryVault
from libs.values.valid_date import local_date
from services import SERVICES
from tests.support.postgres import FAST

STREAM, OTHER = UUID(int=11), UUID(int=12)
NAME = "杨花"


async def _fill(dsn: str) -> None:
    """Three events of one stream: learnt in this order, true in another."""
    await migrate(dsn)
    pool = await make_pool(dsn, name="test")
    store = PostgresStore(pool, suite_codec(), MemoryVault(), ids=uuid7)
    for version, valid in enumerate(("2016-05", "2015", "2017-01-01/2017-02-01")):
        events = [Named(Personal(STREAM, NAME))] if version == 1 else [Counted(version)]
        await store.append(Append(STREAM, version or NO_STREAM, events, replace(META, valid=valid)))
    await store.append(Append(OTHER, NO_STREAM, [Counted(n) for n in range(30)], META))
    await pool.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataFolder]:
    """An installation whose server runs; only training has events."""
    found = DataFolder(tmp_path_factory.mktemp("events") / "data")
    with ExitStack() as stack:
        stack.enter_context(found.owned())
        server = EmbeddedPostgres(found.postgres, settings=FAST)
        server.start()
        stack.callback(server.stop)
        asyncio.run(create_missing(server))
        for name in (name for name in SERVICES if name != "training"):
            asyncio.run(migrate(server.dsn(name)))
        asyncio.run(_fill(server.dsn("training")))
        yield found


@pytest.fixture
def ask(folder: DataFolder, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command of `jinguo events` and give what it prints."""

    def asked(*words: str, status: int = 0) -> str:
        assert run(["events", *words, "--data", str(folder.path)]) == status
        shown = capsys.readouterr()
        return shown.out + shown.err

    return asked


def test_a_stream_is_shown_with_its_times_and_doer_and_without_anybodys_data(ask: Any) -> None:
    shown = ask("stream", str(STREAM))
    assert [word in shown for word in ("named", "counted", "2016-05", META.actor, "3 events of training")] == [True] * 5
    assert NAME not in shown
    assert "sealed" not in shown


def test_a_stream_is_shown_as_of_a_version_and_an_instant(ask: Any) -> None:
    def versions(*words: str) -> list[int]:
        return [item["version"] for item in json.loads(ask("stream", str(STREAM), "--format", "json", *words))["items"]]

    items = json.loads(ask("stream", str(STREAM), "--format", "json"))["items"]
    assert [item["version"] for item in items] == [1, 2, 3]
    assert versions("--as-of", "2") == [1, 2]
    assert versions("--as-of", items[1]["recorded_at"]) == [1, 2]
    today = local_date(datetime.fromisoformat(items[2]["recorded_at"]))
    assert versions("--as-of", today.isoformat()) == [1, 2, 3], "a day is meant to its end, in local time"
    assert versions("--true-by", "2016-05-01") == [1, 2]
    assert versions("--true-by", "2015-12-31") == [2]


def test_what_was_not_yet_there_is_said_so(ask: Any) -> None:
    assert "No service has a stream" in ask("stream", str(STREAM), "--as-of", "2001-01-01", status=1)
    assert "name a version (7)" in ask("stream", str(STREAM), "--as-of", "yesterday", status=2)


def test_the_end_of_a_log_is_shown_the_newest_last(ask: Any) -> None:
    found = json.loads(ask("tail", "training", "--last", "5", "--format", "json"))["items"]
    assert [item["number"] for item in found] == [29, 30, 31, 32, 33]
    assert "counted" in ask("tail", "training")
    assert "Nothing yet" in ask("tail", "registry", "--published")
    assert "There is no service nobody" in ask("tail", "nobody", status=2)


def test_a_database_of_an_older_version_is_named_with_what_to_do(folder: DataFolder, ask: Any) -> None:
    dsn = EmbeddedPostgres(folder.postgres).dsn("reporting")

    async def execute(sql: str) -> None:
        connection = await connect(dsn)
        await connection.execute(sql)
        await connection.close()

    asyncio.run(execute("ALTER TABLE published RENAME TO published_once"))
    assert "start it once: jinguo up" in ask("tail", "reporting", "--published", status=1)
    asyncio.run(execute("ALTER TABLE published_once RENAME TO published"))


def test_timers_that_wait_are_listed_with_what_went_wrong(
    folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    def listed(*words: str) -> str:
        assert run(["timers", "list", *words, "--data", str(folder.path)]) == 0
        return capsys.readouterr().out

    async def fill() -> None:
        pool = await make_pool(EmbeddedPostgres(folder.postgres).dsn("training"), name="test")
        timers = PostgresTimers(pool)
        await timers.set(None, a_timer(NOON, "training.waitlist", course="7"))
        await timers.set(None, bad := a_timer(NOON - MINUTE, "training.waitlist"))
        await timers.fire(NOON, ["training.waitlist"], Fired(failing=bad.id))
        await pool.close()

    assert "No timer waits" in listed()
    asyncio.run(fill())
    items = json.loads(listed("--format", "json"))["items"]
    assert [(item["service"], item["attempts"], item["error"]) for item in items] == [
        ("training", 0, None),
        ("training", 1, "LookupError"),
    ]
    shown = listed()
    assert [word in shown for word in ("training.waitlist", "LookupError", "course=7", "2016-05-03 20:00")] == [
        True
    ] * 4


def test_the_lag_of_readers_is_told_also_inside_a_window_and_of_a_forwarder(folder: DataFolder, ask: Any) -> None:
    dsn = EmbeddedPostgres(folder.postgres).dsn("training")

    async def execute(sql: str) -> None:
        connection = await connect(dsn)
        await connection.execute(sql)
        await connection.close()

    asyncio.run(
        execute("""
        INSERT INTO cursors (name, prev, cur, page_position)
        VALUES ('projection.new', NULL, NULL, 0), ('projection.half', '1:1:', pg_current_snapshot(), 30);
        INSERT INTO cursors (name, last_number) VALUES ('forwarder', 1);
        INSERT INTO published SELECT n, 0, n - 1, gen_random_uuid(), 'a', gen_random_uuid(), '{}', '{}', now()
        FROM generate_series(1, 2) n
        """)
    )
    found = json.loads(ask("status", "--format", "json"))
    lags = {row["reader"]: (row["at"], row["head"], row["lag"]) for row in found if row["service"] == "training"}
    assert lags == {"projection.new": (0, 33, 33), "projection.half": (30, 33, 3), "forwarder": (1, 2, 1)}


def test_a_folder_without_data_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["events", "tail", "training", "--data", str(tmp_path)]) == 1
    assert "holds no data of jinguo" in capsys.readouterr().err


async def test_a_clock_set_back_leaves_a_beginning_of_the_stream(make_database: Any) -> None:
    """As of an instant nothing behind the first later event counts, whatever time it bears."""
    from tests.conftest import KERNEL

    pool = await make_pool(await make_database(KERNEL), name="test")
    store = PostgresStore(pool, suite_codec(), MemoryVault(), ids=uuid7)
    await store.append(Append(STREAM, NO_STREAM, [Counted(1), Counted(2), Counted(3)], META))
    first = (await store.load(STREAM))[0].recorded_at
    await pool.execute("ALTER TABLE events DISABLE TRIGGER events_stay")
    await pool.execute("UPDATE events SET recorded_at = $1 WHERE version = 2", first + timedelta(days=1))
    assert [each.version for each in await store.load_as_of(STREAM, first + timedelta(hours=1))] == [1]
    await pool.close()
