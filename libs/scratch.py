"""Temporary folders whose owner may be killed: each is held by a lock, and what nobody holds is removed at a start.

    with Scratch() as folder:        # gone after the block, and after a kill at the next `sweep` of any process
        ...

The lock is the kernel's (flock): it ends with its process however that ends, whoever has its number next, and it holds
between containers that share a disk. A folder's age says nothing of its owner.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import weakref
from pathlib import Path
from types import TracebackType
from typing import Final

PREFIX: Final = "jinguo-work-"
_GONE: Final = "jinguo-gone-"
_LOCK: Final = ".held"


class Scratch:
    """A folder that only its user may look into (0700), until it is closed, forgotten, or its process ends."""

    def __init__(self, parent: Path | None = None) -> None:
        """In `parent`; without one in the system's temporary folder. Raises OSError."""
        self.folder, lock = _made(parent)
        self.close = weakref.finalize(self, _end, self.folder, lock)

    def __enter__(self) -> Path:
        return self.folder

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def sweep(parent: Path | None = None) -> int:
    """Remove our folders in `parent` that no living process holds; how many these were. Others' folders stay."""
    place = parent or Path(tempfile.gettempdir())
    for gone in place.glob(f"{_GONE}*"):
        if _is_ours(gone):
            _remove(gone)
    return sum(map(_swept, sorted(place.glob(f"{PREFIX}*"))))


def _made(parent: Path | None) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = _held(folder)
        if lock is not None:
            return folder, lock
        # a sweep came between the two lines: the folder was nobody's yet, and is removed


def _held(folder: Path) -> int | None:
    """Its lock, as long as the descriptor is open; None when somebody else holds it, or has just taken it away."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), os.stat(folder / _LOCK)):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(lock)
    return None


def _swept(folder: Path) -> bool:
    lock = _held(folder) if _is_ours(folder) else None
    if lock is None:
        return False
    _end(folder, lock)
    return True


def _is_ours(folder: Path) -> bool:
    """A real folder of this user: in a place shared by all, anybody can make a link of such a name."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return found.st_uid == os.geteuid() and stat.S_ISDIR(found.st_mode)


def _end(folder: Path, lock: int) -> None:
    """Renamed first: from then on it is rubbish, whoever is killed, and nobody's child writes into it by its name."""
    try:
        gone = folder.with_name(folder.name.replace(PREFIX, _GONE, 1))
        with contextlib.suppress(FileNotFoundError):  # somebody has removed the place where it was
            folder.rename(gone)
        _remove(gone)
    finally:
        os.close(lock)


def _remove(gone: Path) -> None:
    """Two may remove the same rubbish."""
    while gone.exists():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(gone)
