"""Starting, stopping, being killed, being in the way of another: what happens to the folder and its PostgreSQL."""

import json
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.product import DIVISIONS, REGISTER, Product


def up(folder: Path, port: int = 0) -> "subprocess.CompletedProcess[str]":
    """A start that is expected to be refused."""
    command = [sys.executable, "-m", "jinguo", "up", "--data", str(folder), "--port", str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_leaves_nothing_running(fresh: Product, number: int) -> None:
    fresh.start()
    server = fresh.postgres.pid()
    assert server is not None
    assert fresh.stop(number) == 0
    assert fresh.postgres.pid() is None
    assert not fresh.folder.running_file.exists()
    assert not fresh.folder.token_file.exists()
    assert "Stopped; nothing is lost." in fresh.said()


def test_the_one_time_password_is_printed_at_the_first_start_only(new: Product) -> None:
    new.start()
    assert "one-time password" in new.said()
    new.stop()
    new.log.unlink()
    new.start()
    assert "one-time password" not in new.said()


def test_a_second_jinguo_on_the_folder_is_refused(fresh: Product) -> None:
    fresh.start()
    refused = up(fresh.folder.path)
    assert refused.returncode == 1
    assert "[data.owned]" in refused.stderr
    assert str(fresh.process and fresh.process.pid) in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_taken_port_is_refused_before_anything_is_made(fresh: Product, tmp_path: Path) -> None:
    fresh.start()
    refused = up(tmp_path / "other", httpx.URL(fresh.url).port or 0)
    assert refused.returncode == 1
    assert "[port.taken]" in refused.stderr
    assert not (tmp_path / "other" / "postgres").exists()


def test_after_a_kill_the_orphaned_server_is_taken_over(fresh: Product) -> None:
    fresh.start()
    server = fresh.postgres.pid()
    fresh.kill()
    assert fresh.postgres.pid() == server
    fresh.start()
    assert fresh.postgres.pid() == server
    assert "Took over the PostgreSQL" in fresh.said()
    fresh.stop()
    assert fresh.postgres.pid() is None


def test_data_of_another_postgresql_are_refused(fresh: Product) -> None:
    fresh.start()
    fresh.stop()
    (fresh.folder.postgres / "PG_VERSION").write_text("16\n")
    refused = up(fresh.folder.path)
    assert refused.returncode == 1
    assert "of PostgreSQL 16" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_killed_postgresql_is_started_again_and_requests_get_a_problem_meanwhile(fresh: Product) -> None:
    fresh.start()
    with fresh.client() as client:
        assert client.get("/registry/v1/status").status_code == 200
        fresh.kill_postgres()
        seen = _statuses_until_well(client)
    assert seen <= {200, 503}
    assert fresh.process is not None
    assert fresh.process.poll() is None


def _statuses_until_well(client: httpx.Client) -> set[int]:
    seen: set[int] = set()
    end = time.monotonic() + 60
    well = 0
    while well < 20:
        assert time.monotonic() < end, seen
        answer = client.get("/health/ready" if well % 2 else "/registry/v1/divisions/522634000000")
        if answer.status_code == 503:
            assert answer.headers["Content-Type"].startswith("application/problem+json")
            assert answer.json()["code"]
        well = 0 if answer.status_code == 503 else well + 1
        seen.add(200 if answer.status_code == 404 else answer.status_code)
    return seen


def test_ctrl_c_in_the_middle_of_an_import_loses_nothing(fresh: Product) -> None:
    fresh.start()
    fresh.cli("divisions", "import", DIVISIONS)
    importing = fresh.spawn("register", "import", REGISTER)
    assert importing.stderr is not None
    while json.loads(importing.stderr.readline())["done"] == 0:
        pass
    assert fresh.stop() == 0
    _, said = importing.communicate(timeout=60)
    assert importing.returncode == 1
    assert "error: " in said
    assert "Traceback" not in said
    fresh.start()
    with fresh.client() as client:
        jobs = client.get("/registry/v1/jobs").raise_for_status().json()["items"]
    assert [job["status"] for job in jobs] == ["interrupted", "succeeded"]
    fresh.cli("register", "import", REGISTER)
    assert fresh.report()["total"]["population"] == 941


def test_secrets_are_readable_by_their_owner_only(fresh: Product) -> None:
    fresh.start()
    folder = fresh.folder
    for file in (*folder.keys.iterdir(), folder.token_file, folder.running_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.postgres.stat().st_mode) == 0o700


def test_it_listens_on_this_machine_only(fresh: Product) -> None:
    fresh.start()
    assert httpx.URL(fresh.url).host == "127.0.0.1"
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    port = f"{httpx.URL(fresh.url).port:04X}"
    mine = [line.split()[1] for line in listening if line.split()[1].endswith(f":{port}") and line.split()[3] == "0A"]
    assert mine == [f"0100007F:{port}"]
