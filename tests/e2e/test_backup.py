"""A backup restored into another folder gives the same figures and names; damaged or swapped files are refused."""

import asyncio
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from jinguo.folder import DataFolder
from services import SERVICES
from tests.e2e.figures import plain
from tests.e2e.product import COUNTY, ROSTERS, Product, product


def restore(file: Path, into: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "jinguo", "restore", str(file), "--data", str(into), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def backup(loaded: Product, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup made while jinguo runs."""
    file = tmp_path_factory.mktemp("backup") / "county.backup"
    printed = loaded.cli("backup", "--to", file).stdout
    assert printed.strip() == str(file)
    return file


def log_ids(running: Product) -> dict[str, object]:
    async def read() -> dict[str, object]:
        found: dict[str, object] = {}
        for service in SERVICES:
            connection = await asyncpg.connect(running.postgres.dsn(service))
            found[service] = await connection.fetchval("SELECT feed_log_id()")
            await connection.close()
        return found

    return asyncio.run(read())


def test_a_restored_backup_gives_equal_figures_and_goes_on(loaded: Product, backup: Path, tmp_path: Path) -> None:
    done = restore(backup, tmp_path / "data")
    assert done.returncode == 0, done.stderr
    with product(tmp_path / "data") as restored:
        restored.start()
        assert restored.report() == loaded.report()
        assert _names(restored) == _names(loaded)
        old, new = log_ids(loaded), log_ids(restored)
        assert all(old[service] != new[service] for service in ("registry", "training"))
        again = restored.json("training", "import", *ROSTERS, "--unit", COUNTY, "--format", "json")
        assert [one["totals"]["women_matched"] for one in again] == [38, 21]
        _decide_one(restored)
        assert json.loads(restored.cli("doctor", "--json", ok=False).stdout)["state"] != "FAIL"


def _names(running: Product) -> list[object]:
    """The women of one village with their names in clear: the keys were restored too."""
    with running.client() as client:
        query = {"division": "522634204000", "clear": "true", "reason": "checking", "limit": 100}
        page = client.get("/registry/v1/women", params=query).raise_for_status().json()
    assert page["items"]
    return sorted(json.dumps(item, sort_keys=True) for item in page["items"])


def _decide_one(running: Product) -> None:
    """What is written after the restore arrives in the reports."""
    before = running.report()["total"]["matched"]
    waiting = running.json("training", "decide", "--list", "--format", "json")["items"]
    ids = [part for row in waiting if row.get("woman_id") or row.get("candidate") for part in ("--confirm", row["id"])]
    running.cli("training", "decide", *(ids or [part for row in waiting for part in ("--confirm", row["id"])]))
    assert running.report()["total"]["matched"] > before


def test_the_backup_and_its_keys_are_apart_and_private(backup: Path) -> None:
    keys = backup.with_name("county.keys")
    for file in (backup, keys):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"subject_keys" not in backup.read_bytes()


def test_a_backup_is_made_while_jinguo_is_stopped(fresh: Product) -> None:
    fresh.start()
    fresh.stop()
    printed = fresh.cli("backup").stdout.strip()
    assert Path(printed).parent == fresh.folder.backups
    assert fresh.postgres.pid() is None


def test_a_damaged_backup_is_refused_and_leaves_nothing(backup: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "county.backup"
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    shutil.copy(backup.with_name("county.keys"), tmp_path / "county.keys")
    done = restore(damaged, tmp_path / "data")
    assert done.returncode == 1
    assert "[restore.damaged]" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["county.backup", "county.keys"]


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_text("hello")
    (tmp_path / "a.keys").write_text("hello")
    done = restore(tmp_path / "a.backup", tmp_path / "data")
    assert done.returncode == 1
    assert "[restore.not_a_backup]" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_its_keys_a_backup_is_not_restored(backup: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.backup"
    shutil.copy(backup, alone)
    done = restore(alone, tmp_path / "data")
    assert done.returncode == 1
    assert "[restore.no_keys]" in done.stderr


def test_a_folder_that_is_in_use_is_never_overwritten(loaded: Product, backup: Path) -> None:
    before = plain(loaded.report(COUNTY))
    done = restore(backup, loaded.folder.path)
    assert done.returncode == 1
    assert "[restore.not_empty]" in done.stderr
    assert plain(loaded.report(COUNTY)) == before
    assert DataFolder(loaded.folder.path).running() is not None
