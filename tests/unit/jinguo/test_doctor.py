"""The doctor: each finding names its fix, no secret is printed, the worst decides the exit status."""

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from jinguo.cli.app import run
from jinguo.doctor.check import Check, State, fail, ok, redact, warn, worst
from jinguo.doctor.database import connections, snapshots
from jinguo.doctor.folder import folder_checks, keys, last_backup
from jinguo.doctor.server import free_port, log_check, reader_check, rebuild_check, server_checks
from jinguo.folder import DataFolder, Running, write_private
from services import SERVICES

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.make()
    made.secret("master.key")
    made.secret("signing.key")
    made.secret("access.key")
    return made


def test_the_worst_finding_is_the_state_of_the_whole() -> None:
    assert worst([ok("a", ""), fail("b", "", "fix"), warn("c", "", "fix")]) is State.FAIL
    assert worst([]) is State.OK


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:hunter2@db/x", "postgresql://me:***@db/x"),
        ("Bearer eyJhbGciOi.eyJzdWIi.c2ln", "Bearer ***"),
        ("password=hunter2 and more", "password=*** and more"),
    ],
)
def test_secrets_are_blanked(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert Check("x", State.FAIL, text, text).as_json()["message"] == shown


def test_a_key_that_others_can_read_is_a_failure_with_its_fix(folder: DataFolder) -> None:
    (folder.keys / "master.key").chmod(0o644)
    found = keys(folder)
    assert found.state is State.FAIL
    assert found.fix == f"chmod 600 {folder.keys / 'master.key'}"


def test_data_without_keys_are_a_failure(folder: DataFolder) -> None:
    folder.postgres.mkdir()
    (folder.postgres / "PG_VERSION").write_text("18")
    (folder.keys / "signing.key").unlink()
    found = keys(folder)
    assert found.state is State.FAIL
    assert "signing.key" in found.message


def test_a_folder_that_is_not_there_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    found = next(folder_checks(DataFolder(tmp_path / "none"), NOW))
    assert found.state is State.FAIL
    assert "jinguo up --data" in found.fix


def test_an_old_backup_is_a_warning(folder: DataFolder) -> None:
    folder.backups.mkdir()
    file = folder.backups / "20260101T000000Z.backup"
    file.touch()
    os.utime(file, times=_at(NOW - timedelta(hours=10)))
    assert last_backup(folder, NOW).state is State.OK
    os.utime(file, times=_at(NOW - timedelta(days=3)))
    assert last_backup(folder, NOW).state is State.WARN


def test_a_new_installation_needs_no_backup_yet_and_an_old_one_does(folder: DataFolder) -> None:
    assert last_backup(folder, NOW).state is State.OK
    folder.postgres.mkdir()
    version = folder.postgres / "PG_VERSION"
    version.touch()
    os.utime(version, times=_at(NOW - timedelta(hours=1)))
    assert last_backup(folder, NOW).state is State.OK
    os.utime(version, times=_at(NOW - timedelta(days=3)))
    assert last_backup(folder, NOW).state is State.WARN


def _at(moment: datetime) -> tuple[float, float]:
    return moment.timestamp(), moment.timestamp()


def test_a_taken_port_is_named_with_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port).fix == f"jinguo up --port {port + 1}"


def test_an_old_snapshot_is_a_warning() -> None:
    assert snapshots(10.0, 5).state is State.OK
    assert snapshots(1_000.0, 5).state is State.WARN
    assert snapshots(10.0, 40_000).state is State.WARN
    assert snapshots(90.0, 5, writing=90.0).state is State.WARN


def test_connections_running_out_are_a_warning() -> None:
    assert connections(10, 80).state is State.OK
    assert connections(75, 80).state is State.WARN


def test_a_stopped_reader_is_a_failure_and_a_late_one_a_warning() -> None:
    assert reader_check("reporting", {"name": "figures", "lag_events": 0, "lag_seconds": 0}).state is State.OK
    assert reader_check("reporting", {"name": "figures", "lag_events": 9, "lag_seconds": 30}).state is State.WARN
    assert reader_check("reporting", {"name": "figures", "lag_events": 9, "lag_seconds": 600}).state is State.FAIL
    assert reader_check("reporting", {"name": "figures", "error": "fork"}).state is State.FAIL


@pytest.mark.parametrize(
    ("reader", "state", "message", "fix"),
    [
        ({"error": "Fork: a new log", "forked": True}, State.FAIL, "stopped for good", "restored or copied"),
        ({"error": "records are missing", "holes": 2}, State.FAIL, "waits", "asked for again"),
        ({"error": "ValueError"}, State.FAIL, "stopped: ValueError", "tries again by itself"),
        ({"parked": 3}, State.WARN, "3 events are parked", "jinguo parked list figures"),
        ({"paused": "stock-taking"}, State.WARN, "paused: stock-taking", "jinguo consumer resume figures"),
        ({"lag_events": 4, "lag_seconds": 2, "rate": 12.34}, State.OK, "4 events, 2 s behind, 12.3 a second", ""),
        ({"lag_events": 4, "elsewhere": True}, State.OK, "0 s behind, moved by another process", ""),
        ({"kind": "consumer", "position": 7, "elsewhere": True}, State.OK, "read to 7, not by this process", ""),
        (
            {"kind": "consumer", "position": 7, "elsewhere": True, "parked": 3},
            State.WARN,
            "3 events are parked",
            "list",
        ),
    ],
)
def test_a_reader_in_trouble_is_shown_with_the_next_step(
    reader: dict[str, Any], state: State, message: str, fix: str
) -> None:
    found = reader_check("reporting", {"name": "figures", **reader})
    assert found.state is state
    assert message in found.message
    assert fix in found.fix


def test_a_version_beside_is_shown_with_its_progress() -> None:
    rebuild = {"projection": "match", "version": 2, "state": "beside", "passed": 250, "total": 1_000, "rate": 95.2}
    found = rebuild_check("reporting", rebuild)
    assert (found.name, found.state) == ("reporting.match", State.OK)
    assert "25% of 1000 events, 95 a second" in found.message
    assert "drop reporting.match" in rebuild_check("reporting", rebuild | {"state": "previous"}).message
    assert "not begun" in rebuild_check("reporting", rebuild | {"passed": 0, "total": 0}).message


def test_what_holds_back_a_log_is_a_warning() -> None:
    assert log_check("x", {"write_transaction_seconds": 5, "snapshot_transactions": 100}).state is State.OK
    assert "read when it ends" in log_check("x", {"write_transaction_seconds": 90, "snapshot_transactions": 0}).message
    assert "slow" in log_check("x", {"write_transaction_seconds": 0, "snapshot_transactions": 40_000}).message


def test_a_running_server_is_asked_for_health_and_readers(folder: DataFolder) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/health/live":
            return httpx.Response(200, json={"status": "alive"})
        assert request.headers["Authorization"] == "Bearer t"
        if request.url.path == "/training/v1/status":
            return httpx.Response(503)
        reader = {"name": "published", "lag_events": 0, "lag_seconds": 0.0, "error": None}
        return httpx.Response(200, json={"service": "x", "cursors": [reader], "consumers": []})

    with folder.owned():
        folder.say_running(Running("http://127.0.0.1:8000", 1, "0.1.0", "now"))
        write_private(folder.token_file, b"t")
        found = {check.name: check.state for check in server_checks(folder, 8000, httpx.MockTransport(handle))}
    well = {f"{name}.published": State.OK for name in SERVICES if name != "training"}
    assert found == {"server": State.OK, "training": State.FAIL, **well}


def test_the_doctor_works_while_everything_is_stopped(folder: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["doctor", "--json", "--data", str(folder.path)])
    answer = json.loads(capsys.readouterr().out)
    assert status == State[answer["state"]]
    assert {"folder", "keys", "disk", "backup", "assets", "postgres", "server"} <= {
        check["name"] for check in answer["checks"]
    }
    assert all(check["fix"] for check in answer["checks"] if check["state"] != "OK")
