"""The data folder: its owner, its keys, what it says about the running server."""

import stat
from pathlib import Path

import pytest

from jinguo.folder import DataFolder, OwnedByAnother, Running
from libs.values.errors import Invalid


def test_a_second_owner_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.owned(), pytest.raises(OwnedByAnother, match="works in"), folder.owned():
        pass


def test_the_folder_is_free_again_after_its_owner_left(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.owned():
        assert folder.is_owned()
    assert not folder.is_owned()
    with folder.owned():
        pass


def test_a_folder_with_foreign_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(Invalid, match="not made by jinguo"):
        DataFolder(tmp_path).make()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("")
    with pytest.raises(Invalid, match="is a file"):
        DataFolder(file).make()


def test_a_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.make()
    key = folder.secret("master.key")
    assert folder.secret("master.key") == key
    assert stat.S_IMODE((folder.keys / "master.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.keys.stat().st_mode) == 0o700


def test_a_damaged_key_is_named_and_never_replaced(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.make()
    folder.secret("master.key")
    (folder.keys / "master.key").write_bytes(b"short")
    with pytest.raises(Invalid, match="restore it from a backup"):
        folder.secret("master.key")


def test_the_running_server_is_found_only_while_it_holds_the_folder(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    running = Running("http://127.0.0.1:8000", 1, "0.1.0", "2026-01-01T00:00:00Z")
    with folder.owned():
        folder.say_running(running)
        assert folder.running() == running
    assert folder.running() is None
