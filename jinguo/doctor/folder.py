"""Checks of the data folder and the machine: need neither PostgreSQL nor the server."""

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import services.console
from jinguo.backups import newest
from jinguo.doctor.check import Check, fail, ok, warn
from jinguo.folder import DataFolder

_GB = 1 << 30
_DISK_WARN = 5 * _GB
_DISK_FAIL = 1 * _GB
_BACKUP_AGE = timedelta(hours=36)
_VENDOR = Path(services.console.__path__[0]) / "static" / "vendor"


def folder_checks(folder: DataFolder, now: datetime) -> Iterator[Check]:
    """The folder itself, its keys, the disk, backups, front-end assets."""
    if not folder.path.is_dir():
        yield fail("folder", f"{folder.path} does not exist", f"start jinguo once: jinguo up --data {folder.path}")
        yield assets()
        return
    yield ok("folder", str(folder.path.resolve()))
    yield keys(folder)
    yield disk(folder)
    yield last_backup(folder, now)
    yield assets()


def keys(folder: DataFolder) -> Check:
    """The keys are there and nobody else can read them."""
    missing = [name for name in ("master.key", "signing.key", "access.key") if not (folder.keys / name).is_file()]
    if missing and folder.has_data:
        return fail("keys", f"missing: {', '.join(missing)}", "restore the keys folder from a backup before starting")
    if missing:
        return warn("keys", "not made yet", f"start jinguo once: jinguo up --data {folder.path}")
    private = (*folder.keys.iterdir(), *filter(Path.exists, [folder.token_file]))
    open_files = [file for file in private if stat.S_IMODE(file.stat().st_mode) & 0o077]
    if open_files:
        names = " ".join(str(file) for file in open_files)
        return fail("keys", "others can read secret files", f"chmod 600 {names}")
    return ok("keys", "present, private")


def disk(folder: DataFolder) -> Check:
    """PostgreSQL stops when the disk is full, so warn early."""
    free = shutil.disk_usage(folder.path).free
    text = f"{free / _GB:.1f} GB free"
    if free < _DISK_FAIL:
        return fail("disk", text, f"free space on the disk of {folder.path} now: PostgreSQL stops when it is full")
    if free < _DISK_WARN:
        return warn("disk", text, f"free space on the disk of {folder.path}, or move old files out of {folder.backups}")
    return ok("disk", text)


def last_backup(folder: DataFolder, now: datetime) -> Check:
    """The nightly backup ran."""
    file = newest(folder)
    begin = file or folder.postgres / "PG_VERSION"
    if not begin.exists():
        return ok("backup", "nothing to back up yet")
    age = now - datetime.fromtimestamp(begin.stat().st_mtime, UTC)
    text = f"{file.name}, {age.total_seconds() / 3600:.0f} h old" if file else "none yet; the first is made at 02:00"
    if age > _BACKUP_AGE:
        return warn("backup", text, f"jinguo backup --data {folder.path}; leave jinguo running at 02:00")
    return ok("backup", text)


def assets() -> Check:
    """The page has its style sheet and script."""
    if _VENDOR.is_dir() and any(_VENDOR.iterdir()):
        return ok("assets", "front-end files present")
    return warn("assets", "front-end files are missing: the page works, but looks bare", "run: make setup")
