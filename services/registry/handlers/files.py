"""Register files as they came and the files of refused rows, sealed under a key of the import.

The raw file is packed (gzip) before it is sealed: a text of 200 MB is never held in memory to be kept.
When rows are taken out of a file because a person was erased, what is left gets a new key and the old one is
destroyed, so that a backup of the table does not bring the rows back.
"""

import asyncio
import gzip
import io
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.access.principal import not_found
from libs.events.personal import Personal
from libs.events.types import Connection, Pool, Record
from libs.events.vault import Vault

KEEP = """
INSERT INTO import_files (import_id, key_id, unit, sealed_key, body) VALUES ($1, $1, $2, $3, $4)
ON CONFLICT (import_id) DO NOTHING
"""
KEEP_REFUSED = "UPDATE import_files SET refused = $2 WHERE import_id = $1 AND key_id = $3"
KEY = "SELECT import_id, key_id, sealed_key FROM import_files WHERE import_id = $1"
REFUSED = """
SELECT import_id, key_id, sealed_key, refused FROM import_files WHERE import_id = $1 AND unit BETWEEN $2 AND $3
"""
BOTH = "SELECT import_id, key_id, sealed_key, body, refused FROM import_files WHERE import_id = $1"
ALL = "SELECT import_id FROM import_files ORDER BY kept_at, import_id"
REPLACE = """
UPDATE import_files SET key_id = $3, sealed_key = $4, body = $5, refused = $6, retired_keys = retired_keys || key_id
WHERE import_id = $1 AND key_id = $2
"""
RETIRED = "SELECT import_id, retired_keys FROM import_files WHERE retired_keys <> '{}'"
DESTROYED = "UPDATE import_files SET retired_keys = '{}' WHERE import_id = $1 AND retired_keys = $2"

_NONCE = 12
_QUICK = 1
_CHUNK = 1024 * 1024
_DONE = "UPDATE 1"


@dataclass(frozen=True, slots=True)
class Kept:
    """The two files of an import as they are kept now; `raw` is empty when nothing of it could be kept."""

    import_id: UUID
    key_id: UUID
    raw: bytes
    refused: bytes | None


async def keep(pool: Pool | Connection, vault: Vault, import_id: UUID, unit: str, path: Path) -> None:
    """Keep the raw file; a file that is kept already stays as it is."""
    key, sealed_key = await _new_key(vault, import_id)
    content = await asyncio.to_thread(_packed, path)
    await pool.execute(KEEP, import_id, unit, sealed_key, _sealed(key, import_id, b"raw", content))


async def keep_refused(pool: Pool, vault: Vault, import_id: UUID, content: bytes) -> None:
    """Keep the file of bad rows of the last run, to be corrected and brought again."""
    done = ""
    while done != _DONE:  # the file got another key meanwhile
        row = await pool.fetchrow(KEY, import_id)
        sealed = _sealed(await _key(vault, row), import_id, b"refused", content)
        done = await pool.execute(KEEP_REFUSED, import_id, sealed, row["key_id"] if row else None)


async def refused(pool: Pool, vault: Vault, import_id: UUID, scope: tuple[str, str]) -> bytes:
    """The file of bad rows of an import of the caller's units; 404 when there is none."""
    row = await pool.fetchrow(REFUSED, import_id, *scope)
    if row is None or row["refused"] is None:
        raise not_found("import")
    return _opened(await _key(vault, row), import_id, b"refused", row["refused"])


async def raw(pool: Pool, vault: Vault, import_id: UUID) -> bytes:
    """The file as it came, byte for byte, or what was left when a person's rows were taken out."""
    return (await kept(pool, vault, import_id)).raw


async def kept(pool: Pool, vault: Vault, import_id: UUID) -> Kept:
    """Both files of an import; 404 when there is no such import."""
    row = await pool.fetchrow(BOTH, import_id)
    key = await _key(vault, row)
    assert row is not None
    bad = row["refused"]
    return Kept(
        import_id,
        row["key_id"],
        _unpacked(_opened(key, import_id, b"raw", row["body"])),
        None if bad is None else _opened(key, import_id, b"refused", bad),
    )


async def all_kept(pool: Pool, vault: Vault) -> AsyncIterator[Kept]:
    """The files of every import, one at a time, the oldest first."""
    for row in await pool.fetch(ALL):
        yield await kept(pool, vault, row["import_id"])


async def replace(
    pool: Pool | Connection, vault: Vault, was: Kept, new_key: UUID, raw: bytes, refused: bytes | None
) -> bool:
    """Keep other content under a new key, the old one still to destroy; False when the file was changed meanwhile."""
    key, sealed_key = await _new_key(vault, new_key)
    body = _sealed(key, was.import_id, b"raw", gzip.compress(raw, _QUICK) if raw else raw)
    bad = None if refused is None else _sealed(key, was.import_id, b"refused", refused)
    return await pool.execute(REPLACE, was.import_id, was.key_id, new_key, sealed_key, body, bad) == _DONE


async def destroy_retired(pool: Pool, vault: Vault) -> None:
    """Destroy the old keys of files that got new ones, also those a killed process left."""
    for row in await pool.fetch(RETIRED):
        for key_id in row["retired_keys"]:
            await vault.erase(key_id)
        await pool.execute(DESTROYED, row["import_id"], row["retired_keys"])


def _packed(path: Path) -> bytes:
    out = io.BytesIO()
    with path.open("rb") as source, gzip.GzipFile(fileobj=out, mode="wb", compresslevel=_QUICK, mtime=0) as target:
        shutil.copyfileobj(source, target, _CHUNK)
    return out.getvalue()


def _unpacked(content: bytes) -> bytes:
    """Nothing is nothing: what was left of a file that nobody could read without its importer."""
    return gzip.decompress(content) if content else content


async def _new_key(vault: Vault, key_id: UUID) -> tuple[bytes, str]:
    await vault.ensure([key_id])
    key = AESGCM.generate_key(bit_length=256)
    return key, vault.seal(Personal(key_id, key.hex(), "file_key"))


async def _key(vault: Vault, row: Record | None) -> bytes:
    opened = None if row is None else (await vault.open_many([(row["key_id"], row["sealed_key"])]))[0]
    if opened is None:
        raise not_found("import")
    return bytes.fromhex(opened)


def _sealed(key: bytes, import_id: UUID, part: bytes, content: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, part + import_id.bytes)


def _opened(key: bytes, import_id: UUID, part: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], part + import_id.bytes)
