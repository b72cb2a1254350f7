"""The real product: `jinguo up` in a process of its own, and the command line against it."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from jinguo.folder import DataFolder, Running
from jinguo.postgres import EmbeddedPostgres
from tests.support.forks import NOTHING, Forked
from tests.support.keys import KEYED_AT_ONCE

DEMO = Path(__file__).resolve().parents[2] / "jinguo" / "demo" / "data"
DIVISIONS = DEMO / "divisions-guizhou-qiandongnan-2016.csv"
REGISTER = DEMO / "register-2016-leishan.xlsx"
ROSTERS = (DEMO / "roster-training.xlsx", DEMO / "roster-training-signin.xlsx")
COUNTY = "522634000000"
START_LIMIT = 60.0


class Product:
    """One data folder and the jinguo that runs on it, started and killed as often as a test likes."""

    def __init__(self, path: Path) -> None:
        self.folder = DataFolder(path)
        self.log = path.with_name(f"{path.name}.out")
        self.process: Forked | None = None
        self._commands = itertools.count(1)

    @property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.folder.postgres)

    def start(self, *options: str, env: dict[str, str] | None = None) -> float:
        """Start it and wait until it says that it is ready; the seconds that took."""
        began = time.monotonic()
        told = ("up", "--data", self.folder.path, "--port", "0", *options)
        self.process = Forked("jinguo", *told, env=env or NOTHING, out=self.log)
        while self._ready() is None:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - began < START_LIMIT, self.said()
            time.sleep(0.02)
        return time.monotonic() - began

    def _ready(self) -> Running | None:
        running = self.folder.running()
        return running if running and self.process and running.pid == self.process.pid else None

    @property
    def url(self) -> str:
        running = self.folder.running()
        assert running is not None, self.said()
        return running.url

    def said(self) -> str:
        """What it printed, and the end of its log."""
        log = self.folder.log_file
        lines = log.read_text(errors="replace").splitlines()[-20:] if log.exists() else []
        return "\n".join([self.log.read_text(errors="replace"), *lines])

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def kill(self) -> None:
        """kill -9 of jinguo; its PostgreSQL is left running."""
        assert self.process is not None
        self.process.kill()

    def kill_postgres(self) -> None:
        """kill -9 of the PostgreSQL server process."""
        pid = self.postgres.pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """Leave nothing running."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.postgres.stop()

    def cli(self, *arguments: object, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command of the command line; with `ok` it must succeed."""
        nth = next(self._commands)
        out, err = self._printed(nth, "out"), self._printed(nth, "err")
        status = Forked("jinguo", *arguments, env=self._environment, out=out, err=err).wait()
        done = subprocess.CompletedProcess([*map(str, arguments)], status, out.read_text(), err.read_text())
        if ok:
            assert status == 0, (
                f"{arguments}: {status}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}\n{self.said()[-3000:]}"
            )
        return done

    def _printed(self, nth: int, stream: str) -> Path:
        return self.log.with_name(f"{self.log.stem}-{nth}.{stream}")

    @property
    def _environment(self) -> dict[str, str]:
        return {"JINGUO_DATA": str(self.folder.path), "LANG": "C.UTF-8"}

    def spawn(self, *arguments: object) -> "subprocess.Popen[str]":
        """Start one command of the command line, as its users do."""
        env = {**os.environ, **self._environment}
        command = [sys.executable, "-m", "jinguo", *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)

    def json(self, *arguments: object) -> Any:
        """The JSON a command prints."""
        return json.loads(self.cli(*arguments).stdout)

    def report(self, division: str = COUNTY) -> dict[str, Any]:
        """`report match` as JSON."""
        answer: dict[str, Any] = self.json("report", "match", "--division", division, "--format", "json")
        return answer

    def client(self) -> httpx.Client:
        """A client with the command line's token."""
        headers = {"Authorization": f"Bearer {self.folder.token_file.read_text()}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120, trust_env=False, event_hooks=KEYED_AT_ONCE)

    def load(self) -> None:
        """The whole main job: divisions, register, rosters."""
        self.cli("divisions", "import", DIVISIONS)
        self.cli("register", "import", REGISTER)
        self.cli("training", "import", *ROSTERS, "--unit", COUNTY)


def copy(source: Path, target: Path) -> None:
    """A copy of a stopped folder, with owners and modes."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


@contextmanager
def product(path: Path) -> Iterator[Product]:
    """A product on a folder, ended at the end."""
    made = Product(path)
    try:
        yield made
    finally:
        made.end()
