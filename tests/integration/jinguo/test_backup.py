"""The backup of the night, and how many are kept."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jinguo.backup import KEEP, backup_now
from jinguo.backups import made, newest
from jinguo.databases import create_missing
from jinguo.folder import DataFolder
from jinguo.nightly import run_nightly
from jinguo.postgres import EmbeddedPostgres
from libs.values.errors import Invalid


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A stopped installation with empty databases."""
    found = DataFolder(tmp_path_factory.mktemp("backup") / "data")
    with found.owned():
        found.secret("master.key")
        server = EmbeddedPostgres(found.postgres)
        server.start()
        asyncio.run(create_missing(server))
        server.stop()
    return found


def ticking(start: datetime, step: timedelta) -> Iterator[datetime]:
    while True:
        yield start
        start += step


def test_a_night_that_has_passed_is_made_good_after_the_start(folder: DataFolder) -> None:
    moments = ticking(datetime.now(UTC) + timedelta(days=2), timedelta(minutes=10))

    async def night() -> None:
        working = asyncio.create_task(run_nightly(folder, lambda: next(moments)))
        async with asyncio.timeout(60):
            while newest(folder) is None:  # noqa: ASYNC110 - made by another process
                await asyncio.sleep(0.02)
        working.cancel()

    asyncio.run(night())
    assert len(made(folder)) == 1


def test_seven_backups_stay_and_the_newest_keys_only(folder: DataFolder) -> None:
    for number in range(KEEP + 1):
        (folder.backups / f"2020010{number}T180000Z.backup").touch()
        (folder.backups / f"2020010{number}T180000Z.keys").touch()
    done = backup_now(folder)
    assert len(made(folder)) == KEEP
    assert newest(folder) == done.file
    assert list(folder.backups.glob("*.keys")) == [done.keys_file]
    assert not list(folder.backups.glob(".*")), "drafts are removed"


def test_a_file_that_exists_is_never_overwritten(folder: DataFolder, tmp_path: Path) -> None:
    file = tmp_path / "kept.backup"
    file.write_text("mine")
    with pytest.raises(Invalid, match="exists already"):
        backup_now(folder, file)
    assert file.read_text() == "mine"


def test_a_folder_without_data_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="holds no data"):
        backup_now(DataFolder(tmp_path))
