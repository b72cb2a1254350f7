"""Register files as they came and the files of refused rows, sealed under a key of the import.

They lie packed in parts (`file_parts.py`) and are read onto disk: no size of theirs costs memory.
When rows are taken out of a file because a person was erased, what is left gets a new key and the old one is
destroyed, so that a backup of the table does not bring the rows back.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.access.principal import not_found
from libs.events.personal import Personal
from libs.events.types import Connection, Pool, Record
from libs.events.vault import Vault
from libs.scratch import Scratch
from services.registry.handlers import file_parts
from services.registry.handlers.file_parts import Part

KEEP = """
INSERT INTO import_files (import_id, key_id, unit, sealed_key, headings, body) VALUES ($1, $1, $2, $3, $4, '')
ON CONFLICT (import_id) DO NOTHING
"""
KEEP_REFUSED = "UPDATE import_files SET refused = '' WHERE import_id = $1"
KEY = "SELECT import_id, key_id, sealed_key FROM import_files WHERE import_id = $1 FOR UPDATE"
REFUSED = "SELECT 1 FROM import_files WHERE import_id = $1 AND unit BETWEEN $2 AND $3 AND refused IS NOT NULL"
FILE = "SELECT import_id, key_id, sealed_key, headings, body, refused FROM import_files WHERE import_id = $1"
ALL = "SELECT import_id FROM import_files ORDER BY kept_at, import_id"
REPLACE = """
UPDATE import_files SET key_id = $3, sealed_key = $4, body = '', refused = $5, retired_keys = retired_keys || key_id
WHERE import_id = $1 AND key_id = $2
"""
RETIRED = "SELECT import_id, retired_keys FROM import_files WHERE retired_keys <> '{}'"
DESTROYED = "UPDATE import_files SET retired_keys = '{}' WHERE import_id = $1 AND retired_keys = $2"


@dataclass(frozen=True, slots=True)
class Kept:
    """The two files of an import as they are kept now, on this machine's disk as long as this is remembered.

    `raw` is empty when nothing of it could be kept. `headings`: by which of the office's headings they are read.
    """

    import_id: UUID
    key_id: UUID
    raw: Path
    refused: Path | None
    headings: Mapping[str, str] | None
    scratch: Scratch = field(repr=False)


async def keep(
    pool: Pool, vault: Vault, import_id: UUID, unit: str, path: Path, headings: Mapping[str, str] | None = None
) -> None:
    """Keep the raw file and by which headings it is read; a file that is kept already stays as it is."""
    key, sealed_key = await _new_key(vault, import_id)
    async with _transaction(pool) as connection:
        if (
            await connection.execute(KEEP, import_id, unit, sealed_key, dict(headings) if headings else None)
            == "INSERT 0 1"
        ):
            await file_parts.write(connection, import_id, key, "raw", path)


async def keep_refused(pool: Pool, vault: Vault, import_id: UUID, path: Path) -> None:
    """Keep the file of bad rows of the last run, to be corrected and brought again."""
    async with _transaction(pool) as connection:
        key = await _key(vault, await connection.fetchrow(KEY, import_id))
        await file_parts.write(connection, import_id, key, "refused", path)
        await connection.execute(KEEP_REFUSED, import_id)


async def refused(
    pool: Pool, vault: Vault, import_id: UUID, scope: tuple[str, str], place: Path | None = None
) -> bytes:
    """The file of bad rows of an import of the caller's units; 404 when there is none."""
    if not await pool.fetchval(REFUSED, import_id, *scope):
        raise not_found("import")
    found = await kept(pool, vault, import_id, place)
    if found.refused is None:  # taken away at this moment
        raise not_found("import")
    return await asyncio.to_thread(found.refused.read_bytes)


async def kept(pool: Pool, vault: Vault, import_id: UUID, place: Path | None = None) -> Kept:
    """Both files of an import, in a temporary folder (inside `place`); 404 when there is no such import."""
    scratch = Scratch(place)
    raw, bad = scratch.folder / "raw", scratch.folder / "refused"
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        row = await connection.fetchrow(FILE, import_id)
        key = await _key(vault, row)
        assert row is not None
        await _read(connection, row, key, "raw", row["body"], raw)
        if row["refused"] is not None:
            await _read(connection, row, key, "refused", row["refused"], bad)
    refused = bad if row["refused"] is not None else None
    return Kept(import_id, row["key_id"], raw, refused, row["headings"], scratch)


async def all_kept(pool: Pool, vault: Vault, place: Path | None = None) -> AsyncIterator[Kept]:
    """The files of every import, one at a time, the oldest first."""
    for import_id in await imports(pool):
        yield await kept(pool, vault, import_id, place)


async def imports(pool: Pool) -> list[UUID]:
    """Every import whose file is kept, the oldest first."""
    return [row["import_id"] for row in await pool.fetch(ALL)]


async def replace(
    connection: Connection, vault: Vault, was: Kept, new_key: UUID, raw: Path | None, refused: Path | None
) -> bool:
    """Keep other content under a new key, the old one still to destroy; False when the file was changed meanwhile.

    In the caller's transaction.
    """
    key, sealed_key = await _new_key(vault, new_key)
    bad = None if refused is None else b""
    if await connection.execute(REPLACE, was.import_id, was.key_id, new_key, sealed_key, bad) != "UPDATE 1":
        return False
    await file_parts.write(connection, was.import_id, key, "raw", raw)
    await file_parts.write(connection, was.import_id, key, "refused", refused)
    return True


async def destroy_retired(pool: Pool, vault: Vault) -> None:
    """Destroy the old keys of files that got new ones, also those a killed process left."""
    for row in await pool.fetch(RETIRED):
        for key_id in row["retired_keys"]:
            await vault.erase(key_id)
        await pool.execute(DESTROYED, row["import_id"], row["retired_keys"])


@asynccontextmanager
async def _transaction(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as connection, connection.transaction():
        yield connection


async def _read(connection: Connection, row: Record, key: bytes, part: Part, body: bytes, target: Path) -> None:
    """Out of its parts, or as it was kept whole before there were parts."""
    if body:
        await asyncio.to_thread(file_parts.read_whole, key, row["import_id"], part, body, target)
    else:
        await file_parts.read(connection, row["import_id"], key, part, target)


async def _new_key(vault: Vault, key_id: UUID) -> tuple[bytes, str]:
    await vault.ensure([key_id])
    key = AESGCM.generate_key(bit_length=256)
    return key, vault.seal(Personal(key_id, key.hex(), "file_key"))


async def _key(vault: Vault, row: Record | None) -> bytes:
    opened = None if row is None else (await vault.open_many([(row["key_id"], row["sealed_key"])]))[0]
    if opened is None:
        raise not_found("import")
    return bytes.fromhex(opened)
