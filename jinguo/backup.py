"""Writes a backup: one dump per database in one file, the keys in another.

Readers are dumped before those they read from, so that no restored offset is ahead of the log it counts; the keys come
last, so that every event in the backup has its key. The keys go into a file of their own, because a backup that holds
a person's key undoes her erasure: only the newest one is kept.
"""

import hashlib
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from jinguo.backups import KEYS_SUFFIX, SUFFIX, by_age, made
from jinguo.databases import KEYS, running_server
from jinguo.folder import DataFolder
from jinguo.postgres import EmbeddedPostgres, binaries
from libs.audit.checkpoints import SUFFIX as CHECKPOINTS
from libs.values.errors import Invalid, Unavailable
from services import SERVICES

ORDER = (*reversed(SERVICES), "access")  # readers first
KEEP = 7
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Made:
    """Where a backup lies."""

    file: Path
    keys_file: Path


def backup_now(folder: DataFolder, to: Path | None = None, now: datetime | None = None) -> Made:
    """Back the folder up into `to`, else into its own backups, of which the newest are kept."""
    folder.require_data()
    moment = now or datetime.now(UTC)  # noqa: TID251 - a composition root
    folder.backups.mkdir(mode=0o700, exist_ok=True)
    file = to or folder.backups / f"{moment:%Y%m%dT%H%M%SZ}{SUFFIX}"
    if file.exists():
        raise Invalid("backup.exists", f"{file} exists already: name another file.", field="--to")
    keys_file = file.with_name(file.name.removesuffix(SUFFIX) + KEYS_SUFFIX)
    draft = folder.backups / f".{file.name}.part"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    try:
        signed = _signed(folder, draft)  # before the dumps: what is signed later may speak of more than they hold
        with running_server(folder) as server:
            _write(file, [*signed, *(_dump(server, name, draft) for name in ORDER)], moment)
            _write(keys_file, [_dump(server, KEYS, draft), *sorted(folder.keys.iterdir())], moment)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if to is None:
        _forget_old(folder)
    return Made(file, keys_file)


def _signed(folder: DataFolder, into: Path) -> list[Path]:
    """Copies of the files in which the audit trail's checkpoints lie."""
    return [Path(shutil.copy(file, into)) for file in sorted(folder.audit.glob(f"*{CHECKPOINTS}"))]


def _dump(server: EmbeddedPostgres, database: str, into: Path) -> Path:
    target = into / f"{database}.dump"
    command = [str(binaries() / "pg_dump"), "--format=custom", "--no-owner", f"--file={target}", server.dsn(database)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own binary
    if done.returncode != 0:
        raise Unavailable("backup.dump_failed", f"The database {database} could not be dumped: {done.stderr.strip()}")
    return target


def _write(file: Path, members: list[Path], moment: datetime) -> None:
    """A tar with a manifest in front; there whole or not at all."""
    sums = {member.name: hashlib.sha256(member.read_bytes()).hexdigest() for member in members}
    manifest = {"jinguo": version("jinguo"), "made": moment.isoformat(), "sha256": sums}
    part = file.with_name(file.name + ".part")
    description = members[0].with_name(MANIFEST)
    description.write_text(json.dumps(manifest, indent=2))
    part.touch(mode=0o600)
    with tarfile.open(part, "w") as archive:
        for member in (description, *members):
            archive.add(member, member.name)
    part.replace(file)


def _forget_old(folder: DataFolder) -> None:
    for old in made(folder)[:-KEEP]:
        old.unlink()
    for old in by_age(folder, KEYS_SUFFIX)[:-1]:
        old.unlink()
