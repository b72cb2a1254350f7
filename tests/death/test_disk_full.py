"""The disk under PostgreSQL is full for a while: nothing that was acknowledged is lost, and afterwards all goes on."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jinguo.postgres import EmbeddedPostgres
from tests.death.test_death import make_templates
from tests.death.world import World, databases
from tests.support.postgres import FAST

SIZE = 160  # MB
CHUNK = 64 << 10


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that is soon full."""
    mount = shutil.which("mount")
    folder = tmp_path / "disk"
    folder.mkdir()
    if mount is None or os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root only")  # CI is root
    command = [mount, "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", folder]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")  # a container without the right
    yield folder
    subprocess.run(["umount", folder], check=True)


def _fill(folder: Path) -> Path:
    """Take every byte that is left."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (CHUNK, 512):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return filler


def test_a_full_disk_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    settings = FAST | {
        "log_min_messages": "warning",
        "max_wal_size": "32MB",
        "min_wal_size": "32MB",
        "wal_recycle": "off",
    }
    server = EmbeddedPostgres(small_disk / "pg", settings=settings)
    server.start()
    try:
        make_templates(server)
        world = World(server, tmp_path, databases(server, {"source": "diary", "target": "diary", "keys": "keys"}))
        try:
            world.goes_on("consumer")
            filler = _fill(small_disk)
            _wait_refused(server)
            filler.unlink()
            if not server.ready():
                server.start()
            for role in ("client", "publisher", "consumer"):
                world.goes_on(role)
            assert world.reckon() > 0
        finally:
            world.end()
    finally:
        server.stop()


def _wait_refused(server: EmbeddedPostgres) -> None:
    """Until the server has met the full disk: it refused to write, or ended."""
    end = time.monotonic() + 90
    while "No space left on device" not in server.log_file.read_text(errors="replace"):
        assert time.monotonic() < end, "the disk did not get full"
        time.sleep(0.02)  # between looks, until the deadline
