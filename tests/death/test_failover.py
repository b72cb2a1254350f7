"""A standby takes over that had not received the publisher's last records: readers that had, stop and say so."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from jinguo.postgres import EmbeddedPostgres, as_server_user, binaries
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM
from tests.conftest import MakeDatabase
from tests.death.world import kill_server
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime, open_runtime
from tests.support.postgres import FAST, with_database

__all__ = ["open_runtime"]
SETTINGS = FAST | {"log_min_messages": "warning"}
ARRIVED = "SELECT count(*) FROM published"


class Standby(EmbeddedPostgres):
    """A server that may be asked while it only follows."""

    def ready(self) -> bool:
        lines = self._postmaster_file()
        return self.pid() is not None and len(lines) >= 8 and lines[7].strip() in {"ready", "standby"}


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "primary", settings=SETTINGS)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def standby(primary: EmbeddedPostgres, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A stopped copy that follows the primary when it is started."""
    server = Standby(tmp_path / "standby", settings=SETTINGS)
    server.folder.mkdir(mode=0o700)
    shutil.chown(server.folder, primary.folder.stat().st_uid, primary.folder.stat().st_gid)
    source = ["-d", primary.dsn(), "-D", str(server.folder), "-R", "-X", "stream", "--checkpoint=fast"]
    copying = as_server_user([str(binaries() / "pg_basebackup"), *source])
    subprocess.run(copying, check=True, cwd="/", capture_output=True)
    (server.folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # of the primary's socket, if that lies there
    yield server
    server.stop()


async def _notes(publisher: Runtime, count: int) -> int:
    done = await publisher.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(count)])
    number = await publisher.wait_published(done[-1].xid, 60)  # the lease of a publisher that is lost lasts 30
    assert number is not None
    return number


async def _wait_copied(standby: EmbeddedPostgres, count: int) -> None:
    end = time.monotonic() + 60
    while (there := await _copied(standby)) != count:
        assert time.monotonic() < end, f"the standby has {there} of {count}"


async def _copied(standby: EmbeddedPostgres) -> int:
    """Records the standby has; 0 before it has the database."""
    try:
        connection = await asyncpg.connect(with_database(standby.dsn(), "notes"))
    except asyncpg.InvalidCatalogNameError:
        return 0
    try:
        there: int = await connection.fetchval(ARRIVED)
    except asyncpg.UndefinedTableError:
        return 0
    finally:
        await connection.close()
    return there


async def _promote(standby: EmbeddedPostgres) -> None:
    standby.start()
    connection = await asyncpg.connect(standby.dsn())
    assert await connection.fetchval("SELECT pg_promote(true, 60)")
    await connection.close()


@pytest.mark.parametrize("afterwards", [3, 30], ids=["shorter than what was read", "longer than what was read"])
async def test_readers_of_a_lost_tail_stop_and_say_so(
    primary: EmbeddedPostgres,
    standby: EmbeddedPostgres,
    make_database: MakeDatabase,
    open_runtime: OpenRuntime,
    afterwards: int,
) -> None:
    connection = await asyncpg.connect(primary.dsn())
    await connection.execute("CREATE DATABASE notes STRATEGY FILE_COPY")
    await connection.close()
    source, target = with_database(primary.dsn(), "notes"), await make_database(counting.MIGRATIONS)
    publisher = await open_runtime(counting.notes(), source)
    reader = await open_runtime(counting.reader(), target)
    await publisher.start()
    assert await _notes(publisher, 10) == 10
    standby.start()
    await _wait_copied(standby, 10)
    standby.stop()
    await reader.start({"notes": source})
    assert await _notes(publisher, 5) == 15  # the tail that is lost
    assert await reader.wait_consumed("notes", 15, 30)
    read = await checks.tally(reader.pool, "consumer")
    await reader.stop()
    await publisher.stop()
    kill_server(primary)

    await _promote(standby)
    survivor = with_database(standby.dsn(), "notes")
    again = await open_runtime(counting.notes(), survivor)
    await again.start()
    assert await _notes(again, afterwards) == 10 + afterwards
    after = await open_runtime(counting.reader(), target)
    await after.start({"notes": survivor})
    error = await _error(after)
    assert error.startswith("Fork:")
    assert await checks.tally(after.pool, "consumer") == read
    await checks.chain_is_whole(again.pool, 10 + afterwards)


async def _error(reader: Runtime) -> str:
    end = time.monotonic() + 30
    while True:
        consumer = (await reader.status()).consumers[0]
        if consumer.error is not None:
            return consumer.error
        assert time.monotonic() < end, "the reader went on as if nothing had happened"
