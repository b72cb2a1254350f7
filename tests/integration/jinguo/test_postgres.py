"""The embedded PostgreSQL: made whole, adopted, started again after a kill, refused when it is not ours."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from jinguo.databases import create_missing
from jinguo.postgres import EmbeddedPostgres, PostgresError, buffers
from jinguo.supervisor import keep_running

FAST = {"fsync": "off"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(tmp_path / "postgres", settings=FAST)
    yield made
    made.stop()


def kill(server: EmbeddedPostgres) -> None:
    """kill -9 of the server process, and wait until it is gone."""
    pid = server.pid()
    assert pid is not None
    process = psutil.Process(pid)
    process.kill()
    psutil.wait_procs([process], 10)


def test_it_is_made_started_adopted_and_stopped(server: EmbeddedPostgres) -> None:
    assert server.start()
    again = EmbeddedPostgres(server.folder, settings=FAST)
    assert not again.start()
    assert again.pid() == server.pid()
    again.stop()
    assert server.pid() is None


def test_its_cache_follows_the_memory_there_is() -> None:
    gigabyte = 1 << 30
    assert [buffers(each * gigabyte) for each in (1, 4, 8, 64)] == ["96MB", "256MB", "512MB", "1024MB"]


def test_databases_are_made_once(server: EmbeddedPostgres) -> None:
    server.start()
    assert asyncio.run(create_missing(server, ("a", "b"))) == ["a", "b"]
    assert asyncio.run(create_missing(server, ("a", "b", "c"))) == ["c"]


def test_half_a_cluster_of_a_killed_start_is_made_anew(server: EmbeddedPostgres) -> None:
    draft = server.folder.with_name("postgres.new")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    server.start()
    assert asyncio.run(server.answers())
    assert not draft.exists()


def test_a_killed_server_starts_again_with_its_data(server: EmbeddedPostgres) -> None:
    server.start()
    asyncio.run(create_missing(server, ("kept",)))
    kill(server)
    assert server.start()
    assert asyncio.run(create_missing(server, ("kept",))) == []


def test_a_start_waits_for_the_sessions_of_a_killed_server_whatever_they_still_say(server: EmbeddedPostgres) -> None:
    server.start()
    pid = server.pid()
    assert pid is not None
    session = psutil.Process(pid).children()[0]
    session.suspend()  # it holds the shared memory
    kill(server)
    with ThreadPoolExecutor(1) as other:
        ending = other.submit(end_talking, session, server.log_file)
        assert server.start()
        assert ending.result() >= 2


def end_talking(session: psutil.Process, log_file: Path) -> int:
    """Write as other sessions that end do, until the server was refused twice; then let the last session end."""
    refused, deadline = 0, time.monotonic() + 60
    while refused < 2 and time.monotonic() < deadline:
        with log_file.open("a") as log:
            log.write("FATAL:  terminating connection due to unexpected postmaster exit\n" * 5)
        refused = log_file.read_text().count("shared memory block")
    session.kill()
    return refused


def test_a_number_that_now_belongs_to_another_program_is_not_taken_for_the_server(server: EmbeddedPostgres) -> None:
    server.start()
    file = server.folder / "postmaster.pid"
    lines = file.read_text().splitlines()
    server.stop()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert server.pid() is None
    assert server.start()


def test_a_server_that_hangs_does_not_answer_and_can_be_stopped(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jinguo.postgres._ANSWER_SECONDS", 0.3)
    server.start()
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert not asyncio.run(server.answers())
    server.stop(timeout=0.3)
    assert server.pid() is None


def test_data_of_another_major_version_are_refused_with_the_way_out(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    version = server.folder / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(PostgresError, match="make a backup with the old version"):
        server.start()
    version.write_text("18\n")


def test_a_folder_with_a_long_path_works_too(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("long" * 30) / "postgres", settings=FAST)
    server.folder.parent.mkdir()
    try:
        server.start()
        assert asyncio.run(server.answers())
        assert len(os.fsencode(EmbeddedPostgres(server.folder).dsn())) < 300
    finally:
        server.stop()


def test_it_opens_no_port(server: EmbeddedPostgres) -> None:
    server.start()
    pid = server.pid()
    assert pid is not None
    listening = [each for each in psutil.Process(pid).net_connections("inet") if each.status == psutil.CONN_LISTEN]
    assert listening == []


def test_the_supervisor_starts_a_killed_server_again(server: EmbeddedPostgres) -> None:
    async def watch() -> int | None:
        watching = asyncio.create_task(keep_running(server))
        await asyncio.sleep(0)
        await asyncio.to_thread(kill, server)
        async with asyncio.timeout(30):
            while not await server.answers():  # noqa: ASYNC110 - another process comes up
                await asyncio.sleep(0.05)
        watching.cancel()
        return server.pid()

    server.start()
    before = server.pid()
    after = asyncio.run(watch())
    assert after is not None
    assert after != before
