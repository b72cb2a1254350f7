"""When a swap has to wait, when a version beside is worth nothing any more, and what checksums say."""

from typing import Any

import pytest

from libs.events import projection_versions, rebuild, rebuild_cut, restore
from libs.events.checksums import checksums
from libs.events.pool import connect
from libs.events.rebuild import Rebuild, source_of
from libs.events.runtime import Runtime
from libs.events.types import Connection
from libs.values.errors import Conflict, Refused, Unavailable
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.test_rebuild import served


@pytest.fixture
async def notes(make_database: MakeDatabase) -> str:
    return await make_database(counting.MIGRATIONS)


@pytest.fixture
async def runtime(open_runtime: OpenRuntime, notes: str) -> Runtime:
    return await served(open_runtime, notes)


def of(dsn: str) -> Rebuild:
    return Rebuild(dsn, source_of(counting.notes(), "tally"))


@pytest.mark.parametrize("reads", ["SELECT count(*) FROM tally", "SELECT count(*) FROM events"])
async def test_a_swap_waits_for_a_report_that_still_reads_and_names_it(
    reads: str, runtime: Runtime, notes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for one that has only a snapshot by now: it would read the new tables as they were before the cut."""
    await of(notes).build()
    reader = await connect(notes, name="long report")
    transaction = reader.transaction(isolation="repeatable_read", readonly=True)
    await transaction.start()
    await reader.fetchval(reads)
    monkeypatch.setattr(rebuild, "PATIENCE", 0.0)
    with pytest.raises(Unavailable, match="long report has read tally"):
        await of(notes).swap()
    before = await reader.fetchval("SELECT sum(total) FROM tally")
    assert [each.state for each in await projection_versions.of_all(runtime.pool)] == ["serving", "beside"]
    await transaction.rollback()
    await reader.close()
    await of(notes).swap()
    assert await runtime.pool.fetchval("SELECT sum(total) FROM tally") == before


async def test_a_read_model_too_large_to_be_looked_through_in_a_moment_is_said_so(
    runtime: Runtime, notes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The serving reader is held meanwhile, so the server ends that after a while, whoever works on."""
    await of(notes).build()
    look = rebuild_cut.differences

    async def slowly(tx: Connection, *arguments: Any, **more: Any) -> Any:
        await tx.execute("SELECT pg_sleep(1)")
        return await look(tx, *arguments, **more)

    monkeypatch.setattr(rebuild_cut, "differences", slowly)
    monkeypatch.setattr(rebuild_cut, "LIMITS", rebuild_cut.LIMITS.replace("'20s'", "'500ms'"))
    with pytest.raises(Unavailable, match=r"Looking through 40 rows .* nothing was changed"):
        await of(notes).swap()
    assert [each.state for each in await projection_versions.of_all(runtime.pool)] == ["serving", "beside"]


async def test_after_a_restore_a_version_beside_can_only_be_dropped(runtime: Runtime, notes: str) -> None:
    await of(notes).build()
    await runtime.stop()
    connection = await connect(notes)
    async with connection.transaction():
        await restore.lower(connection, runtime.ids)
    await connection.close()
    with pytest.raises(Refused, match="before the database was restored"):
        await of(notes).build()
    assert await of(notes).drop() == 2
    assert (await of(notes).build()).equal


async def test_a_version_that_has_read_more_than_the_serving_one_is_refused(runtime: Runtime, notes: str) -> None:
    await of(notes).build()
    await runtime.stop()
    connection = await connect(notes)
    await connection.execute("UPDATE cursors SET prev = '3:3:' WHERE name = 'projection.tally'")
    await connection.close()
    with pytest.raises(Conflict, match="was set back"):
        await of(notes).compare()


async def test_checksums_do_not_depend_on_order_settings_or_ignored_columns(runtime: Runtime, notes: str) -> None:
    del runtime
    connection = await connect(notes)
    await connection.execute("""
        CREATE SCHEMA one; CREATE SCHEMA two;
        CREATE TABLE one.t (k int, at timestamptz, b bytea, kept timestamptz);
        CREATE TABLE two.t (kept timestamptz, b bytea, at timestamptz, k int);
        INSERT INTO one.t SELECT n, '2016-05-03 08:00+08', '\\x0a', '2016-01-01' FROM generate_series(1, 50) n;
        INSERT INTO two.t SELECT '2017-01-01', '\\x0a', '2016-05-03 00:00+00', n FROM generate_series(50, 1, -1) n;
    """)
    one = await summed(connection, "one", ("kept",))
    await connection.execute("SET timezone = 'Asia/Shanghai'; SET bytea_output = 'escape'")
    assert await summed(connection, "two", ("kept",)) == one
    assert await summed(connection, "two", ()) != await summed(connection, "one", ())
    await connection.execute("UPDATE two.t SET k = k + 1 WHERE k = 50")
    changed = await summed(connection, "two", ("kept",))
    assert (changed.rows, changed.digest != one.digest) == (50, True)
    await connection.execute("DELETE FROM one.t; DELETE FROM two.t")
    assert await summed(connection, "one", ()) == await summed(connection, "two", ())
    await connection.close()


async def summed(connection: Any, schema: str, ignoring: tuple[str, ...]) -> Any:
    return (await checksums(connection, ["t"], schema=schema, ignoring=ignoring))["t"]
