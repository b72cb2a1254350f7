"""Restores a backup into a new data folder: built beside it, moved into place whole, or not at all."""

import asyncio
import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import asyncpg

import libs.events.restore as log_restore
from jinguo.backup import MANIFEST
from jinguo.backups import KEYS_SUFFIX, SUFFIX
from jinguo.databases import ALL, KEYS, create_missing
from jinguo.folder import DataFolder, write_private
from jinguo.postgres import EmbeddedPostgres, binaries
from jinguo.services import every_service
from libs.audit.checkpoints import SUFFIX as CHECKPOINTS
from libs.audit.entry import Entry
from libs.audit.trail import Trail
from libs.events.runtime import Runtime
from libs.events.service import Service
from libs.events.types import Pool
from libs.events.vault import Vault
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_clock, system_ids
from libs.values.errors import Conflict, Invalid, Unavailable

Say = Callable[[str], None]
ERASURES = ("woman-erased", "household-contact-erased", "line-erased")
ERASED = "SELECT DISTINCT stream_id FROM events WHERE type = ANY($1)"
SECRETS = ("master.key", "signing.key")
AUDIT_KEY = "audit.key"
LATER_SECRETS = ("access.key",)  # an older backup holds none, and nothing that it seals


def restore_into(folder: DataFolder, file: Path, keys_file: Path | None, say: Say) -> None:
    """Restore `file` with the newest keys beside it; the folder must be new or empty."""
    if folder.path.exists() and any(folder.path.iterdir()):
        raise Conflict("restore.not_empty", f"{folder.path} is not empty: name a new folder with --data.")
    draft = DataFolder(folder.path.resolve().with_name(f".{folder.path.resolve().name}.restoring"))
    shutil.rmtree(draft.path, ignore_errors=True)
    try:
        _build(draft, file, keys_file or _newest_keys(file), say)
        if folder.path.exists():
            folder.path.rmdir()
        draft.path.rename(folder.path)
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)


def _newest_keys(file: Path) -> Path:
    """The newest keys file of the same place, so that whoever was erased since stays erased."""
    own = file.with_name(file.name.removesuffix(SUFFIX) + KEYS_SUFFIX)
    found = sorted(file.parent.glob(f"*{KEYS_SUFFIX}"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise Invalid("restore.no_keys", f"There is no keys file such as {own}: name it with --keys.", field="--keys")
    return found[-1]


def _build(draft: DataFolder, file: Path, keys_file: Path, say: Say) -> None:
    with draft.owned():
        say(f"Reading {file.name} and {keys_file.name} …")
        unpacked = draft.path / "unpacked"
        dumps = {**_unpack(file, unpacked), **_unpack(keys_file, unpacked)}
        draft.keys.mkdir(mode=0o700)
        for name in (*SECRETS, *(name for name in LATER_SECRETS if name in dumps)):
            write_private(draft.keys / name, _member(dumps, name).read_bytes())
        _restore_audit(draft, dumps)
        server = EmbeddedPostgres(draft.postgres)
        server.start()
        try:
            asyncio.run(create_missing(server))
            asyncio.run(_make_feed_roles(server))
            for database in ALL:
                say(f"Restoring {database} …")
                _load(server, database, _member(dumps, f"{database}.dump"))
            asyncio.run(_repair(server, (draft.keys / "master.key").read_bytes()))
        finally:
            server.stop()
        shutil.rmtree(unpacked)


def _unpack(file: Path, into: Path) -> dict[str, Path]:
    """The members of a backup file, each compared with its checksum."""
    into.mkdir(mode=0o700, exist_ok=True)
    try:
        with tarfile.open(file, "r") as archive:
            archive.extractall(into, filter="data")
        sums: dict[str, str] = json.loads((into / MANIFEST).read_text())["sha256"]
    except (tarfile.TarError, KeyError, ValueError, FileNotFoundError) as error:
        raise Invalid("restore.not_a_backup", f"{file} is not a backup of jinguo, or is damaged: {error}") from None
    for name, expected in sums.items():
        if hashlib.sha256((into / name).read_bytes()).hexdigest() != expected:
            raise Invalid("restore.damaged", f"{name} in {file} is damaged: its checksum differs. Take another backup.")
    return {name: into / name for name in sums}


def _restore_audit(draft: DataFolder, members: dict[str, Path]) -> None:
    """The key of the audit trail and what it signed; backups made before there was a trail have neither."""
    draft.audit.mkdir(mode=0o700)
    if AUDIT_KEY in members:
        write_private(draft.keys / AUDIT_KEY, members[AUDIT_KEY].read_bytes())
    for name, file in members.items():
        if name.endswith(CHECKPOINTS):
            write_private(draft.audit / name, file.read_bytes())


def _member(dumps: dict[str, Path], name: str) -> Path:
    if name not in dumps:
        raise Invalid("restore.incomplete", f"The backup holds no {name}: were the two files swapped?")
    return dumps[name]


def _load(server: EmbeddedPostgres, database: str, dump: Path) -> None:
    command = [str(binaries() / "pg_restore"), "--no-owner", "--exit-on-error", "--single-transaction"]
    command += [f"--dbname={server.dsn(database)}", str(dump)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own binary
    if done.returncode != 0:
        raise Unavailable("restore.failed", f"The database {database} could not be restored: {done.stderr.strip()}")


async def _make_feed_roles(server: EmbeddedPostgres) -> None:
    """Roles belong to the server, not to a database; the dumps grant to them."""
    connection = await asyncpg.connect(server.dsn())
    try:
        known = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        for service in every_service():
            if f"{service.name}_feed" not in known:
                await connection.execute(f'CREATE ROLE "{service.name}_feed" LOGIN')
    finally:
        await connection.close()


async def _repair(server: EmbeddedPostgres, master_key: bytes) -> None:
    """Make the logs this cluster's own, under new identities that their readers here know already."""
    vault = await PostgresVault.open(server.dsn(KEYS), master_key)
    try:
        runtimes = [await _open(service, server, vault) for service in every_service()]
        try:
            logs = [await runtime.repair() for runtime in runtimes]
            for runtime in runtimes:
                async with runtime.pool.acquire() as connection, connection.transaction():
                    for log in logs:
                        await log_restore.move_offsets(connection, log)
                await erase_again(runtime.pool, vault)
                entry = Entry("backup.restored", actor="command-line", object_kind="database")
                await Trail(runtime.pool).note(entry)
        finally:
            for runtime in runtimes:
                await runtime.stop()
    finally:
        await vault.close()


async def erase_again(pool: Pool, vault: Vault) -> int:
    """Destroy the keys of everybody whose erasure the restored log tells of, should an older keys file bring them back.

    The number of subjects. The streams of women, households and roster lines have the ids of their keys.
    """
    subjects = [row["stream_id"] for row in await pool.fetch(ERASED, list(ERASURES))]
    for subject in subjects:
        await vault.erase(subject)
    return len(subjects)


async def _open(service: Service, server: EmbeddedPostgres, vault: PostgresVault) -> Runtime:
    dsn = server.dsn(service.name)
    return await Runtime.open(service, dsn, vault=vault, clock=system_clock, ids=system_ids)
