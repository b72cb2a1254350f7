"""An import killed at any moment is finished by bringing the same file again, as if nothing had happened."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from libs.access.tokens import Issuer
from libs.events.pool import connect
from services.registry.settings import RegistrySettings
from tests.integration.registry.filled import LEISHAN, with_divisions, with_register
from tests.integration.registry.house import COUNTY, House
from tests.support.forks import Forked
from tests.support.postgres import Databases, free_leases

# Slows down COMMIT itself, for appends of the middle of the file, so that the kill falls inside it.
SLOW_COMMIT = """
CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(0.5);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON household_codes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.division = '522634102205') EXECUTE FUNCTION slow_commit();
"""
COMMITTING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ILIKE 'COMMIT%'"


def start(dsn: str, keys_dsn: str, **environment: str) -> Forked:
    return Forked("tests.integration.registry.importer", dsn, keys_dsn, LEISHAN, env=environment)


async def finished_by_another_try(dsn: str, keys_dsn: str, issuer: Issuer) -> dict[str, Any]:
    """The register's figures after the same file was brought once more (the dead reader's lease is not waited for)."""
    await free_leases(dsn)
    async with House.open(dsn, keys_dsn, issuer) as house:
        before = await house.runtime.pool.fetchval("SELECT count(*) FROM events WHERE type = 'woman-registered'")
        assert 0 <= before < 941, "the kill came while the file was being taken in"
        result = await house.take_in(LEISHAN, COUNTY)
        assert result["totals"]["refused"] == 0
        assert result["totals"]["women"] == 941
        return await house.figures()


@pytest.fixture
async def undisturbed(own_databases: Databases, issuer: Issuer, known: dict[str, Any]) -> dict[str, Any]:
    """Figures of an import that nobody killed; found out once."""
    if not known:
        async with House.open(*await with_register(own_databases), issuer) as house:
            known.update(await house.figures())
    return known


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """What the undisturbed import left, for all tests of this module."""
    return {}


@pytest.mark.parametrize(
    "point",
    [
        "append.keys_written:2",  # the import has been announced; the first households have keys and no events
        "append.keys_written:5",
        "append.before:4",
        "append.after:5",  # appended, not committed
    ],
)
async def test_killed_between_key_append_and_commit_it_is_finished_by_another_try(
    point: str, own_databases: Databases, issuer: Issuer, undisturbed: dict[str, Any]
) -> None:
    dsn, keys_dsn = await with_divisions(own_databases)
    assert await start(dsn, keys_dsn, JINGUO_FAILPOINT=point).ended() == -signal.SIGKILL
    assert await finished_by_another_try(dsn, keys_dsn, issuer) == undisturbed


async def test_killed_inside_commit_it_is_finished_by_another_try(
    own_databases: Databases, issuer: Issuer, undisturbed: dict[str, Any]
) -> None:
    dsn, keys_dsn = await with_divisions(own_databases)
    connection = await connect(dsn)
    await connection.execute(SLOW_COMMIT)
    process = start(dsn, keys_dsn)
    async with asyncio.timeout(60):
        while not await connection.fetchval(COMMITTING):
            assert process.poll() is None, "the import ended before its slow commit"
            await asyncio.sleep(0.01)
    process.kill()
    await connection.execute("DROP TRIGGER slow ON household_codes")
    await connection.close()
    assert await finished_by_another_try(dsn, keys_dsn, issuer) == undisturbed


def files_in(folder: Path) -> dict[str, int]:
    """Every file with who may look into its folder."""
    return {path.name: path.parent.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}


async def test_rows_that_a_killed_import_left_on_disk_go_at_the_next_start(
    own_databases: Databases, issuer: Issuer, tmp_path: Path
) -> None:
    dsn, keys_dsn = await with_divisions(own_databases)
    killed = start(dsn, keys_dsn, JINGUO_FAILPOINT="append.after:5", REGISTRY_TEMP_FOLDER=str(tmp_path))
    assert await killed.ended() == -signal.SIGKILL
    left = files_in(tmp_path)
    assert {"upload", "spool.db", "answered.db"} <= set(left)
    assert set(left.values()) == {0o700}
    await free_leases(dsn)
    async with House.open(dsn, keys_dsn, issuer, settings=RegistrySettings(temp_folder=tmp_path)):
        assert files_in(tmp_path) == {}
