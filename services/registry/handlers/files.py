"""Register files as they came and the files of refused rows, sealed under a key of the import."""

import os
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.access.principal import not_found
from libs.events.personal import Personal
from libs.events.types import Connection, Pool
from libs.events.vault import Vault

KEEP = """
INSERT INTO import_files (import_id, unit, sealed_key, body) VALUES ($1, $2, $3, $4) ON CONFLICT (import_id) DO NOTHING
"""
KEEP_REFUSED = "UPDATE import_files SET refused = $2 WHERE import_id = $1"
KEY = "SELECT sealed_key FROM import_files WHERE import_id = $1"
REFUSED = "SELECT sealed_key, refused FROM import_files WHERE import_id = $1 AND unit BETWEEN $2 AND $3"
RAW = "SELECT sealed_key, body FROM import_files WHERE import_id = $1"

_NONCE = 12


async def keep(pool: Pool | Connection, vault: Vault, import_id: UUID, unit: str, content: bytes) -> None:
    """Keep the raw file; a file that is kept already stays as it is."""
    await vault.ensure([import_id])
    key = AESGCM.generate_key(bit_length=256)
    sealed_key = vault.seal(Personal(import_id, key.hex(), "file_key"))
    await pool.execute(KEEP, import_id, unit, sealed_key, _sealed(key, import_id, b"raw", content))


async def keep_refused(pool: Pool, vault: Vault, import_id: UUID, content: bytes) -> None:
    """Keep the file of bad rows of the last run, to be corrected and brought again."""
    key = await _key(vault, import_id, await pool.fetchval(KEY, import_id))
    await pool.execute(KEEP_REFUSED, import_id, _sealed(key, import_id, b"refused", content))


async def refused(pool: Pool, vault: Vault, import_id: UUID, scope: tuple[str, str]) -> bytes:
    """The file of bad rows of an import of the caller's units; 404 when there is none."""
    row = await pool.fetchrow(REFUSED, import_id, *scope)
    if row is None or row["refused"] is None:
        raise not_found("import")
    return _opened(await _key(vault, import_id, row["sealed_key"]), import_id, b"refused", row["refused"])


async def raw(pool: Pool, vault: Vault, import_id: UUID) -> bytes:
    """The file as it came, byte for byte."""
    row = await pool.fetchrow(RAW, import_id)
    if row is None:
        raise not_found("import")
    return _opened(await _key(vault, import_id, row["sealed_key"]), import_id, b"raw", row["body"])


async def _key(vault: Vault, import_id: UUID, sealed_key: str) -> bytes:
    opened = (await vault.open_many([(import_id, sealed_key)]))[0]
    if opened is None:
        raise not_found("import")
    return bytes.fromhex(opened)


def _sealed(key: bytes, import_id: UUID, part: bytes, content: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, part + import_id.bytes)


def _opened(key: bytes, import_id: UUID, part: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], part + import_id.bytes)
