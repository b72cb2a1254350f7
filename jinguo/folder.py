"""The data folder of one installation: where each thing lies, who owns it now, and its two keys.

Everything jinguo keeps is below this folder, so copying it while jinguo is stopped copies the installation.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from libs.values.errors import Conflict, Invalid

DEFAULT = Path("data")
VARIABLE = "JINGUO_DATA"


@dataclass(frozen=True, slots=True)
class Running:
    """What a running `jinguo up` tells the command line about itself."""

    url: str
    pid: int
    version: str
    started: str


class OwnedByAnother(Conflict):
    """Another jinguo process works in this folder."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths below the folder; nothing is made before it is asked for."""

    path: Path

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def backups(self) -> Path:
        return self.path / "backups"

    @property
    def audit(self) -> Path:
        return self.path / "audit"

    @property
    def log_file(self) -> Path:
        return self.path / "jinguo.log"

    @property
    def token_file(self) -> Path:
        return self.path / "token"

    @property
    def running_file(self) -> Path:
        return self.path / "running.json"

    @property
    def demo_file(self) -> Path:
        return self.path / "demo.json"

    @property
    def lock_file(self) -> Path:
        return self.path / "lock"

    def make(self) -> None:
        """Make the folder, for its owner only; a folder that holds something else is refused."""
        if self.path.exists() and not self.path.is_dir():
            raise Invalid("data.not_a_folder", f"--data must name a folder, and {self.path} is a file.", field="--data")
        if self.path.is_dir() and not self._is_ours():
            raise Invalid(
                "data.not_ours",
                f"{self.path} is not empty and was not made by jinguo: name an empty or a new folder.",
                field="--data",
            )
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def has_data(self) -> bool:
        """Whether jinguo was started here once."""
        return (self.postgres / "PG_VERSION").exists()

    def require_data(self) -> None:
        """Raises Invalid where there is nothing to look at."""
        if not self.has_data:
            raise Invalid(
                "data.nothing",
                f"{self.path} holds no data of jinguo; name the folder with --data.",
                field="--data",
                right=f"another folder, or start it once: jinguo up --data {self.path}",
            )

    def _is_ours(self) -> bool:
        found = {entry.name for entry in self.path.iterdir()} - {"lost+found"}
        return not found or bool(found & {"lock", "keys", "postgres"})

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Hold the folder for this process; the operating system lets go of it even after a kill."""
        self.make()
        with self.lock_file.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                raise OwnedByAnother(
                    "data.owned",
                    f"Another jinguo (process {lock.read().strip() or 'unknown'}) works in {self.path}: "
                    "stop it with Ctrl-C, or name another folder with --data.",
                ) from None
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

    def is_owned(self) -> bool:
        """True while some jinguo process holds the folder."""
        try:
            with self.lock_file.open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def running(self) -> Running | None:
        """The jinguo that says it runs here, if its process still holds the folder."""
        if not self.is_owned():
            return None
        try:
            return Running(**json.loads(self.running_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def say_running(self, running: Running) -> None:
        write_private(self.running_file, json.dumps(asdict(running)).encode())

    def say_stopped(self) -> None:
        self.running_file.unlink(missing_ok=True)
        self.token_file.unlink(missing_ok=True)

    def secret(self, name: str, size: int = 32) -> bytes:
        """A random key of this installation, made at the first call and never changed."""
        self.keys.mkdir(mode=0o700, exist_ok=True)
        file = self.keys / name
        if not file.exists():
            write_private(file, secrets.token_bytes(size))
        key = file.read_bytes()
        if len(key) != size:
            raise Invalid(
                "keys.damaged", f"{file} must hold {size} bytes and holds {len(key)}: restore it from a backup."
            )
        return key


def write_private(file: Path, content: bytes) -> None:
    """Write a file only its owner may read, whole or not at all."""
    part = file.with_name(file.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)


def default_folder() -> Path:
    """The folder of the variable JINGUO_DATA, else ./data."""
    return Path(os.environ.get(VARIABLE) or DEFAULT)
